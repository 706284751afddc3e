package turntable

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"studiobox/drivers/turntable/motion"
	"studiobox/drivers/turntable/tmc2209"
)

// each plays a story on a table with each of the drives, in virtual time.
func each(t *testing.T, change func(*Config), story func(*testing.T, *rig)) {
	for _, m := range makers {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, m, change)
				story(t, r)
				r.end()
			})
		})
	}
}

func TestTheFrontIsPresentedAfterASearchForTheMark(t *testing.T) {
	each(t, nil, func(t *testing.T, r *rig) {
		r.do(motion.Move{Kind: motion.Front, Angle: 30})
		r.after(20 * time.Second)
		s := r.State()
		if !s.Homed || s.Moving || math.Abs(math.Remainder(s.Angle-30, 360)) > 1e-6 || s.Fault != "" {
			t.Errorf("state %+v", s)
		}
		if off := math.Remainder(r.rotor()-markAt-30, 360); math.Abs(off) > 1 {
			t.Errorf("the ring stands %.2f degrees off its front", off)
		}
	})
}

func TestASpinIsVerifiedEachTurnAndCountsItsSteps(t *testing.T) {
	each(t, nil, func(t *testing.T, r *rig) {
		r.do(motion.Move{Kind: motion.Spin, Speed: -60})
		r.after(60 * time.Second)
		r.Stop("enough")
		r.after(2 * time.Second)
		s := r.State()
		if !s.Homed || math.Abs(s.Drift) > 1 || s.Moving || s.Reason != "enough" || s.Fault != "" {
			t.Errorf("state %+v", s)
		}
		turned := math.Abs(r.rotor())
		gear := float64(testGear)
		if r.chip != nil {
			gear = float64(chipGear)
		}
		asked, done := float64(s.Asked)*360/gear, float64(s.Done)*360/gear
		if math.Abs(asked-turned) > 2 || math.Abs(done-turned) > 2 {
			t.Errorf("turned by %.1f degrees, asked for %.1f, done %.1f", turned, asked, done)
		}
	})
}

func TestAStopBeginsWithin200MillisecondsOfAStall(t *testing.T) {
	// in and out of step with every tick
	for _, phase := range []time.Duration{0, 1234, 6100, 11700, 17300} {
		stall(t, phase*time.Microsecond)
	}
}

// stall blocks the table some time after it has reached its pace.
func stall(t *testing.T, after time.Duration) {
	each(t, nil, func(t *testing.T, r *rig) {
		r.do(motion.Move{Kind: motion.Spin, Speed: 40})
		r.after(2 * time.Second)
		time.Sleep(after)
		begin := time.Now()
		r.block()
		r.after(time.Second)
		took := r.wentOff().Sub(begin)
		t.Logf("power was off %s after the stall", took)
		if took < 0 || took > 200*ms || r.powered() || r.code() != Stalled {
			t.Errorf("power is %t, was taken off after %s, fault %q", r.powered(), took, r.code())
		}
		if len(r.told()) != 1 || r.State().Reason != Stalled {
			t.Errorf("faults %v, reason %q", r.told(), r.State().Reason)
		}
		if err := r.Move(motion.Move{Kind: motion.Spin}); !errors.Is(err, motion.ErrLatched) {
			t.Errorf("a move with a fault latched: %v", err)
		}
	})
}

// slowsWithin waits until the plan slows down after a fault.
func slowsWithin(r *rig, limit time.Duration) time.Duration {
	begin, speed := time.Now(), math.Abs(r.State().Speed)
	for time.Since(begin) < limit {
		r.Renew()
		time.Sleep(ms)
		if now := math.Abs(r.State().Speed); now < speed-1e-9 {
			break
		}
	}
	return time.Since(begin)
}

func TestASlipIsSeenWithin200MillisecondsOfTheMarksTime(t *testing.T) {
	for name, deg := range map[string]float64{"late": 12, "early": -12} {
		t.Run(name, func(t *testing.T) {
			each(t, nil, func(t *testing.T, r *rig) {
				r.do(motion.Move{Kind: motion.Spin, Speed: 40})
				r.after(12 * time.Second)
				for s := r.State(); s.Angle < 180 || s.Angle > 200; s = r.State() {
					r.after(50 * ms)
				}
				r.slip(deg)
				// an early mark shows 12 degrees before its place, a late one
				// is known when its place and the tolerance are passed
				for edge := 360 - 12 - 2.5; deg < 0 && r.State().Angle < edge; {
					r.after(ms)
				}
				for deg > 0 && r.State().Angle > 100 || deg > 0 && r.State().Angle < 5.5 {
					r.after(ms)
				}
				took := slowsWithin(r, time.Second)
				t.Logf("the table slowed down after %s", took)
				if took > 200*ms || r.code() != Drifted {
					t.Errorf("slowed down after %s, fault %q", took, r.code())
				}
				r.after(2 * time.Second)
				if r.powered() || r.State().Homed {
					t.Errorf("state %+v after a drift", r.State())
				}
			})
		})
	}
}

func TestABlindHomeSensorEndsTheSearch(t *testing.T) {
	each(t, nil, func(t *testing.T, r *rig) {
		r.mu.Lock()
		r.blind = true
		r.mu.Unlock()
		r.do(motion.Move{Kind: motion.Front})
		r.after(40 * time.Second)
		if r.code() != HomeMissing || r.powered() {
			t.Errorf("fault %q, power %t", r.code(), r.powered())
		}
	})
}

func TestAStopWithoutAStallLineIsSeenAtTheMark(t *testing.T) {
	each(t, func(c *Config) { c.Stall.Pin = nil }, func(t *testing.T, r *rig) {
		if r.chip != nil {
			return // it sees a stall by itself
		}
		r.do(motion.Move{Kind: motion.Spin, Speed: 40})
		r.after(14 * time.Second)
		r.block()
		r.after(12 * time.Second)
		if r.code() != Drifted || r.powered() {
			t.Errorf("fault %q, power %t", r.code(), r.powered())
		}
	})
}

func TestTheEmergencyStopLatchesAndReleaseNeverRestarts(t *testing.T) {
	each(t, nil, func(t *testing.T, r *rig) {
		r.do(motion.Move{Kind: motion.Spin})
		r.after(3 * time.Second)
		begin := time.Now()
		r.press(true)
		r.after(100 * ms)
		if took := r.wentOff().Sub(begin); r.powered() || took > 10*ms || r.code() != EStop {
			t.Errorf("power %t after %s, fault %q", r.powered(), took, r.code())
		}
		if err := r.Clear(); !errors.Is(err, ErrPressed) {
			t.Errorf("cleared while pressed: %v", err)
		}
		r.press(false)
		r.after(2 * time.Second)
		if r.powered() || r.State().Moving || r.code() != EStop {
			t.Errorf("state %+v after the release", r.State())
		}
		if err := r.Clear(); err != nil {
			t.Error(err)
		}
		r.after(2 * time.Second)
		if r.powered() || r.State().Moving {
			t.Errorf("state %+v after the fault was cleared", r.State())
		}
		r.do(motion.Move{Kind: motion.Spin})
		r.after(time.Second)
		if !r.powered() || !r.State().Moving {
			t.Errorf("state %+v after a new move", r.State())
		}
	})
}

func TestPowerThatIsTakenAwayFromOutsideIsAFaultAndNeverComesBackByItself(t *testing.T) {
	each(t, nil, func(t *testing.T, r *rig) {
		r.do(motion.Move{Kind: motion.Spin})
		r.after(3 * time.Second)
		r.LosePower(errors.New("the guard is gone"))
		r.after(time.Second)
		if r.powered() || r.State().Moving || r.code() != PowerLost {
			t.Errorf("state %+v", r.State())
		}
		if err := r.Move(motion.Move{Kind: motion.Spin}); err == nil {
			t.Error("a move is taken with the fault latched")
		}
		if err := r.Clear(); err != nil {
			t.Error(err)
		}
		r.do(motion.Move{Kind: motion.Spin})
		r.after(time.Second)
		if !r.powered() || !r.State().Moving {
			t.Errorf("state %+v after a new move", r.State())
		}
	})
}

func TestAPressedEmergencyStopIsSeenBeforeTheFirstMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRig(t, makers[1], func(c *Config) { c.EStop.ActiveLow = true })
		if err := r.Move(motion.Move{Kind: motion.Spin}); err == nil {
			t.Error("a move is taken before the stop was looked at")
		}
		r.after(2 * pulled)
		if err := r.Move(motion.Move{Kind: motion.Spin}); !errors.Is(err, motion.ErrLatched) || r.code() != EStop {
			t.Errorf("got %v, fault %q", err, r.code())
		}
		r.end()
	})
}

// slowDrive asks for its first wish after two seconds.
type slowDrive struct{ Drive }

func (d slowDrive) Run(ctx context.Context, wish Wish) error {
	sleep(ctx, 2*time.Second)
	return d.Drive.Run(ctx, wish)
}

func TestAMoveThatWaitsForItsDriveDoesNotOutliveItsLease(t *testing.T) {
	for _, renewed := range []bool{true, false} {
		each(t, func(c *Config) { c.Drive = slowDrive{c.Drive} }, func(t *testing.T, r *rig) {
			r.do(motion.Move{Kind: motion.Spin})
			if !renewed {
				time.Sleep(motion.Lease + ms)
			}
			r.after(4 * time.Second)
			if s := r.State(); s.Moving != renewed || r.powered() != renewed {
				t.Errorf("renewed in time: %t, state %+v", renewed, s)
			}
		})
	}
}

func TestALeaseThatEndsStopsTheTableForGood(t *testing.T) {
	each(t, nil, func(t *testing.T, r *rig) {
		r.do(motion.Move{Kind: motion.Front, Angle: 90}) // searches the mark first
		time.Sleep(motion.Lease + 2*time.Second)
		if s := r.State(); s.Moving {
			t.Errorf("state %+v without a lease", s)
		}
		at := r.rotor()
		r.after(20 * time.Second)
		if s := r.State(); s.Moving || math.Abs(r.rotor()-at) > 0.2 {
			t.Errorf("moved on by %g degrees after a late renewal", r.rotor()-at)
		}
	})
}

func TestRunEndsWithAPlannedStopAndHaltIsFinal(t *testing.T) {
	each(t, nil, func(t *testing.T, r *rig) {
		r.do(motion.Move{Kind: motion.Spin})
		r.after(3 * time.Second)
		for range 3 {
			if err := r.Halt(); err != nil {
				t.Error(err)
			}
		}
		at := r.motor()
		if r.powered() {
			t.Error("power after Halt")
		}
		r.after(2 * time.Second)
		if math.Abs(r.motor()-at) > 0.01 {
			t.Errorf("pulses for %g degrees after Halt", r.motor()-at)
		}
		if err := r.Move(motion.Move{Kind: motion.Spin}); !errors.Is(err, ErrHalted) {
			t.Errorf("a move after Halt: %v", err)
		}
	})
	each(t, nil, func(t *testing.T, r *rig) {
		r.do(motion.Move{Kind: motion.Spin})
		r.after(3 * time.Second)
		begin := time.Now()
		at := r.motor()
		r.end()
		if took, way := time.Since(begin), r.motor()-at; took > 2*time.Second || way < 20 || way > 40 {
			t.Errorf("Run ended after %s and %.1f degrees", took, way)
		}
		r.done <- nil
	})
}

func TestThePowerIsOffUntilTheFirstMove(t *testing.T) {
	each(t, nil, func(t *testing.T, r *rig) {
		if r.powered() || r.Move(motion.Move{Kind: "dance"}) == nil {
			t.Error("power before a move, or a move that nobody knows was taken")
		}
	})
}

func TestTheFaultsOfTheChipStopTheTable(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(*rig)
		want string
	}{
		"wire pulled":    {func(r *rig) { r.chip.PullWire() }, DriveLost},
		"adapter pulled": {func(r *rig) { r.chip.PullAdapter() }, DriveLost},
		"restart":        {func(r *rig) { r.chip.Restart() }, DriveReset},
		"hot":            {func(r *rig) { r.chip.Set(tmc2209.DRVSTATUS, 3) }, TooHot},
		"short":          {func(r *rig) { r.chip.Set(tmc2209.DRVSTATUS, 1<<3) }, Shorted},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, makers[2], nil)
				r.do(motion.Move{Kind: motion.Spin, Speed: 40})
				r.after(3 * time.Second)
				begin := time.Now()
				c.act(r)
				r.after(time.Second)
				took := r.wentOff().Sub(begin)
				t.Logf("power was off after %s: %v", took, r.told())
				if r.powered() || took > 200*ms || r.code() != c.want {
					t.Errorf("power %t, off after %s, fault %q", r.powered(), took, r.code())
				}
				r.end()
			})
		})
	}
}

func TestAWarmChipIsReportedAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, makers[2], nil)
		r.do(motion.Move{Kind: motion.Spin, Speed: 40})
		r.chip.Set(tmc2209.DRVSTATUS, 1|1<<8)
		r.after(3 * time.Second)
		if s := r.State(); !s.Warm || !s.Moving || s.Load != 300 {
			t.Errorf("state %+v", s)
		}
		r.end()
	})
}

func TestAPinThatRefusesIsNamed(t *testing.T) {
	table, err := New(Config{Drive: NewPWM(PWMConfig{}), Enable: Output{Pin: &deadPin{gpiotest.Pin{N: "GPIO6"}}}})
	if err != nil {
		t.Fatal(err)
	}
	err = table.Run(t.Context())
	if err == nil || err.Error() != "turntable_pin_failed: turntable enable on GPIO6: line is gone" {
		t.Errorf("got %v", err)
	}
	if _, err := New(Config{Limits: motion.Limits{Speed: 1}}); err == nil {
		t.Error("limits of 0 were taken")
	}
}

type deadPin struct{ gpiotest.Pin }

func (*deadPin) Out(gpio.Level) error { return errors.New("line is gone") }
