package lens

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAServoWithoutALeaseStandsWhereItHasComeTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pin := servo(t, ServoConfig{})
		alone(t, s, func() {
			_ = s.To(0)
			pass(2 * time.Second)
			_ = s.To(1) // a way of two seconds
			pass(300 * ms)
			s.Renew()
			pass(3 * time.Second)
			stood, count := pin.now(), pin.count()
			if stood < 1380*time.Microsecond || stood > 1420*time.Microsecond {
				t.Errorf("it stands at %v after 0.8 s of a way from 1 to 2 ms", stood)
			}
			for range 20 { // too late
				s.Renew()
				pass(100 * ms)
			}
			if pin.count() != count {
				t.Error("a late Renew has begun it again")
			}
			_ = s.To(0.5)
			pass(300 * ms)
			if pin.now() == stood {
				t.Error("it takes no new wish")
			}
		})
	})
}

func TestAStepperWithoutALeaseComesToRestAndIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := stepper(t, 500)
		run(t, s, func() { to(t, s, 0, 30*time.Second) })
		alone(t, s, func() {
			_ = s.To(1)
			pass(10 * time.Second)
			// half a second at up to 400 steps/s, and a ramp of a quarter of one
			stood := r.place
			if stood < 200 || stood > 240 || r.shortest < time.Second/401 {
				t.Errorf("it stands at step %d, its shortest wait was %v", stood, r.shortest)
			}
			s.Renew() // too late
			if pass(10 * time.Second); r.place != stood {
				t.Error("it creeps on")
			}
		})
		run(t, s, func() { to(t, s, 0.25, 5*time.Second) })
		if r.place != 260 {
			t.Errorf("at %d, want 260: it has lost its place", r.place)
		}
	})
}

func TestAStepperOnItsWayToItsStopStandsWhenItsLeaseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := stepper(t, 500)
		alone(t, s, func() {
			_ = s.To(1)
			pass(700 * ms)
			steps := r.steps
			if pass(10 * time.Second); steps == 0 || r.steps != steps {
				t.Errorf("%d steps, and %d later", steps, r.steps)
			}
		})
		run(t, s, func() { to(t, s, 1, 30*time.Second) })
		if r.place != 980 {
			t.Errorf("at %d, want 980: it did not seek its stop again", r.place)
		}
	})
}

func TestACameraIsToldToStopOnceWhenTheLeaseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		camera := &far{}
		r := NewRemote("zoom", camera)
		alone(t, r, func() {
			_ = r.To(0.5)
			pass(20 * time.Second)
			r.Renew()
			pass(time.Second)
		})
		camera.expect(t, "to 0.5", "stop")
	})
	synctest.Test(t, func(t *testing.T) {
		camera := &far{}
		r := NewRemote("zoom", camera)
		alone(t, r, func() {
			pass(50 * ms)
			_ = r.To(0.5)
			pass(Lease + ms)
			r.Renew() // too late, though nobody has stopped it yet
			pass(100 * ms)
		})
		camera.expect(t, "to 0.5", "stop")
	})
	synctest.Test(t, func(t *testing.T) {
		camera := &far{}
		r := NewRemote("zoom", camera)
		run(t, r, func() { to(t, r, 0.5, time.Minute) })
		camera.expect(t, "to 0.5")
	})
}
