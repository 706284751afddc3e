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
	"studiobox/drivers/turntable/tmc2209/tmc2209test"
)

func TestQuantilesAreRightToAFifth(t *testing.T) {
	var h histogram
	for i := range 1000 {
		h.add(time.Duration(i+1) * 10 * time.Microsecond)
	}
	l := h.lateness()
	for name, c := range map[string]struct{ got, want time.Duration }{
		"p50": {l.P50, 5 * ms}, "p99": {l.P99, 9900 * time.Microsecond}, "max": {l.Max, 10 * ms},
	} {
		if ratio := float64(c.got) / float64(c.want); ratio < 0.99 || ratio > 1.2 {
			t.Errorf("%s is %s, want %s", name, c.got, c.want)
		}
	}
	if l.Count != 1000 || (&histogram{}).lateness() != (Lateness{}) {
		t.Errorf("%+v, or an empty histogram is not empty", l)
	}
}

// straight is a wish at a steady speed from now on.
func straight(speed float64) Wish {
	begin := time.Now()
	return func(now time.Time) motion.Point {
		return motion.Point{Angle: speed * now.Sub(begin).Seconds(), Speed: speed}
	}
}

func TestAThreadThatOversleepsReportsLateAndMissedSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewStepDir(StepDirConfig{Step: &gpiotest.Pin{}, Dir: &gpiotest.Pin{}, Gear: 3600})
		sleeps, over := 0, int64(0)
		d.rush = func() bool { return true }
		d.pause = func(p time.Duration) {
			if sleeps++; sleeps%100 == 0 {
				p += 20 * ms // 6 steps at 30 deg/s: 5 of them wait for the first
				over++
			}
			time.Sleep(p)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := d.Run(ctx, straight(30)); err != nil {
			t.Fatal(err)
		}
		s := d.Stats()
		if s.Done < 2990 || s.Done > 3000 || s.Missed < 4*over || s.Missed > 6*over || !s.Realtime || s.Ordinary {
			t.Errorf("%d times too long asleep: %+v", over, s)
		}
		if s.Late.Max < 15*ms || s.Late.Max > 21*ms || s.Late.P50 > ms {
			t.Errorf("lateness %+v", s.Late)
		}
	})
}

func TestAThreadThatIsRefusedItsPrioritySaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewStepDir(StepDirConfig{Step: &gpiotest.Pin{}, Dir: &gpiotest.Pin{}, Gear: 3600})
		d.pause, d.rush = time.Sleep, func() bool { return false }
		if d.Stats().Ordinary {
			t.Error("it was refused before it asked")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := d.Run(ctx, straight(30)); err != nil {
			t.Fatal(err)
		}
		if s := d.Stats(); s.Realtime || !s.Ordinary {
			t.Errorf("%+v", s)
		}
	})
}

func TestAThreadThatWasFrozenGivesUpInsteadOfRushing(t *testing.T) {
	for name, d := range map[string]Drive{
		"step and dir": NewStepDir(StepDirConfig{Step: &gpiotest.Pin{}, Dir: &gpiotest.Pin{}, Gear: 3600}),
		"pwm":          NewPWM(PWMConfig{Step: &gpiotest.Pin{}, Dir: &gpiotest.Pin{}, Gear: 3600}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				running := false
				step := &lead{onPWM: func(hz float64) { running = hz > 0 }}
				if p, ok := d.(*PWM); ok {
					p.cfg.Step = step
				}
				if s, ok := d.(*StepDir); ok {
					s.pause, s.rush = time.Sleep, func() bool { return false }
				}
				begin := time.Now()
				err := d.Run(t.Context(), func(now time.Time) motion.Point {
					p := motion.Point{Speed: 10, Angle: 10 * now.Sub(begin).Seconds()}
					if now.Sub(begin) > time.Second {
						p.Angle += 40 // a jump
					}
					return p
				})
				var f Fault
				if !errors.As(err, &f) || f.Code != Behind || running {
					t.Errorf("got %v, the line runs: %t", err, running)
				}
			})
		})
	}
}

func TestTheDirectionChangesOnlyWhileTheStepLineRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running := false
		dir := &lead{onOut: func(gpio.Level) {
			if running {
				t.Error("DIR changed while the PWM ran")
			}
		}}
		step := &lead{onPWM: func(hz float64) { running = hz > 0 }}
		d := NewPWM(PWMConfig{Step: step, Dir: dir, Gear: -3600})
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := d.Run(ctx, func(now time.Time) motion.Point {
			const half = 500 * ms // to and fro at 20 deg/s
			into, back := now.Sub(begin)%half, now.Sub(begin)/half%2 == 1
			if back {
				return motion.Point{Angle: 20 * (half - into).Seconds(), Speed: -20}
			}
			return motion.Point{Angle: 20 * into.Seconds(), Speed: 20}
		})
		if err != nil || running {
			t.Errorf("%v, or the line runs on", err)
		}
	})
}

// indexPin gives an edge for every turn of the chip's microstep table.
type indexPin struct {
	gpiotest.Pin
	chip  *tmc2209test.Chip
	cut   bool
	edges int64
}

func (p *indexPin) In(gpio.Pull, gpio.Edge) error { return nil }

func (p *indexPin) WaitForEdge(d time.Duration) bool {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(ms) {
		if turns := int64(p.chip.Turned()) / tmc2209.Cycle; !p.cut && turns > p.edges {
			p.edges++
			return true
		}
	}
	return false
}

func TestIndexEdgesAreCountedAndMissed(t *testing.T) {
	for _, cut := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			chip := tmc2209test.New()
			pin := &indexPin{Pin: gpiotest.Pin{N: "GPIO5"}, chip: chip, cut: cut}
			d := NewVelocity(VelocityConfig{Open: opened(chip), Gear: chipGear, Index: pin})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := d.Run(ctx, straight(40))
			var f Fault
			if missed := errors.As(err, &f) && f.Code == Drifted; missed != cut {
				t.Errorf("wire cut: %t, got %v", cut, err)
			}
			want := int64(chip.Turned()) / tmc2209.Cycle * tmc2209.Cycle
			if got := d.Stats().Done; !cut && (got > want || got < want-tmc2209.Cycle) {
				t.Errorf("%d microsteps by edges, want %d", got, want)
			}
			if chip.Speed() != 0 {
				t.Error("the chip turns on after Run")
			}
		})
	}
}

func TestAChipWithAClockThatIsOffFollowsThePlan(t *testing.T) {
	for _, off := range []float64{-0.04, 0.04} {
		synctest.Test(t, func(t *testing.T) {
			chip := tmc2209test.New()
			chip.ClockError = off
			d := NewVelocity(VelocityConfig{Open: opened(chip), Gear: -chipGear})
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			if err := d.Run(ctx, straight(60)); err != nil {
				t.Fatal(err)
			}
			if deg := -chip.Turned() * 360 / float64(chipGear); math.Abs(deg-3600) > 1.5 {
				t.Errorf("turned by %.1f degrees in 60 s at 60 deg/s", deg)
			}
		})
	}
}

// pulsePin has one short pulse that no look at its level sees.
type pulsePin struct {
	gpiotest.Pin
	at   time.Time
	seen bool
}

func (p *pulsePin) In(gpio.Pull, gpio.Edge) error { return nil }
func (p *pulsePin) Read() gpio.Level              { return gpio.Low }

func (p *pulsePin) WaitForEdge(d time.Duration) bool {
	left := time.Until(p.at)
	if p.seen || left > d {
		time.Sleep(d)
		return false
	}
	time.Sleep(left)
	p.seen = true
	return true
}

func TestAShortPulseOfTheStallLineIsNotOverlooked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &pulsePin{at: time.Now().Add(3*time.Second + 1234*time.Microsecond)}
		r := newRig(t, makers[0], func(c *Config) { c.Stall.Pin = pin })
		r.do(motion.Move{Kind: motion.Spin, Speed: 40})
		r.after(4 * time.Second)
		if r.code() != Stalled || r.wentOff().Sub(pin.at) > ms {
			t.Errorf("fault %q, power off %s after the pulse", r.code(), r.wentOff().Sub(pin.at))
		}
		r.end()
	})
}

func TestAMotorThatDoesNotAnswerAtFirstIsAskedAgainAfterClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, makers[2], func(c *Config) {})
		r.do(motion.Move{Kind: motion.Spin, Speed: 40})
		r.after(time.Second)
		r.chip.Restart()
		r.after(time.Second)
		if r.code() != DriveReset {
			t.Errorf("fault %q", r.code())
		}
		if err := r.Clear(); err != nil {
			t.Error(err)
		}
		r.do(motion.Move{Kind: motion.Spin, Speed: 40})
		r.after(2 * time.Second)
		if s := r.State(); s.Fault != "" || !s.Moving || r.chip.Speed() == 0 {
			t.Errorf("state %+v", s)
		}
		r.end()
	})
}
