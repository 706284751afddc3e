package shape

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestTheRungsOfASource(t *testing.T) {
	type row struct{ w, h, fps, kbps int }
	for name, c := range map[string]struct {
		w, h, fps int
		want      []row
	}{
		"1080p30": {1920, 1080, 30, []row{{1920, 1080, 30, 2177}, {1920, 1080, 15, 1371}, {1280, 720, 15, 609},
			{960, 540, 15, 342}, {640, 360, 15, 152}, {640, 360, 10, 0}}},
		"360p30": {640, 360, 30, []row{{640, 360, 30, 241}, {640, 360, 15, 152}, {640, 360, 10, 0}}},
		"720p25": {1280, 720, 25, []row{{1280, 720, 25, 856}, {1280, 720, 13, 554}, {960, 540, 13, 311}, {640, 360, 13, 0}}},
		"720p60": {1280, 720, 60, []row{{1280, 720, 60, 1536}, {1280, 720, 30, 967}, {1280, 720, 15, 609},
			{960, 540, 15, 342}, {640, 360, 15, 152}, {640, 360, 10, 0}}},
		"upright":            {1080, 1920, 30, []row{{1080, 1920, 30, 2177}, {1080, 1920, 15, 1371}, {720, 1280, 15, 609}, {540, 960, 15, 342}, {360, 640, 15, 152}, {360, 640, 10, 0}}},
		"at night":           {1280, 720, 10, []row{{1280, 720, 10, 465}, {960, 540, 10, 261}, {640, 360, 10, 0}}},
		"slower than a rung": {640, 360, 8, []row{{640, 360, 8, 0}}},
		"tiny":               {320, 240, 15, []row{{320, 240, 15, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []row
			for _, r := range rungs(c.w, c.h, c.fps) {
				got = append(got, row{r.width, r.height, r.fps, int(r.kbps)})
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %v\nwant %v", got, c.want)
			}
		})
	}
}

func TestNoRungExceedsItsSourceAndEachNeedsLessThanTheOneAbove(t *testing.T) {
	for w := 16; w <= 16384; w = w*3/2 + 2 {
		for h := 16; h <= 16384; h = h*5/3 + 2 {
			for fps := 1; fps <= 240; fps++ {
				list := rungs(w, h, fps)
				if len(list) > mostRungs {
					t.Fatalf("%dx%d at %d: %d rungs", w, h, fps, len(list))
				}
				for i, r := range list {
					if r.width > w || r.height > h || r.fps > fps || r.width < 1 || r.height < 1 || r.fps < min(fps, leastFPS) {
						t.Fatalf("%dx%d at %d: rung %d is %+v", w, h, fps, i, r)
					}
					if i > 0 && r.kbps >= list[i-1].kbps {
						t.Fatalf("%dx%d at %d: rung %d needs %v, the one above %v", w, h, fps, i, r.kbps, list[i-1].kbps)
					}
				}
			}
		}
	}
}

// move is a rung taken at a time.
type move struct {
	at time.Duration
	to int
}

// stretch is a rate that lasts.
type stretch struct {
	seconds float64
	kbps    int
}

// climb runs a ladder of 1080p30 through rates and returns its moves.

func climb(rates ...stretch) (moves []move) {
	var l ladder
	l.set(0, 1920, 1080, 30)
	now := time.Duration(0)
	for _, r := range rates {
		end := now + time.Duration(r.seconds*float64(time.Second))
		for ; now < end; now += frame {
			if l.step(now, r.kbps) {
				moves = append(moves, move{now, l.at})
			}
		}
	}
	return moves
}

func TestTheLadderIsSteppedDownSoonAndUpLate(t *testing.T) {
	for name, c := range map[string]struct {
		rates []stretch
		want  []stretch // seconds, and the rung taken then
	}{
		"enough":                   {[]stretch{{60, 2200}}, nil},
		"a short dip":              {[]stretch{{5, 4000}, {0.9, 300}, {20, 4000}}, nil},
		"the frame rate first":     {[]stretch{{5, 4000}, {20, 2000}}, []stretch{{6, 1}}},
		"then the size":            {[]stretch{{5, 4000}, {20, 1000}}, []stretch{{6, 2}}},
		"a great drop in one step": {[]stretch{{5, 6000}, {60, 300}}, []stretch{{6, 4}}},
		"no less room than asked":  {[]stretch{{5, 4000}, {5, 2000}, {60, 2700}}, []stretch{{6, 1}}},
		"up after ten seconds":     {[]stretch{{5, 4000}, {5, 2000}, {60, 2800}}, []stretch{{6, 1}, {20, 0}}},
		"room that does not last":  {[]stretch{{5, 4000}, {5, 2000}, {9, 3000}, {0.1, 2500}, {20, 3000}}, []stretch{{6, 1}, {29.1, 0}}},
		"all the way up at once":   {[]stretch{{5, 4000}, {5, 300}, {60, 6000}}, []stretch{{6, 4}, {20, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := climb(c.rates...)
			if len(got) != len(c.want) {
				t.Fatalf("moves: %v, want %v", got, c.want)
			}
			for i, m := range got {
				if d := m.at.Seconds() - c.want[i].seconds; d < -0.05 || d > 0.1 || m.to != c.want[i].kbps {
					t.Errorf("at %v to %d, want %v", m.at, m.to, c.want[i])
				}
			}
		})
	}
}

func TestTheLadderNeverFlaps(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 5))
		var rates []stretch
		for range 60 {
			rates = append(rates, stretch{random.ExpFloat64() * 3, 200 + random.IntN(3500)})
		}
		last, before, fell := move{at: -time.Hour}, 0, false
		for _, m := range climb(rates...) {
			down := m.to > before
			gap := m.at - last.at
			if gap < downAfter || !down && fell && gap < upAfter-downAfter {
				t.Fatalf("seed %d: at %v to %d, %v after the last change", seed, m.at, m.to, gap)
			}
			last, before, fell = m, m.to, down
		}
	}
}

func TestAHigherRateIsNeverALowerRung(t *testing.T) {
	settled := func(kbps int, from []stretch) int {
		moves := climb(append(slices.Clone(from), stretch{15, kbps})...)
		if len(moves) == 0 {
			return 0
		}
		return moves[len(moves)-1].to
	}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 6))
		from := []stretch{{5, random.IntN(4000)}, {5, random.IntN(4000)}}
		last := mostRungs
		for kbps := 0; kbps < 4000; kbps += 50 {
			at := settled(kbps, from)
			if at > last {
				t.Fatalf("seed %d: %d kbit/s end on rung %d, less on %d", seed, kbps, at, last)
			}
			last = at
		}
	}
}
