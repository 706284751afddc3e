package turntable

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/drivers/turntable/motion"
	"studiobox/drivers/turntable/tmc2209"
)

// complaining is a table whose motor driver is wired with its DIAG output too.
func complaining(t *testing.T, gear Gear) *rig {
	t.Helper()
	diag := &sense{}
	return newRig(t, maker{"velocity", func(r *rig) Drive {
		drive := newGearedRig(r, gear)
		diag.level = r.chip.Diag
		return drive
	}}, func(c *Config) {
		c.Stall.Pin = diag
		c.StallAbove = tmc2209.UsefulAbove(200) * 360 / math.Abs(float64(gear))
	})
}

const direct = Gear(200 * tmc2209.Microsteps)

func TestAMotorTooSlowForItsLoadToSayAnythingIsNeverTakenForStalled(t *testing.T) {
	for name, gear := range map[string]Gear{"direct": direct, "geared": chipGear, "the other way": -chipGear} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := complaining(t, gear)
				for _, speed := range []float64{2, 18, -18, 60, 10, -60} {
					r.do(motion.Move{Kind: motion.Spin, Speed: speed})
					r.after(20 * time.Second)
				}
				if len(r.told()) > 0 {
					t.Errorf("a table that turns freely was stopped: %v", r.told())
				}
				r.end()
			})
		})
	}
}

func TestADriverThatComplainsWhileItIsSlowIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &sense{}
		r := newRig(t, maker{"velocity", func(r *rig) Drive {
			drive := newVelocityRig(r)
			slow.level = func() bool { return math.Abs(r.chip.Speed()) < 0.9*tmc2209.UsefulAbove(200) }
			return drive
		}}, func(c *Config) { c.Stall.Pin, c.StallAbove = slow, 18 })
		r.do(motion.Move{Kind: motion.Spin, Speed: 15})
		r.after(3 * time.Second)
		if r.code() != "" {
			t.Errorf("at 15 of 18 deg/s: fault %q", r.code())
		}
		r.do(motion.Move{Kind: motion.Spin, Speed: 40})
		r.after(3 * time.Second)
		if r.code() != "" {
			t.Errorf("at 40 deg/s: fault %q", r.code())
		}
		r.end()
	})
}

func TestABlockedDirectDriveIsSeenAtTheHomeMark(t *testing.T) {
	for _, speed := range []float64{18, 60} {
		synctest.Test(t, func(t *testing.T) {
			r := complaining(t, direct)
			turn := time.Duration(360 / speed * float64(time.Second))
			r.do(motion.Move{Kind: motion.Spin, Speed: speed})
			r.after(turn + 5*time.Second)
			begin := time.Now()
			r.block()
			r.after(turn + 2*time.Second)
			if took := r.wentOff().Sub(begin); r.code() != Drifted || took < 0 || took > turn+2*time.Second {
				t.Errorf("at %g deg/s: fault %q after %s", speed, r.code(), took)
			}
			r.end()
		})
	}
}

func TestADriverThatComplainsFastEnoughStopsTheTableAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := complaining(t, chipGear)
		r.do(motion.Move{Kind: motion.Spin, Speed: 40})
		r.after(3 * time.Second)
		begin := time.Now()
		r.block()
		r.after(time.Second)
		if took := r.wentOff().Sub(begin); r.code() != Stalled || took < 0 || took > 20*ms {
			t.Errorf("fault %q after %s, want it from DIAG, not from a look at the load", r.code(), took)
		}
		r.end()
	})
}

func TestAnAdapterThatIsPluggedInAgainIsOpenedAgainAfterClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{}
		drive := newVelocityRig(r).(*Velocity)
		opens := 0
		open := drive.cfg.Open
		drive.cfg.Open = func() (Port, error) {
			opens++
			return open()
		}
		r = newRig(t, maker{"velocity", func(made *rig) Drive {
			made.chip, made.motor = r.chip, r.motor
			return drive
		}}, nil)
		r.do(motion.Move{Kind: motion.Spin, Speed: 40})
		r.after(2 * time.Second)
		r.chip.PullAdapter()
		r.after(time.Second)
		if r.code() != DriveLost {
			t.Fatalf("fault %q", r.code())
		}
		r.chip.PlugAdapter()
		if err := r.Clear(); err != nil {
			t.Fatal(err)
		}
		r.do(motion.Move{Kind: motion.Spin, Speed: 40})
		r.after(3 * time.Second)
		if s := r.State(); opens != 2 || s.Fault != "" || r.chip.Speed() == 0 {
			t.Errorf("the port was opened %d times, state %+v", opens, s)
		}
		r.end()
	})
}
