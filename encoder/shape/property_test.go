package shape

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// TestWhateverHappensTheStreamStaysDecodable lets cameras, lines and
// transcoders of all sorts loose on the shaper. The viewer's rules do the
// judging: each unit follows its own group without a gap, no time comes twice.
func TestWhateverHappensTheStreamStaysDecodable(t *testing.T) {
	takeOvers, handBacks := 0, 0
	for seed := range uint64(200) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := wild(t, rand.New(rand.NewPCG(seed, 77)))
			w.run(60 * time.Second)
			s := w.shaper.Stats()
			takeOvers += s.TakeOvers
			handBacks += s.HandBacks
			key := time.Duration(w.gop) * frame
			if limit := max(key+stallAfter, holdMost) + drainPatience + skipMost + 4*frame; w.viewer.quietest > limit {
				t.Errorf("%v without a unit, key units every %v", w.viewer.quietest, key)
			}
			if w.viewer.lastAt < w.now-key-holdMost {
				t.Errorf("nothing since %v", w.viewer.lastAt)
			}
			if w.audioIn != w.audioOut {
				t.Errorf("%d of %d audio units came out", w.audioOut, w.audioIn)
			}
		})
	}
	if takeOvers < 200 || handBacks < 100 {
		t.Errorf("only %d take-overs and %d hand-backs were tried", takeOvers, handBacks)
	}
}

// skipMost is the longest time for which pictures are left out on request.
const skipMost = 500 * ms

// wild is a world with random parts, to which random things happen.
func wild(t *testing.T, random *rand.Rand) *world {
	w, _ := pictureWorld(t, Config{HandBackAfter: time.Duration(200+random.IntN(3000)) * ms})
	w.tc.random = random
	w.gop = 1 + []int{10, 30, 60, 120, 250}[random.IntN(5)]
	if random.IntN(2) == 0 {
		w.bframes = 1 + random.IntN(3)
		w.gop = 1 + (w.bframes+1)*(1+w.gop/(w.bframes+1)) // closed groups
	}
	w.tc.latency = time.Duration(1+random.IntN(500)) * ms
	w.place = random.IntN(w.gop) // the first connection is in mid-group
	w.film()
	every := func(mean time.Duration, do func()) {
		var again func()
		again = func() { do(); w.after(time.Duration(random.ExpFloat64()*float64(mean)), again) }
		w.after(time.Duration(random.ExpFloat64()*float64(mean)), again)
	}
	every(3*time.Second, func() { w.shaper.SetTarget(500 + random.IntN(9000)) })
	every(9*time.Second, func() { w.shaper.ForceKey() })
	every(5*time.Second, func() {
		w.shaper.SetSkip(true)
		w.after(time.Duration(random.Int64N(int64(skipMost))), func() { w.shaper.SetSkip(false) })
	})
	every(15*time.Second, w.tc.die)
	every(2*time.Second, w.tc.live)
	every(30*time.Second, func() {
		w.place, w.shown = w.place+w.bframes+1, w.shown+w.bframes+1
		w.shaper.SetMedia(unit.Media{Video: unit.Format{Codec: unit.H264}})
	})
	every(20*time.Second, func() { w.tc.silent = !w.tc.silent })
	return w
}
