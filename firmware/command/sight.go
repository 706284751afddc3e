package command

// The sizes of a sight: 1 MB for each half, in which a message that was never seen
// passes for one that was in 4 of 1000 cases ((1-exp(-4*halfHolds/halfBits))^4, see
// B. H. Bloom 1970). At ten thousand a second a message is remembered for one to
// two minutes.
const (
	halfBits  = 1 << 23
	halfHolds = 600_000
)

// sight knows which messages were let go unopened lately. Who means an order sends
// it again, the very same bytes; who guesses makes another each time. The zero sight
// has seen nothing.
type sight struct {
	young, old []uint64 // made when they are needed
	count      int      // in young
}

// note remembers a message by its key.
func (s *sight) note(key uint64) {
	if s.count >= halfHolds || s.young == nil {
		s.old, s.young, s.count = s.young, make([]uint64, halfBits/64), 0
	}
	for _, bit := range bitsOf(key) {
		s.young[bit/64] |= 1 << (bit % 64)
	}
	s.count++
}

// noted tells whether it was.
func (s *sight) noted(key uint64) bool {
	return in(s.young, key) || in(s.old, key)
}

func in(half []uint64, key uint64) bool {
	if half == nil {
		return false
	}
	for _, bit := range bitsOf(key) {
		if half[bit/64]&(1<<(bit%64)) == 0 {
			return false
		}
	}
	return true
}

// bitsOf are four places made of two halves of a key (Kirsch and Mitzenmacher 2006).
func bitsOf(key uint64) (bits [4]uint64) {
	a, b := key&0xffffffff, key>>32|1
	for i := range bits {
		bits[i] = (a + uint64(i)*b) % halfBits
	}
	return bits
}
