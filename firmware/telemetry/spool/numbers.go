package spool

// step is how many health numbers are taken from the file at once.
const step = 1000

// numbers counts the health messages of a box over its restarts. The file holds
// a ceiling that no message has passed yet; a restart goes on above it. So the
// count has gaps at restarts, but no number twice.
type numbers struct {
	last    uint64 // given out last
	ceiling uint64 // in the file; 0 before there is one
}

// wanted is the ceiling that the file should hold.
func (n numbers) wanted() uint64 {
	if n.ceiling > 0 && n.last+step/2 <= n.ceiling {
		return n.ceiling
	}
	return max(n.last, n.ceiling) + step
}

// HealthNumber is the number of the next health message. It rises with every
// call, also over restarts, and never waits for the disk. While the disk refuses
// for more than 500 messages the count goes on in memory; only a restart before
// the disk is back then repeats numbers.
func (s *Spool) HealthNumber() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.numbers.last++
	if s.numbers.wanted() != s.numbers.ceiling {
		nudge(s.wake)
	}
	return s.numbers.last
}

// resume goes on above the ceiling that a file held.
func (n *numbers) resume(ceiling uint64) {
	n.last = max(n.last, ceiling)
	n.ceiling = ceiling
}
