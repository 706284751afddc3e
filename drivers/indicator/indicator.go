// Package indicator makes a lamp, and an RGB light where there is one, say by
// rhythm and colour how the show stands.
package indicator

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Lease is how long a pattern that claims to be on air lasts without another
// Set. A program that hangs must not leave a red lamp behind.
const Lease = time.Second

// Light is one output and its polarity.
type Light struct {
	Pin gpio.PinOut // nil = not fitted
	// ActiveLow: the light shines while the pin is Low.
	ActiveLow bool
}

// Config names what is fitted. Air is the lamp. With any of Red, Green and Blue
// fitted those play the patterns, and the lamp is left to the patterns that
// mean on air; without them the lamp plays all patterns.
type Config struct {
	Air, Red, Green, Blue Light
}

func (c Config) colours() bool {
	return c.Red.Pin != nil || c.Green.Pin != nil || c.Blue.Pin != nil
}

// Indicator drives the lights of one box.
type Indicator struct {
	cfg      Config
	patterns map[string]Pattern
	changed  chan struct{}

	mu     sync.Mutex
	want   Pattern
	guard  guard
	since  time.Time // when want began
	renew  time.Time // when want was last asked for
	halted bool
}

// New returns an indicator that says "stopped". No pin is touched before Run.
func New(cfg Config) *Indicator {
	i := &Indicator{cfg: cfg, patterns: map[string]Pattern{}, changed: make(chan struct{}, 1)}
	for _, p := range Patterns() {
		i.patterns[p.Name] = p
	}
	i.want = i.patterns[stopped]
	return i
}

// Set chooses the pattern by name and never blocks. Choosing the present one
// again does not restart its rhythm; for on_air and degraded it renews the
// lease, so call Set at every tick.
func (i *Indicator) Set(name string) error {
	p, ok := i.patterns[name]
	if !ok {
		return fmt.Errorf("indicator: no pattern is called %q", name)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now()
	i.renew = now
	if p.Name == i.want.Name {
		return nil
	}
	i.want, i.since = p, now
	select {
	case i.changed <- struct{}{}:
	default:
	}
	return nil
}

// Run plays the chosen patterns until ctx ends, then puts all lights out. It
// returns early when a pin fails.
func (i *Indicator) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait, err := i.play(time.Now())
		if err != nil {
			return cmp.Or(err, i.dark())
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return i.dark()
		case <-timer.C:
		case <-i.changed:
		}
	}
}

// Halt puts all lights out for good: neither a pattern nor a Run that is still
// under way lights them again. Safe from any goroutine, any number of times.
func (i *Indicator) Halt() error {
	i.mu.Lock()
	i.halted = true
	i.mu.Unlock()
	return i.dark()
}

// play shows what is due now and tells when to look again.
func (i *Indicator) play(now time.Time) (time.Duration, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.halted {
		return time.Hour, nil
	}
	wait := time.Hour
	if i.want.OnAir {
		wait = Lease - now.Sub(i.renew)
		if wait <= 0 {
			i.want, i.since, wait = i.patterns[lost], now, time.Hour
		}
	}
	on, left := i.want.at(now.Sub(i.since))
	if left > 0 {
		wait = min(wait, left)
	}
	shown, held := i.guard.allow(now, i.look(on))
	if held > 0 {
		wait = min(wait, held)
	}
	return wait, i.write(shown)
}

// dark puts all lights out.
func (i *Indicator) dark() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.guard.shown = look{}
	return i.write(look{})
}

// look is what the present pattern lights; i.mu is held.
func (i *Indicator) look(on bool) look {
	if !on {
		return look{}
	}
	if !i.cfg.colours() {
		return look{air: true}
	}
	return look{air: i.want.OnAir, colour: i.want.Colour}
}

// write sets the level of every fitted light. It goes on after an error, so that
// one broken pin does not keep another lit, and returns the first.
func (i *Indicator) write(l look) error {
	return cmp.Or(
		i.cfg.Air.set("lamp.air", l.air),
		i.cfg.Red.set("lamp.red", l.colour&Red != 0),
		i.cfg.Green.set("lamp.green", l.colour&Green != 0),
		i.cfg.Blue.set("lamp.blue", l.colour&Blue != 0),
	)
}

// set writes the level. The direction is left to Out, whose pin gives the value
// before the direction: a light must not flash while it is being set up.
func (l Light) set(role string, on bool) error {
	if l.Pin == nil {
		return nil
	}
	if err := l.Pin.Out(gpio.Level(on != l.ActiveLow)); err != nil {
		return fmt.Errorf("indicator %s on %s: %w", role, l.Pin.Name(), err)
	}
	return nil
}
