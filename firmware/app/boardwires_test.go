package app

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/conn/v3/physic"

	"studiobox/board/profile"
	"studiobox/drivers/light"
	"studiobox/drivers/turntable"
	"studiobox/drivers/turntable/motion"
	"studiobox/firmware/config"
	"studiobox/firmware/guard"
	"studiobox/firmware/run"
)

// wire is a pin that somebody else may drive, and that notes what it is told.
type wire struct {
	gpiotest.Pin
	mu    sync.Mutex
	rises int
	duty  gpio.Duty
	hertz physic.Frequency
}

func (w *wire) In(gpio.Pull, gpio.Edge) error { return nil }

func (w *wire) WaitForEdge(d time.Duration) bool {
	time.Sleep(d)
	return false
}

func (w *wire) Out(l gpio.Level) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l == gpio.High && w.Read() == gpio.Low {
		w.rises++
	}
	return w.Pin.Out(l)
}

func (w *wire) PWM(duty gpio.Duty, f physic.Frequency) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.duty, w.hertz = duty, f
	return nil
}

func (w *wire) told() (rises int, duty gpio.Duty, hertz physic.Frequency) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rises, w.duty, w.hertz
}

// loom is a board's wires by role, and a guard that obeys.
type loom struct {
	bench
	wires  map[profile.Role]*wire
	feeder *guard.Feeder

	mu   sync.Mutex
	said byte // the last word to the guard
}

func (l *loom) Pin(r profile.Role) (gpio.PinIO, error)  { return l.wire(r), nil }
func (l *loom) Out(r profile.Role) (gpio.PinOut, error) { return l.wire(r), nil }

func (l *loom) heard() byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.said
}

func (l *loom) wire(r profile.Role) *wire {
	if l.wires[r] == nil {
		l.wires[r] = &wire{Pin: gpiotest.Pin{N: string(r)}}
	}
	return l.wires[r]
}

// Write is the guard's ear: it says back what it was told.
func (l *loom) Write(words []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = words[len(words)-1]
	go func() { _, _ = l.feeder.Write(words) }()
	return len(words), nil
}

// onWires fits the wires of a map, runs what runs beside, and plays a story.
func onWires(t *testing.T, wiring string, story func(l *loom, parts studioParts)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p, err := profile.Parse("loom", []byte("title = \"loom\"\n"+least+wiring))
		if err != nil {
			t.Fatal(err)
		}
		settings := config.Default()
		settings.Light.PWMHz, settings.Turntable.Drive = 12_000, "pwm" // step and dir keeps real time
		l := &loom{wires: map[profile.Role]*wire{}}
		l.feeder = guard.NewFeeder(l)
		parts, err := fitStudio(l, l, l.feeder, p, settings)
		if err != nil {
			t.Fatal(err)
		}
		all := parts.others
		for name, lamp := range parts.lamps {
			all = append(all, run.Part{Name: name, Run: lamp.Run})
		}
		if parts.table != nil {
			all = append(all, run.Part{Name: "table", Run: parts.table.Run})
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, part := range all {
			running.Go(func() { _ = part.Run(ctx) })
		}
		time.Sleep(100 * time.Millisecond)
		story(l, parts)
		cancel()
		running.Wait()
	})
}

const pulsedTable = `
[turntable.pwm]
pwm = "pwmchip0/2"
[turntable.dir]
pin = "GPIO16"
[turntable.enable]
pin = "GPIO6"
resistor = "up"
[turntable.diag]
pin = "GPIO13"
[estop]
pin = "GPIO19"
`

// turning starts the table and keeps it at it for a while.
func turning(t *testing.T, table *turntable.Turntable, lasting time.Duration) {
	t.Helper()
	if err := table.Move(motion.Move{Kind: motion.Spin, Speed: 45}); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(lasting); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		table.Renew()
	}
}

// unpowered is the guard's word for a motor without power and dark lamps.
func unpowered(t *testing.T) byte {
	t.Helper()
	l := &loom{}
	l.feeder = guard.NewFeeder(l)
	if err := l.feeder.EnableLine().Out(gpio.Low); err != nil {
		t.Fatal(err)
	}
	return l.heard()
}

func TestAFittedTableTurnsByItsOwnWiresAndByItsGear(t *testing.T) {
	onWires(t, pulsedTable, func(l *loom, parts studioParts) {
		if l.heard() != unpowered(t) {
			t.Errorf("at rest the guard heard %q", l.heard())
		}
		turning(t, parts.table, 3*time.Second)
		_, duty, hertz := l.wire(profile.TurntablePWM).told()
		rises, _, other := l.wire(profile.TurntableDir).told()
		if steps := float64(hertz) / float64(physic.Hertz); duty == 0 || steps < 395 || steps > 405 || rises != 1 || other != 0 {
			t.Errorf("%s at %v, direction rose %d times: 45 of 360 degrees a second are 400 of 3200 steps", hertz, duty, rises)
		}
		if !parts.table.State().Power {
			t.Error("the motor has no power")
		}
	})
}

func TestAFittedTableHeedsItsEmergencyStopAndItsDriversComplaint(t *testing.T) {
	for role, want := range map[profile.Role]string{profile.EStop: turntable.EStop, profile.TurntableDiag: turntable.Stalled} {
		onWires(t, pulsedTable, func(l *loom, parts studioParts) {
			turning(t, parts.table, time.Second)
			if state := parts.table.State(); state.Fault != "" || !state.Moving {
				t.Fatalf("%s at rest: %+v", role, state)
			}
			if l.heard() == unpowered(t) {
				t.Errorf("in motion the guard heard %q", l.heard())
			}
			_ = l.wire(role).Pin.Out(gpio.High)
			time.Sleep(50 * time.Millisecond)
			if state := parts.table.State(); state.Fault != want || state.Power || l.heard() != unpowered(t) {
				t.Errorf("%s: %+v; the guard heard %q", role, state, l.heard())
			}
		})
	}
}

func TestAFittedLampIsDimmedAtTheSettingsFrequencyAndInItsColours(t *testing.T) {
	onWires(t, "[light.key.warm]\npwm = \"pwmchip0/0\"\n[light.key.cool]\npwm = \"pwmchip0/1\"\n", func(l *loom, parts studioParts) {
		for kelvin, lit := range map[float64]profile.Role{2700: profile.LightKeyWarm, 6500: profile.LightKeyCool} {
			if err := parts.lamps["key"].Set(light.Look{Level: 80, Kelvin: kelvin, Fade: 500 * time.Millisecond}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
			for _, role := range []profile.Role{profile.LightKeyWarm, profile.LightKeyCool} {
				_, duty, hertz := l.wire(role).told()
				if hertz != 12*physic.KiloHertz || (duty > 0) != (role == lit) {
					t.Errorf("%v K: %s makes %v at %s", kelvin, role, duty, hertz)
				}
			}
		}
	})
}

func TestAFittedLensIsMovedByItsServos(t *testing.T) {
	onWires(t, "[lens.zoom]\npwm = \"pwmchip0/0\"\n[lens.focus]\npwm = \"pwmchip0/1\"\n", func(l *loom, parts studioParts) {
		if err := parts.zoom.To(1); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		_, zoom, hertz := l.wire(profile.LensZoom).told()
		_, focus, _ := l.wire(profile.LensFocus).told()
		if zoom == 0 || hertz != 50*physic.Hertz || focus != 0 {
			t.Errorf("zoom makes %v at %s, focus %v", zoom, hertz, focus)
		}
		time.Sleep(10 * time.Second)
		if _, zoom, _ := l.wire(profile.LensZoom).told(); zoom != 0 {
			t.Error("the servo hums after its motion")
		}
	})
}
