package light

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/conn/v3/physic"
)

// shot is one Dim and its time.
type shot struct {
	at       time.Time
	fraction float64
}

// fakeChannel records what it is asked for.
type fakeChannel struct {
	mu     sync.Mutex
	shots  []shot
	err    error
	halts  int
	levels int
}

func (c *fakeChannel) Dim(fraction float64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	c.shots = append(c.shots, shot{time.Now(), fraction})
	return nil
}

func (c *fakeChannel) Halt() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.halts++
	return nil
}

func (c *fakeChannel) Levels() int { return c.levels }

func (c *fakeChannel) last() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.shots) == 0 {
		return -1
	}
	return c.shots[len(c.shots)-1].fraction
}

func (c *fakeChannel) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.shots)
}

func (c *fakeChannel) all() []shot {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.shots)
}

// studio runs one lamp in virtual time.
func studio(t *testing.T, cfg Config, play func(*Lamp)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- l.Run(ctx) }()
		synctest.Wait()
		play(l)
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

func one(c Channel) Config { return Config{Name: "light.key", Emitters: []Emitter{{Channel: c}}} }

func two(w, c Channel) Config {
	return Config{Name: "light.key", Emitters: []Emitter{{Channel: w, Kelvin: 2700}, {Channel: c, Kelvin: 6500}}}
}

func set(t *testing.T, l *Lamp, look Look) {
	t.Helper()
	if err := l.Set(look); err != nil {
		t.Fatal(err)
	}
}

func TestAFadeIsEvenInLightness(t *testing.T) {
	c := &fakeChannel{}
	studio(t, one(c), func(l *Lamp) {
		begin := time.Now()
		set(t, l, Look{Level: 80, Fade: 8 * time.Second})
		time.Sleep(8100 * ms)
		if n := c.count(); n < 790 {
			t.Fatalf("%d steps in 8 s", n)
		}
		for i, s := range c.all() {
			want := min(10*s.at.Sub(begin).Seconds(), 80)
			if got := Lightness(s.fraction); math.Abs(got-want) > 0.2 {
				t.Fatalf("step %d after %v: L* %.2f, want %.2f", i, s.at.Sub(begin), got, want)
			}
			if i > 0 && Lightness(s.fraction)-Lightness(c.all()[i-1].fraction) > 0.2 {
				t.Fatalf("step %d can be seen", i)
			}
		}
	})
}

func TestALampAtRestWritesNothing(t *testing.T) {
	c := &fakeChannel{}
	studio(t, one(c), func(l *Lamp) {
		time.Sleep(time.Minute)
		if c.count() != 0 {
			t.Error("it wrote before it was asked")
		}
		set(t, l, Look{Level: 50, Fade: time.Second})
		time.Sleep(10 * time.Second)
		before := c.count()
		time.Sleep(10 * time.Minute)
		if got := c.count() - before; got != 0 || l.Stats().Fading {
			t.Errorf("%d writes at rest, %+v", got, l.Stats())
		}
		if got := Lightness(c.last()); math.Abs(got-50) > 1e-9 {
			t.Errorf("rests at L* %g", got)
		}
	})
}

func TestANewFadeBeginsWhereTheLampIs(t *testing.T) {
	c := &fakeChannel{}
	studio(t, one(c), func(l *Lamp) {
		set(t, l, Look{Level: 80, Fade: 4 * time.Second})
		time.Sleep(2 * time.Second)
		set(t, l, Look{Level: 0, Fade: 4 * time.Second})
		time.Sleep(6 * time.Second)
		for i := 1; i < c.count(); i++ {
			if math.Abs(c.all()[i].fraction-c.all()[i-1].fraction) > Slew*0.011 {
				t.Fatalf("jumps from %g to %g", c.all()[i-1].fraction, c.all()[i].fraction)
			}
		}
		if c.last() != 0 {
			t.Errorf("ends at %g", c.last())
		}
	})
}

func TestANewFadeBeginsWhereTheLimiterHeldTheLamp(t *testing.T) {
	c := &fakeChannel{}
	studio(t, one(c), func(l *Lamp) {
		set(t, l, Look{Level: 100})
		time.Sleep(500 * ms) // it got no further than 0.3 of the light
		turn := c.count()
		set(t, l, Look{Level: 0, Fade: 8 * time.Second})
		time.Sleep(10 * time.Second)
		for i := turn; i < c.count(); i++ {
			if c.all()[i].fraction > c.all()[i-1].fraction {
				t.Fatalf("rises from %g to %g though it was told to go dark", c.all()[i-1].fraction, c.all()[i].fraction)
			}
		}
	})
}

func TestALampThatWasLitGoesOnFromThere(t *testing.T) {
	c := &fakeChannel{}
	cfg := one(c)
	cfg.Begin = Look{Level: 70}
	studio(t, cfg, func(l *Lamp) {
		set(t, l, Look{Level: 71, Fade: time.Second})
		synctest.Wait()
		if got := Lightness(c.last()); math.Abs(got-70) > 0.01 {
			t.Errorf("the first step is L* %g, want 70", got)
		}
	})
}

func TestColourChangesAtConstantOutput(t *testing.T) {
	w, c := &fakeChannel{}, &fakeChannel{}
	studio(t, two(w, c), func(l *Lamp) {
		set(t, l, Look{Level: 60, Kelvin: 3000})
		time.Sleep(5 * time.Second)
		from := w.count()
		set(t, l, Look{Level: 60, Kelvin: 6000, Fade: 2 * time.Second})
		time.Sleep(time.Second)
		if got, want := l.Stats().Kelvin, 2e6/(1e6/3000+1e6/6000); math.Abs(got-want) > 10 {
			t.Errorf("halfway at %.0f K, want %.0f: the middle in mired", got, want)
		}
		middle := c.last() / (c.last() + w.last())
		if want := coolShare(2700, 6500, 4000); math.Abs(middle-want) > 0.01 {
			t.Errorf("halfway the cool share is %.3f, want %.3f", middle, want)
		}
		time.Sleep(2 * time.Second)
		for i := from; i < w.count(); i++ {
			if sum := w.all()[i].fraction + c.all()[i].fraction; math.Abs(sum-Luminance(60)) > 1e-9 {
				t.Fatalf("output %g in mid-fade, want %g", sum, Luminance(60))
			}
		}
		if s := l.Stats(); math.Abs(s.Kelvin-6000) > 1e-6 || math.Abs(s.Level-60) > 1e-6 {
			t.Errorf("ends at %+v", s)
		}
		set(t, l, Look{Level: 20})
		time.Sleep(3 * time.Second)
		if s := l.Stats(); math.Abs(s.Kelvin-6000) > 1e-6 {
			t.Errorf("a look without a colour changed it: %+v", s)
		}
	})
}

func TestTheOrderOfTheEmittersDoesNotMatter(t *testing.T) {
	w, c := &fakeChannel{}, &fakeChannel{}
	cfg := two(w, c)
	cfg.Emitters[0], cfg.Emitters[1] = cfg.Emitters[1], cfg.Emitters[0]
	studio(t, cfg, func(l *Lamp) {
		set(t, l, Look{Level: 50, Kelvin: 2700})
		time.Sleep(3 * time.Second)
		if w.last() < 0.1 || c.last() > 1e-6 {
			t.Errorf("2700 K: warm %g, cool %g", w.last(), c.last())
		}
	})
}

func TestTheLampNeverFlashesWhateverItIsAsked(t *testing.T) {
	c := &fakeChannel{}
	studio(t, one(c), func(l *Lamp) {
		for i := range 400 {
			set(t, l, Look{Level: float64(100 * (i % 2))})
			time.Sleep(time.Duration(30+i) * ms)
		}
		var curve []float64
		shots := c.all()
		for i, at := 0, shots[0].at; i < len(shots); at = at.Add(10 * ms) {
			for i < len(shots) && !shots[i].at.After(at) {
				i++
			}
			curve = append(curve, shots[max(i-1, 0)].fraction)
		}
		if n := flashes(curve, false); n > 3 {
			t.Errorf("%d flashes in a second", n)
		}
	})
}

func TestHaltHoldsTheLastLook(t *testing.T) {
	w, c := &fakeChannel{}, &fakeChannel{}
	studio(t, two(w, c), func(l *Lamp) {
		set(t, l, Look{Level: 80, Kelvin: 3000, Fade: 4 * time.Second})
		time.Sleep(2 * time.Second)
		for range 2 {
			if err := l.Halt(); err != nil {
				t.Fatal(err)
			}
		}
		before, stats := w.count(), l.Stats()
		set(t, l, Look{Level: 0})
		time.Sleep(10 * time.Second)
		if w.count() != before || l.Stats() != stats {
			t.Errorf("it went on after Halt: %d writes, %+v then %+v", w.count()-before, stats, l.Stats())
		}
		if w.halts == 0 || c.halts == 0 || w.last() <= 0.05 {
			t.Errorf("halts %d and %d, warm at %g", w.halts, c.halts, w.last())
		}
	})
}

func TestTheEndOfRunHoldsTheLastLook(t *testing.T) {
	c := &fakeChannel{}
	studio(t, one(c), func(l *Lamp) {
		set(t, l, Look{Level: 80})
		time.Sleep(3 * time.Second)
	})
	if got := Lightness(c.last()); math.Abs(got-80) > 1e-9 {
		t.Errorf("left at L* %g", got)
	}
}

func TestABrokenChannelIsNamedAndTheLevelKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &fakeChannel{err: errors.New("wire is off")}
		l, _ := New(one(c))
		set(t, l, Look{Level: 40, Fade: time.Second})
		if err := l.Run(t.Context()); err == nil || err.Error() != "light light.key: wire is off" {
			t.Fatalf("got %v", err)
		}
		c.err = nil
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := l.Run(ctx); err != nil || math.Abs(Lightness(c.last())-40) > 1e-9 {
			t.Errorf("after repair: %v, L* %g", err, Lightness(c.last()))
		}
	})
}

func TestARunThatComesBackShowsTheLevelAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &fakeChannel{}
		l, _ := New(one(c))
		set(t, l, Look{Level: 40})
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			if err := l.Run(ctx); err != nil {
				t.Fatal(err)
			}
			cancel()
			if c.count() == 0 || math.Abs(Lightness(c.last())-40) > 1e-9 {
				t.Fatalf("after Run: %v", c.shots)
			}
			c.shots = nil
		}
	})
}

func TestALookThatCannotBeIsRefusedAndChangesNothing(t *testing.T) {
	single, _ := New(one(&fakeChannel{}))
	double, _ := New(two(&fakeChannel{}, &fakeChannel{}))
	for _, c := range []struct {
		lamp *Lamp
		look Look
		want string
	}{
		{single, Look{Level: 101}, "101"},
		{single, Look{Level: -1}, "-1"},
		{single, Look{Level: math.NaN()}, "NaN"},
		{single, Look{Level: 5, Fade: -1}, "fade"},
		{single, Look{Level: 5, Kelvin: 4000}, "one channel"},
		{double, Look{Level: 5, Kelvin: 2600}, "2700 to 6500"},
		{double, Look{Level: 5, Kelvin: math.NaN()}, "NaN"},
	} {
		err := c.lamp.Set(c.look)
		if err == nil || !strings.Contains(err.Error(), c.want) || c.lamp.Stats().Fading {
			t.Errorf("%+v: got %v, %+v", c.look, err, c.lamp.Stats())
		}
	}
	cfg := one(&fakeChannel{})
	cfg.Begin.Level = 200
	if _, err := New(cfg); err == nil {
		t.Error("a lamp begins at a level of 200")
	}
}

func TestALampTellsItsCoarsestChannel(t *testing.T) {
	l, _ := New(two(&fakeChannel{levels: 4097}, &fakeChannel{levels: 256}))
	if s := l.Stats(); s.Levels != 256 || s.Step < 3 {
		t.Errorf("%+v", s)
	}
}

func TestAPWMPinGetsDutyAndFrequency(t *testing.T) {
	for _, low := range []bool{false, true} {
		pin := &gpiotest.Pin{N: "GPIO18"}
		p := NewPWM(pin, PWMConfig{Frequency: 25 * physic.KiloHertz, Clock: 50 * physic.MegaHertz, ActiveLow: low})
		for fraction, want := range map[float64]gpio.Duty{0: 0, 0.25: gpio.DutyMax / 4, 1: gpio.DutyMax} {
			if low {
				want = gpio.DutyMax - want
			}
			if err := p.Dim(fraction); err != nil || pin.D != want || pin.F != 25*physic.KiloHertz {
				t.Errorf("active low %v, %g: duty %d at %s, want %d: %v", low, fraction, pin.D, pin.F, want, err)
			}
		}
		if p.Levels() != 2001 {
			t.Errorf("%d levels", p.Levels())
		}
	}
}

// stubbornPin refuses PWM and counts halts.
type stubbornPin struct {
	gpiotest.Pin
	halts int
}

func (*stubbornPin) PWM(gpio.Duty, physic.Frequency) error { return errors.New("no such channel") }
func (p *stubbornPin) Halt() error                         { p.halts++; return nil }

func TestAPinWithoutPWMIsNamedAndNeverHalted(t *testing.T) {
	pin := &stubbornPin{Pin: gpiotest.Pin{N: "GPIO18"}}
	p := NewPWM(pin, PWMConfig{})
	if err := p.Dim(0.5); err == nil || err.Error() != "light on GPIO18 at 20kHz: no such channel" {
		t.Errorf("got %v", err)
	}
	if p.Dim(math.NaN()) == nil || p.Dim(1.1) == nil {
		t.Error("takes what is no fraction")
	}
	if err := p.Halt(); err != nil || pin.halts != 0 {
		t.Errorf("halting the pin would end its light: %v, %d", err, pin.halts)
	}
	if err := p.Dim(0.5); err != nil {
		t.Error("writes after Halt:", err)
	}
	if p.Levels() != 0 {
		t.Error("invents levels")
	}
}
