package shape

import (
	"testing"
	"time"
)

// coded is what is encoded at the end of a stretch at one rate.
func coded(s *Steps, now *time.Duration, kbps int, lasts time.Duration) (last [3]int, news int) {
	for end := *now + lasts; *now < end; *now += 25 * time.Millisecond {
		w, h, fps, is := s.Step(*now, 1280, 720, 30, kbps)
		if last = [3]int{w, h, fps}; is {
			news++
		}
	}
	return last, news
}

func TestACameraOfTheBoxStepsDownAndUpByTheLadderOfAll(t *testing.T) {
	var s Steps
	var now time.Duration
	if got, news := coded(&s, &now, 4000, 5*time.Second); got != [3]int{} || news != 1 {
		t.Errorf("at 4000: %v, told %d times", got, news)
	}
	all := rungs(1280, 720, 30)
	last := all[len(all)-1]
	if got, news := coded(&s, &now, 100, 30*time.Second); got != [3]int{last.width, last.height, last.fps} || news == 0 || news > len(all) {
		t.Errorf("at 100: %v, told %d times, want %+v", got, news, last)
	}
	if got, _ := coded(&s, &now, 4000, 5*time.Second); got == [3]int{} {
		t.Error("up without patience")
	}
	if got, _ := coded(&s, &now, 4000, 30*time.Second); got != [3]int{} {
		t.Errorf("at 4000 again: %v", got)
	}
}

func TestAFrameRateGivesWayBeforeTheSize(t *testing.T) {
	var s Steps
	var now time.Duration
	if got, _ := coded(&s, &now, 700, 3*time.Second); got != [3]int{0, 0, 15} {
		t.Errorf("at 700: %v, want half of the pictures at full size", got)
	}
}

func TestASourceThatIsNotKnownIsNotReduced(t *testing.T) {
	var s Steps
	for _, source := range [][3]int{{0, 720, 30}, {1280, 0, 30}, {1280, 720, 0}} {
		if w, h, fps, news := s.Step(time.Hour, source[0], source[1], source[2], 100); news || w+h+fps != 0 {
			t.Errorf("%v: %dx%d at %d, %v", source, w, h, fps, news)
		}
	}
}

func TestASourceThatChangesBeginsItsOwnLadder(t *testing.T) {
	var s Steps
	var now time.Duration
	coded(&s, &now, 100, 10*time.Second)
	if w, h, _, news := s.Step(now, 640, 360, 30, 3000); !news || w != 0 || h != 0 {
		t.Errorf("a smaller source: %dx%d, %v", w, h, news)
	}
}
