package motion

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// randomPoint returns a motion that keeps within the limits when its
// acceleration falls to zero at once.
func randomPoint(r *rand.Rand, l Limits) Point {
	for {
		p := Point{
			Angle:        r.Float64()*720 - 360,
			Speed:        (r.Float64()*2 - 1) * l.Speed,
			Acceleration: (r.Float64()*2 - 1) * l.Acceleration,
		}
		calm := p.Speed + p.Acceleration*math.Abs(p.Acceleration)/(2*l.Jerk)
		if math.Abs(calm) <= l.Speed {
			return p
		}
	}
}

func randomLimits(r *rand.Rand) Limits {
	scale := func(top float64) float64 { return top * math.Pow(10, -2*r.Float64()) }
	return Limits{Speed: scale(360), Acceleration: scale(1000), Jerk: scale(10000)}
}

// holds fails the test where two moments of a motion differ by more than the
// limits allow.
func holds(t *testing.T, l Limits, a, b Point, dt float64) {
	t.Helper()
	const slack = 1e-6
	switch {
	case math.Abs(b.Speed) > l.Speed*(1+slack):
		t.Fatalf("speed %g, limit %g", b.Speed, l.Speed)
	case math.Abs(b.Acceleration) > l.Acceleration*(1+slack):
		t.Fatalf("acceleration %g, limit %g", b.Acceleration, l.Acceleration)
	case math.Abs(b.Acceleration-a.Acceleration) > l.Jerk*dt+slack*l.Acceleration:
		t.Fatalf("acceleration from %g to %g in %g s, jerk limit %g", a.Acceleration, b.Acceleration, dt, l.Jerk)
	case math.Abs(b.Speed-a.Speed) > l.Acceleration*dt+slack*l.Speed:
		t.Fatalf("speed from %g to %g in %g s, acceleration limit %g", a.Speed, b.Speed, dt, l.Acceleration)
	case math.Abs(b.Angle-a.Angle) > l.Speed*dt+slack:
		t.Fatalf("angle from %g to %g in %g s, speed limit %g", a.Angle, b.Angle, dt, l.Speed)
	}
}

// walk goes through a plan in many small steps.
func walk(t *testing.T, l Limits, p Plan) {
	t.Helper()
	const looks = 500
	dt := p.done()*1.1/looks + 1e-6
	last := p.at(0)
	for i := 1; i <= looks; i++ {
		next := p.at(float64(i) * dt)
		holds(t, l, last, next, dt)
		last = next
	}
}

func TestAPlanKeepsItsLimitsAndReachesItsSpeedFromAnyMotion(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		l := randomLimits(r)
		from := randomPoint(r, l)
		speed := (r.Float64()*2 - 1) * l.Speed
		p := ToSpeed(l, from, speed)
		walk(t, l, p)
		if p.At(0) != from {
			t.Fatalf("the plan begins at %+v, want %+v", p.At(0), from)
		}
		if end := p.At(p.Done()); end.Speed != speed || end.Acceleration != 0 {
			t.Fatalf("the plan ends with %+v, want speed %g", end, speed)
		}
	}
}

func TestAPlanEndsAtItsAngleAtRestFromAnyMotion(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		l := randomLimits(r)
		from := randomPoint(r, l)
		angle := from.Angle + (r.Float64()*2-1)*math.Pow(10, 4*r.Float64()-1)
		pace := r.Float64() * l.Speed
		p := ToAngle(l, from, angle, pace)
		walk(t, l, p)
		end := p.At(p.Done())
		if end.Angle != angle || end.Moving() {
			t.Fatalf("the plan ends with %+v, want rest at %g", end, angle)
		}
		before := p.at(p.done() * (1 - 1e-9))
		if math.Abs(before.Angle-angle) > 1e-3 {
			t.Fatalf("the plan jumps from %g to %g at its end", before.Angle, angle)
		}
	}
}

func TestRestTakesNoLongerThanStopTime(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		l := randomLimits(r)
		from := randomPoint(r, l)
		if took := ToRest(l, from).done(); took > l.StopTime()*(1+1e-9) {
			t.Fatalf("%+v takes %g s from %+v to rest, StopTime is %g s", l, took, from, l.StopTime())
		}
	}
}

func TestASCurveTakesTheTimeOfTheTextbook(t *testing.T) {
	l := Limits{Speed: 60, Acceleration: 90, Jerk: 360}
	// v/a + a/J: the acceleration is reached and held.
	near(t, "0 to 60 deg/s", ToSpeed(l, Point{}, 60).done(), 60.0/90+90.0/360)
	// 2*sqrt(v/J): it is not reached.
	near(t, "0 to 10 deg/s", ToSpeed(l, Point{}, 10).done(), 2*math.Sqrt(10.0/360))
	// A full turn: both ramps cover 60*(v/a+a/J)/2 each.
	ramp := 60.0/90 + 90.0/360
	near(t, "a turn", ToAngle(l, Point{}, 360, 0).done(), 2*ramp+(360-60*ramp)/60)
}

func TestAGoalTooCloseToStopAtIsPassedAndReachedFromBehind(t *testing.T) {
	l := Limits{Speed: 60, Acceleration: 90, Jerk: 360}
	from := Point{Angle: 10, Speed: 60}
	p := ToAngle(l, from, 12, 0)
	top := 0.0
	for at := time.Duration(0); at < p.Done(); at += 10 * time.Millisecond {
		top = max(top, p.At(at).Angle)
	}
	if want := ToRest(l, from).Goal().Angle; top > want || top < want-1 {
		t.Errorf("the furthest point is %g, want just below %g", top, want)
	}
	near(t, "the end", p.At(p.Done()).Angle, 12)
}

func TestANumberThatIsNoneMeansRest(t *testing.T) {
	l := Gentle()
	from := Point{Angle: 5, Speed: 30}
	for name, p := range map[string]Plan{
		"ToSpeed(NaN)": ToSpeed(l, from, math.NaN()),
		"ToAngle(NaN)": ToAngle(l, from, math.NaN(), 10),
		"ToAngle(Inf)": ToAngle(l, from, math.Inf(-1), 10),
	} {
		if end := p.At(time.Minute); end.Moving() || math.IsNaN(end.Angle) {
			t.Errorf("%s ends with %+v", name, end)
		}
	}
	if (Plan{}).At(time.Second) != (Point{}) || (Plan{}).Done() != 0 {
		t.Error("the zero plan does not rest at 0")
	}
}

func TestABadLimitIsNamed(t *testing.T) {
	for want, l := range map[string]Limits{
		"motion limit speed is 0: give a number above zero":           {0, 1, 1},
		"motion limit acceleration is -1: give a number above zero":   {1, -1, 1},
		"motion limit jerk is NaN: give a number above zero":          {1, 1, math.NaN()},
		"motion limit acceleration is +Inf: give a number above zero": {1, math.Inf(1), 1},
	} {
		if err := l.Check(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-6 {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}
