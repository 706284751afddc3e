package lens

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestNoSeriesOfTargetsBreaksARampsBounds changes targets at random moments.
func TestNoSeriesOfTargetsBreaksARampsBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		rate, travel := 100+rng.Float64()*1900, 100+rng.IntN(3000)
		r := ramp{accel: rate * (0.5 + rng.Float64()*20)}
		target, speed := 0, 0.0
		for range 3000 {
			if rng.IntN(100) == 0 {
				target = rng.IntN(travel + 1)
			}
			step, wait := r.next(target, rate)
			if step == 0 {
				if speed*speed > 2*r.accel+1 {
					t.Fatalf("stands still after %.0f steps/s", speed)
				}
				speed = 0
				continue
			}
			now := float64(step) / wait.Seconds()
			if math.Abs(now) > rate+1 || math.Abs(now*math.Abs(now)-speed*math.Abs(speed)) > 2*r.accel+50 { // waits are whole ns
				t.Fatalf("from %.1f to %.1f steps/s with %.0f steps/s², at most %.0f", speed, now, r.accel, rate)
			}
			speed = now
			if r.position < 0 || r.position > travel {
				t.Fatalf("at %d of %d", r.position, travel)
			}
		}
		for steps := 0; ; steps++ {
			if step, wait := r.next(target, rate); step == 0 && wait == 0 {
				break
			}
			if steps > 10*travel {
				t.Fatal("it never arrives")
			}
		}
		if r.position != target {
			t.Fatalf("rests at %d, not at %d", r.position, target)
		}
	}
}

func TestARampIsNearlyAsFastAsItMayBe(t *testing.T) {
	r := ramp{accel: 1600}
	var took time.Duration
	for {
		step, wait := r.next(1000, 400)
		if step == 0 && wait == 0 {
			break
		}
		took += wait
	}
	ideal := 1000.0/400 + 400.0/1600 // the way at full speed, and one more ramp
	if got := took.Seconds(); got < ideal*0.95 || got > ideal*1.1 {
		t.Errorf("1000 steps took %.2f s, want about %.2f", got, ideal)
	}
}
