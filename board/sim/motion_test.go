package sim

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// stage is a studio whose time a test moves by hand.
type stage struct {
	*Studio
	now time.Time
}

func newStage() *stage {
	s := &stage{now: time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)}
	s.Studio = New(func() time.Time { return s.now })
	return s
}

func (s *stage) after(d time.Duration) time.Time {
	s.now = s.now.Add(d)
	return s.now
}

func TestTheTableReachesItsSpeedAndKeepsIt(t *testing.T) {
	s := newStage()
	s.Turntable.SetSpeed(-45)
	near(t, "speed half way up", s.Turntable.Speed(s.after(250*time.Millisecond)), -22.5, 1e-6)
	near(t, "speed later", s.Turntable.Speed(s.after(10*time.Second)), -45, 1e-6)
	// 0.5 s of ramp cover half of what 0.5 s at full speed would.
	near(t, "angle", s.Turntable.Angle(s.now), 360-math.Mod(45*(10.25-0.25), 360), 1e-6)
}

func TestHaltStopsTheTableWithinHalfASecondAndForGood(t *testing.T) {
	s := newStage()
	s.Turntable.SetSpeed(1e9)
	near(t, "speed", s.Turntable.Speed(s.after(time.Minute)), maxSpeed, 1e-6)
	must(t, s.Turntable.Halt())
	stopped := s.after(500 * time.Millisecond)
	angle := s.Turntable.Angle(stopped)
	near(t, "speed", s.Turntable.Speed(stopped), 0, 0)
	near(t, "angle an hour later", s.Turntable.Angle(s.after(time.Hour)), angle, 1e-9)
}

func TestANumberThatIsNoneStopsTheTable(t *testing.T) {
	s := newStage()
	s.Turntable.SetSpeed(30)
	s.after(5 * time.Second)
	s.Turntable.SetSpeed(math.NaN())
	if speed := s.Turntable.Speed(s.after(5 * time.Second)); speed != 0 {
		t.Errorf("the table turns at %g deg/s", speed)
	}
	if angle := s.Turntable.Angle(s.now); math.IsNaN(angle) {
		t.Error("the angle is not a number")
	}
}

// TestNoCommandMakesTheTableJump gives random commands at random times and
// holds every 10 ms step to what mass and motor allow.
func TestNoCommandMakesTheTableJump(t *testing.T) {
	const step = 10 * time.Millisecond
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		s := newStage()
		angle, speed := 0.0, 0.0
		for range 400 {
			if random.Float64() < 0.02 {
				randomCommand(random, s.Turntable)
			}
			s.after(step)
			a, v := s.Turntable.Angle(s.now), s.Turntable.Speed(s.now)
			moved := math.Remainder(a-angle, fullCircle)
			if math.Abs(v-speed) > haltAccel*step.Seconds()+1e-6 || math.Abs(v) > maxSpeed+1e-6 {
				t.Fatalf("speed went from %g to %g deg/s in %s", speed, v, step)
			}
			if math.Abs(moved-(v+speed)/2*step.Seconds()) > haltAccel*step.Seconds()*step.Seconds() {
				t.Fatalf("the table moved %g deg in %s at %g to %g deg/s", moved, step, speed, v)
			}
			angle, speed = a, v
		}
	}
}

func TestTheLightFadesAndHaltHoldsIt(t *testing.T) {
	s := newStage()
	near(t, "level at the start", s.Light.Level(s.now), 1, 0)
	s.Light.Set(-3)
	near(t, "level half way", s.Light.Level(s.after(fade/2)), 0.5, 1e-9)
	s.Light.Set(math.NaN())
	must(t, s.Light.Halt())
	near(t, "level after Halt", s.Light.Level(s.after(time.Minute)), 0.5, 1e-9)
	s.Light.Set(7)
	near(t, "level at the end", s.Light.Level(s.after(fade)), 1, 0)
}

func TestTheSceneIsTableAndLight(t *testing.T) {
	s := newStage()
	s.Turntable.SetSpeed(45) // reached in half a second, on half of the way
	s.Light.Set(0.3)
	angle, light := s.Scene(s.after(2250 * time.Millisecond))
	near(t, "angle", angle, 90, 1e-6)
	near(t, "light", light, 0.3, 1e-9)
}

func randomCommand(random *rand.Rand, table *Turntable) {
	amount := random.Float64()*800 - 400
	if random.IntN(4) == 0 {
		_ = table.Halt()
		return
	}
	table.SetSpeed(amount)
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}
