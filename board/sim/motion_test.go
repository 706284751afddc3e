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

func TestATurnByAnAngleEndsThereAtRest(t *testing.T) {
	for _, deg := range []float64{90, -90, 3, 0.01, 720, 0} {
		s := newStage()
		s.Turntable.TurnBy(deg)
		end := s.after(30 * time.Second)
		near(t, "angle", s.Turntable.Angle(end), wrapped(deg), 1e-6)
		near(t, "speed", s.Turntable.Speed(end), 0, 0)
	}
}

func TestATurnToAnAngleTakesTheShortWay(t *testing.T) {
	s := newStage()
	s.Turntable.TurnTo(350)
	near(t, "angle on the way", s.Turntable.Angle(s.after(200*time.Millisecond)), 360-0.5*accel*0.04, 1e-6)
	near(t, "angle", s.Turntable.Angle(s.after(10*time.Second)), 350, 1e-6)
	s.Turntable.TurnTo(-10)
	near(t, "angle", s.Turntable.Angle(s.after(10*time.Second)), 350, 1e-6)
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
	for name, command := range map[string]func(*Turntable){
		"SetSpeed(NaN)": func(t *Turntable) { t.SetSpeed(math.NaN()) },
		"TurnBy(+Inf)":  func(t *Turntable) { t.TurnBy(math.Inf(1)) },
		"TurnTo(NaN)":   func(t *Turntable) { t.TurnTo(math.NaN()) },
	} {
		s := newStage()
		s.Turntable.SetSpeed(30)
		s.after(5 * time.Second)
		command(s.Turntable)
		if speed := s.Turntable.Speed(s.after(5 * time.Second)); speed != 0 {
			t.Errorf("after %s the table turns at %g deg/s", name, speed)
		}
		if angle := s.Turntable.Angle(s.now); math.IsNaN(angle) {
			t.Errorf("after %s the angle is not a number", name)
		}
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

func TestATurnEndsAtItsGoalFromAnySpeed(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		s := newStage()
		s.Turntable.SetSpeed(random.Float64()*400 - 200)
		s.after(time.Duration(random.IntN(3000)) * time.Millisecond)
		deg := random.Float64()*600 - 300
		want := wrapped(s.Turntable.Angle(s.now) + deg)
		s.Turntable.TurnBy(deg)
		got := s.Turntable.Angle(s.after(time.Minute))
		if math.Abs(math.Remainder(got-want, fullCircle)) > 1e-6 || s.Turntable.Speed(s.now) != 0 {
			t.Fatalf("a turn by %g ended at %g with %g deg/s, want %g at rest", deg, got, s.Turntable.Speed(s.now), want)
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
	s.Turntable.TurnTo(90)
	s.Light.Set(0.3)
	angle, light := s.Scene(s.after(10 * time.Second))
	near(t, "angle", angle, 90, 1e-6)
	near(t, "light", light, 0.3, 1e-9)
}

func randomCommand(random *rand.Rand, table *Turntable) {
	amount := random.Float64()*800 - 400
	switch random.IntN(4) {
	case 0:
		table.SetSpeed(amount)
	case 1:
		table.TurnBy(amount)
	case 2:
		table.TurnTo(amount)
	default:
		_ = table.Halt()
	}
}

func wrapped(deg float64) float64 {
	return math.Mod(math.Mod(deg, fullCircle)+fullCircle, fullCircle)
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}
