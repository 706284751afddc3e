package indicator

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
)

const ms = time.Millisecond

// rig is an indicator at work on four test pins.
type rig struct {
	*Indicator
	air, red, green, blue gpiotest.Pin
	stop                  context.CancelFunc
	done                  chan error
}

func start(t *testing.T, colours bool) *rig {
	r := &rig{done: make(chan error, 1)}
	cfg := Config{Air: Light{Pin: &r.air}}
	if colours {
		cfg.Red, cfg.Green, cfg.Blue = Light{Pin: &r.red}, Light{Pin: &r.green}, Light{Pin: &r.blue}
	}
	r.Indicator = New(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	r.stop = cancel
	go func() { r.done <- r.Run(ctx) }()
	synctest.Wait()
	return r
}

func (r *rig) end(t *testing.T) {
	t.Helper()
	r.stop()
	if err := <-r.done; err != nil {
		t.Fatal(err)
	}
}

// show keeps a pattern chosen for a time, as the conductor's ticks do, and
// returns how long each pin was lit, in ticks of 50 ms.
func (r *rig) show(t *testing.T, name string, lasts time.Duration) (air, red, green, blue int) {
	t.Helper()
	count := func(n *int, p *gpiotest.Pin) {
		if p.Read() == gpio.High {
			*n++
		}
	}
	for range lasts / (50 * ms) {
		if err := r.Set(name); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * ms)
		synctest.Wait()
		count(&air, &r.air)
		count(&red, &r.red)
		count(&green, &r.green)
		count(&blue, &r.blue)
	}
	return
}

func TestOnAirIsSteadyWhileItIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, false)
		if air, _, _, _ := r.show(t, "on_air", time.Minute); air != 1200 {
			t.Errorf("lit at %d of 1200 looks", air)
		}
		r.end(t)
	})
}

func TestALampThatNobodyRenewsStopsClaimingToBeOnAir(t *testing.T) {
	for _, name := range []string{"on_air", "degraded"} {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, true)
			r.show(t, name, 500*ms)
			time.Sleep(Lease + 10*ms)
			synctest.Wait()
			if r.air.Read() == gpio.High || r.red.Read() != r.blue.Read() {
				t.Errorf("%s still shown %v after the last Set", name, Lease)
			}
			if air, _, _, _ := r.show(t, "on_air", time.Second); air != 20 {
				t.Errorf("lit at %d of 20 looks after the program came back", air)
			}
			r.end(t)
		})
	}
}

func TestOtherPatternsNeedNoRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, false)
		if err := r.Set("checking"); err != nil {
			t.Fatal(err)
		}
		lit := 0
		for range 100 {
			time.Sleep(100 * ms)
			synctest.Wait()
			if r.air.Read() {
				lit++
			}
		}
		if lit != 50 {
			t.Errorf("lit at %d of 100 looks, want half", lit)
		}
		r.end(t)
	})
}

func TestWithColoursTheLampIsLeftToOnAir(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, true)
		for _, p := range Patterns() {
			air, red, green, blue := r.show(t, p.Name, 6*time.Second)
			if (air > 0) != p.OnAir {
				t.Errorf("%s: lamp lit at %d looks", p.Name, air)
			}
			for c, lit := range map[Colour]int{Red: red, Green: green, Blue: blue} {
				if (lit > 0) != (p.Colour&c != 0) {
					t.Errorf("%s: colour %d lit at %d looks", p.Name, c, lit)
				}
			}
		}
		r.end(t)
	})
}

func TestThePinFollowsTheBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, false)
		for _, p := range Patterns() {
			if err := r.Set(stopped); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			for range 500 {
				if err := r.Set(p.Name); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if want, _ := p.at(time.Since(begin)); bool(r.air.Read()) != want {
					t.Fatalf("%s: lamp is %v at %v", p.Name, r.air.Read(), time.Since(begin))
				}
				time.Sleep(10 * ms)
			}
		}
		r.end(t)
	})
}

func TestAnActiveLowLampIsDarkWhenHigh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &gpiotest.Pin{}
		i := New(Config{Air: Light{Pin: pin, ActiveLow: true}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- i.Run(ctx) }()
		synctest.Wait()
		if pin.Read() != gpio.High {
			t.Error("lit at the start")
		}
		_ = i.Set("on_air")
		synctest.Wait()
		if pin.Read() != gpio.Low {
			t.Error("dark while on air")
		}
		cancel()
		if err := <-done; err != nil || pin.Read() != gpio.High {
			t.Errorf("after Run: %v, pin %v", err, pin.Read())
		}
	})
}

func TestHaltIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, false)
		r.show(t, "on_air", 200*ms)
		if err := r.Halt(); err != nil {
			t.Fatal(err)
		}
		if r.air.Read() == gpio.High {
			t.Error("lit after Halt")
		}
		if air, _, _, _ := r.show(t, "degraded", time.Second); air != 0 {
			t.Error("Set lit the lamp after Halt")
		}
		r.end(t)
		if err := r.Halt(); err != nil {
			t.Error("a second Halt fails:", err)
		}
	})
}

func TestAnUnknownPatternIsRefusedByName(t *testing.T) {
	err := New(Config{}).Set("rainbow")
	if err == nil || !strings.Contains(err.Error(), `"rainbow"`) {
		t.Errorf("got %v", err)
	}
}

// brokenPin fails every write.
type brokenPin struct{ gpiotest.Pin }

func (*brokenPin) Out(gpio.Level) error { return errors.New("line is gone") }

func TestABrokenPinEndsRunAndLeavesTheOthersDark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		green := &gpiotest.Pin{}
		i := New(Config{
			Air:   Light{Pin: &brokenPin{gpiotest.Pin{N: "GPIO27"}}},
			Green: Light{Pin: green},
		})
		if err := i.Set("idle"); err != nil { // lights the green, which works
			t.Fatal(err)
		}
		err := i.Run(t.Context())
		if err == nil || err.Error() != "indicator lamp.air on GPIO27: line is gone" {
			t.Errorf("got %v", err)
		}
		if green.Read() == gpio.High {
			t.Error("another light stays lit")
		}
	})
}
