package turntable

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"studiobox/drivers/turntable/motion"
)

// walk moves the plan from one angle to another in small steps and returns how
// often the mark was passed, and the first error. The mark is 5 degrees wide.
func (h *home) walk(from, to, mark float64) (passed int, err error) {
	const step = 0.3
	speed := math.Copysign(30, to-from)
	for i := 0; i <= int(math.Abs(to-from)/step); i++ {
		angle := from + math.Copysign(float64(i)*step, speed)
		on := math.Abs(math.Remainder(angle-mark, 360)) < 2.5
		ok, err := h.look(motion.Point{Angle: angle, Speed: speed}, on)
		if err != nil {
			return passed, err
		}
		if ok {
			passed++
		}
	}
	return passed, nil
}

func TestTheMiddleOfTheMarkIsFoundFromBothSides(t *testing.T) {
	for _, c := range []struct{ from, to float64 }{{0, 380}, {380, 0}} {
		h := home{tolerance: 3}
		passed, err := h.walk(c.from, c.to, 100)
		if err != nil || passed != 1 || math.Abs(math.Remainder(h.origin-100, 360)) > 0.3 || math.Abs(h.width-5) > 0.7 {
			t.Errorf("from %g to %g: passed %d times, %v, %+v", c.from, c.to, passed, err, h)
		}
	}
}

func TestAMarkThatTheTableTurnsBackInIsNoPassage(t *testing.T) {
	h := home{tolerance: 3}
	for _, leg := range [][2]float64{{80, 100}, {100, 80}, {80, 99}, {99, 80}} {
		if passed, err := h.walk(leg[0], leg[1], 100); passed != 0 || err != nil {
			t.Errorf("passed %d times, %v", passed, err)
		}
	}
}

func TestATableThatStandsOnItsMarkAtFirstKnowsNothing(t *testing.T) {
	h := home{tolerance: 3}
	if passed, _ := h.walk(100, 300, 100); passed != 0 || h.known {
		t.Errorf("half a mark was taken for a whole one: %+v", h)
	}
}

func TestRandomTravelOfATrueTableIsNeverADrift(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	h := home{tolerance: 3}
	at := 0.0
	for range 500 {
		to := at + (r.Float64()*2-1)*500
		if _, err := h.walk(at, to, 100); err != nil {
			t.Fatalf("from %g to %g: %v", at, to, err)
		}
		at = to
	}
	if !h.known || math.Abs(h.drift) > 1 {
		t.Errorf("%+v", h)
	}
}

func TestADriftIsNamed(t *testing.T) {
	for want, mark := range map[string]float64{
		"the home mark is seen":  80, // shows before its place
		"no home mark though":    -1, // not there at all
		"the home mark came 4.2": 104.2,
	} {
		h := home{tolerance: 3}
		if _, err := h.walk(0, 200, 100); err != nil {
			t.Fatal(err)
		}
		if mark == 104.2 {
			h.tolerance = 4 // wide enough that the mark is not astray
			if _, err := h.walk(200, 420, 100); err != nil {
				t.Fatal(err)
			}
			h.width = 9
		}
		to := 640.0
		if mark < 0 {
			mark = 1000 // 280 degrees: out of the way
			to = 560
		}
		_, err := h.walk(420, to, mark)
		if mark == 1000 {
			_, err = h.walk(420, to, 1000-80)
		}
		var f Fault
		if !errors.As(err, &f) || f.Code != Drifted || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
