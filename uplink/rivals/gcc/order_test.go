package gcc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
)

const ms = time.Millisecond

// parcels are pictures as packets: a key picture "K" of three packets, another
// "p" of two. Sequence numbers run through the whole string, from first on.
func parcels(first uint16, pictures string) (all []*rtp.Packet) {
	for i, kind := range pictures {
		payloads := [][]byte{{0x7c, 0x81}, {0x7c, 0x41}} // fragments of a slice
		if kind == 'K' {
			payloads = [][]byte{{naluSTAPA, 0, 1, naluSPS}, {0x7c, 0x85}, {0x7c, 0x45}}
		}
		for j, payload := range payloads {
			all = append(all, &rtp.Packet{
				Header:  rtp.Header{SequenceNumber: first, Timestamp: uint32(i), Marker: j == len(payloads)-1},
				Payload: payload,
			})
			first++
		}
	}
	return all
}

// told is an order that writes down what comes out of it: a letter for each
// picture, in brackets when it cannot be decoded, and when.
type told struct {
	*order
	began time.Time
	log   []string
}

func newTold() *told {
	t := &told{began: time.Unix(1000, 0)}
	t.order = newOrder(func(packets []*rtp.Packet, now time.Time, broken bool) bool {
		for i, p := range packets {
			if p.SequenceNumber != packets[0].SequenceNumber+uint16(i) {
				t.log = append(t.log, "OUT OF ORDER")
			}
		}
		key, name := beginsKey(packets[0]), "p"
		switch {
		case key:
			name = "K"
		case broken:
			name = "(p)"
		}
		t.log = append(t.log, fmt.Sprintf("%s%d@%d", name, packets[0].Timestamp, now.Sub(t.began)/ms))
		return key
	})
	return t
}

func (t *told) at(now time.Duration) time.Time { return t.began.Add(now) }
func (t *told) String() string                 { return strings.Join(t.log, " ") }

func TestPacketsInSequenceBecomePicturesAtOnce(t *testing.T) {
	o := newTold()
	for i, p := range parcels(65533, "Kppp") { // over the end of the number space
		o.push(p, o.at(time.Duration(i)*10*ms))
	}
	if want := "K0@20 p1@40 p2@60 p3@80"; o.String() != want {
		t.Errorf("got %s, want %s", o, want)
	}
}

func TestAPacketThatComesAgainOrTooLateIsLeftOut(t *testing.T) {
	o := newTold()
	all := parcels(0, "Kp")
	for _, p := range []*rtp.Packet{all[0], all[0], all[1], all[4], all[4], all[2], all[3], all[3], all[1]} {
		o.push(p, o.at(0))
	}
	if want := "K0@0 p1@0"; o.String() != want || o.late != 4 {
		t.Errorf("got %s with %d of no use, want %s with 4", o, o.late, want)
	}
}

func TestARepairWithinHalfASecondLosesNothing(t *testing.T) {
	o := newTold()
	all := parcels(0, "Kppp")
	for i, p := range all {
		if i != 3 {
			o.push(p, o.at(time.Duration(i)*10*ms))
		}
	}
	if want := "K0@20"; o.String() != want {
		t.Fatalf("got %s while the first packet of p1 is missing, want %s: p2 and p3 refer to it", o, want)
	}
	o.advance(o.at(519 * ms)) // packet 2, before the hole, came at 20 ms
	o.push(all[3], o.at(519*ms))
	if want := "K0@20 p1@519 p2@519 p3@519"; o.String() != want || o.asking {
		t.Errorf("got %s, want %s and no request for a key", o, want)
	}
}

func TestAPictureGivenUpMakesAllUndecodableUpToTheNextKey(t *testing.T) {
	o := newTold()
	all := parcels(0, "KpppKp")
	for i, p := range all[:9] {
		if i != 3 {
			o.push(p, o.at(0))
		}
	}
	o.advance(o.at(499 * ms))
	if o.asking || o.given != 0 {
		t.Fatal("given up before half a second was over")
	}
	o.advance(o.at(500 * ms))
	if !o.asking || o.given != 1 || o.missing != 1 {
		t.Fatalf("after half a second: asking %v, %d holes with %d packets", o.asking, o.given, o.missing)
	}
	for _, p := range all[9:] {
		o.push(p, o.at(600*ms))
	}
	if want := "K0@0 (p)2@500 (p)3@500 K4@600 p5@600"; o.String() != want || o.asking {
		t.Errorf("got %s (asking: %v), want %s", o, o.asking, want)
	}
}

func TestAWholeKeyPictureIsNotHeldUpByHolesOfABrokenPicture(t *testing.T) {
	o := newTold()
	all := parcels(0, "KppKp")
	for i, p := range all[:7] {
		if i != 3 {
			o.push(p, o.at(0))
		}
	}
	o.advance(o.at(500 * ms)) // broken from here on
	for _, p := range all[8:] {
		o.push(p, o.at(510*ms)) // without the first packet of the second key picture
	}
	if want := "K0@0 (p)2@500"; !strings.HasPrefix(o.String(), "K0@0") || strings.Contains(o.String(), "K3") {
		t.Fatalf("got %s, want %s: the key picture is not whole", o, want)
	}
	o = newTold()
	for i, p := range all {
		if i != 3 && i != 5 {
			o.push(p, o.at(time.Duration(i)*10*ms))
		}
	}
	if got := o.String(); got != "K0@20" {
		t.Fatalf("got %s before anything is given up: a repair can still mend both holes", got)
	}
	o.advance(o.at(520 * ms))
	if want := "K0@20 K3@520 p4@520"; o.String() != want {
		t.Errorf("got %s, want %s: once broken, the key picture waits for nothing", o, want)
	}
}

func TestAHoleAfterALongSilenceIsGivenUpAtOnce(t *testing.T) {
	o := newTold()
	all := parcels(0, "KpppKp")
	for _, p := range all[:5] {
		o.push(p, o.at(0))
	}
	for _, p := range all[7:] { // p2 was lost in a blackout of five seconds
		o.push(p, o.at(5*time.Second))
	}
	if want := "K0@0 p1@0 K4@5000 p5@5000"; o.String() != want {
		t.Errorf("got %s, want %s", o, want)
	}
}

func TestAStreamThatBeginsInTheMiddleAsksForAKey(t *testing.T) {
	o := newTold()
	for _, p := range parcels(0, "Kpp")[4:] { // from the second packet of p1 on
		o.push(p, o.at(0))
	}
	if want := "(p)2@0"; o.String() != want || !o.asking {
		t.Errorf("got %s (asking: %v), want %s and a request", o, o.asking, want)
	}
}

func TestASequenceFarBehindIsANewOne(t *testing.T) {
	o := newTold()
	for _, p := range append(parcels(40_000, "Kp"), parcels(10_000, "Kp")...) {
		o.push(p, o.at(0))
	}
	if want := "K0@0 p1@0 K0@0 p1@0"; o.String() != want {
		t.Errorf("got %s, want %s", o, want)
	}
}

func TestWhateverHappensToPacketsPicturesComeInOrderAndWhole(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		o := newTold()
		all := parcels(uint16(random.Uint32()), "K"+strings.Repeat("pppppppppppKpp", 20))
		var sent []*rtp.Packet
		for _, p := range all {
			if random.IntN(20) > 0 {
				sent = append(sent, p)
			}
			if random.IntN(20) == 0 {
				sent = append(sent, p)
			}
		}
		for i := range sent { // reorder by up to four places
			j := min(len(sent)-1, i+random.IntN(5))
			sent[i], sent[j] = sent[j], sent[i]
		}
		last, broken := -1, true
		var whole []int
		o.picture = func(packets []*rtp.Packet, _ time.Time, isBroken bool) bool {
			n, key := int(packets[0].Timestamp), beginsKey(packets[0])
			if n <= last {
				t.Fatalf("seed %d: picture %d after %d", seed, n, last)
			}
			broken = broken && !key || n != last+1 && !key
			if !isBroken && broken {
				t.Fatalf("seed %d: picture %d counts as decodable after %d", seed, n, last)
			}
			if want := map[bool]int{true: 3, false: 2}[key]; len(packets) != want {
				t.Fatalf("seed %d: picture %d of %d packets", seed, n, len(packets))
			}
			last, whole = n, append(whole, n)
			return key
		}
		for i, p := range sent {
			o.push(p, o.at(time.Duration(i)*10*ms))
		}
		o.advance(o.at(time.Hour))
		if len(o.held) != 0 || len(whole) < 80 || !slices.IsSorted(whole) {
			t.Errorf("seed %d: %d packets held at the end, %d of 281 pictures whole", seed, len(o.held), len(whole))
		}
	}
}

func TestTheTicksOfAPictureTellItsTimeAgain(t *testing.T) {
	var c clock
	for _, at := range []time.Duration{0, frameTime, time.Second, 6 * time.Hour, 12 * time.Hour, 18 * time.Hour, 18*time.Hour - frameTime} {
		const from = 5 * time.Hour
		if got := c.pts(toTicks(from + at)); got > at || at-got > 20*time.Microsecond {
			t.Errorf("%v became %v", at, got)
		}
	}
}

func TestAKeyPictureIsKnownByItsFirstPacket(t *testing.T) {
	for name, c := range map[string]struct {
		payload []byte
		want    bool
	}{
		"parameter set":             {[]byte{0x67, 1}, true},
		"aggregate that has it":     {[]byte{0x78, 0, 2, 0x67, 1, 0, 1, 0x68}, true},
		"behind a delimiter":        {[]byte{0x78, 0, 2, 9, 16, 0, 2, 0x67, 1}, true},
		"aggregate without":         {[]byte{0x78, 0, 1, 0x68, 0, 1, 0x67}, false},
		"delimiter alone":           {[]byte{9, 16}, false},
		"aggregate with a lie":      {[]byte{0x78, 255, 255, 9, 1}, false},
		"aggregate that is cut off": {[]byte{0x78, 0}, false},
		"slice":                     {[]byte{0x41, 1}, false},
		"nothing":                   {nil, false},
	} {
		if got := beginsKey(&rtp.Packet{Payload: c.payload}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
