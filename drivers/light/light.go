// Package light dims lamps in steps that look even, mixes warm and cool white,
// and never flashes.
package light

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"
)

// tick is the time between two steps of a fade: at 100 a second a fade of one
// second moves by one L* at a time at most, and the channels' own resolution
// decides, see CoarsestStep.
const tick = 10 * time.Millisecond

// Channel is one output whose light is proportional to the fraction 0..1.
// Halt keeps the last fraction for good.
type Channel interface {
	Dim(fraction float64) error
	Halt() error
}

// Emitter is the light behind one channel.
type Emitter struct {
	Channel Channel
	// Kelvin is its colour temperature; needed only beside a second emitter.
	Kelvin float64
	// Output is its luminous flux at full, in any unit that both emitters
	// share; default 1.
	Output float64
}

// Config describes one lamp.
type Config struct {
	Name     string    // as in the profile, e.g. "light.key"; errors carry it
	Emitters []Emitter // one, or a warm and a cool one
	// Begin is what the lamp shows when the program starts, for outputs hold
	// their last look: the first fade begins there. Zero means dark.
	Begin Look
}

// Look is what a lamp is asked to show.
type Look struct {
	Level  float64       // lightness, CIE 1976 L*, 0..100
	Kelvin float64       // colour temperature; 0 = as it is
	Fade   time.Duration // how long to take; 0 = as fast as the Limiter allows
}

// Stats is what a lamp shows now.
type Stats struct {
	Level  float64 // lightness, CIE 1976 L*, 0..100
	Kelvin float64 // 0 for a lamp of one channel
	Fading bool
	// Levels is how many outputs the coarsest channel has, of those that tell;
	// 0 = none does.
	Levels int
	// Step is the largest step between two of them, in L*.
	Step float64
}

// Lamp drives the channels of one lamp.
type Lamp struct {
	name     string
	emitters []Emitter
	epoch    time.Time
	changed  chan struct{}

	mu     sync.Mutex
	fade   fade
	limit  Limiter
	asked  bool // there was a Set
	fading bool
	halted bool
}

// New returns a lamp. No channel is touched before the first Set.
func New(cfg Config) (*Lamp, error) {
	emitters, err := checked(cfg.Emitters)
	if err != nil {
		return nil, fmt.Errorf("light %s: %w", cfg.Name, err)
	}
	l := &Lamp{name: cfg.Name, emitters: emitters, epoch: time.Now(), changed: make(chan struct{}, 1)}
	if len(emitters) == 2 {
		l.fade.to.mired = (1e6/emitters[0].Kelvin + 1e6/emitters[1].Kelvin) / 2
	}
	if l.fade.to, err = l.target(cfg.Begin); err != nil {
		return nil, err
	}
	l.limit = NewLimiter(Luminance(cfg.Begin.Level))
	return l, nil
}

// Set starts a fade from what is shown now; it never blocks. It refuses a
// level outside 0..100, a colour temperature that the lamp cannot mix, and a
// negative time, and then changes nothing. After Halt it changes nothing.
func (l *Lamp) Set(look Look) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	to, err := l.target(look)
	if err != nil || l.halted {
		return err
	}
	now := time.Since(l.epoch)
	from, _ := l.fade.at(now)
	from.level = Lightness(l.limit.Luminance())
	l.fade = fade{from: from, to: to, start: now, lasts: look.Fade}
	l.asked, l.fading = true, true
	select {
	case l.changed <- struct{}{}:
	default:
	}
	return nil
}

// target checks a look; l.mu is held.
func (l *Lamp) target(look Look) (point, error) {
	to := point{level: look.Level, mired: l.fade.to.mired}
	switch {
	case !(look.Level >= 0 && look.Level <= 100):
		return to, fmt.Errorf("light %s: a level of %g is not in 0 to 100", l.name, look.Level)
	case look.Fade < 0:
		return to, fmt.Errorf("light %s: a fade of %v is no time, give 0 or more", l.name, look.Fade)
	case look.Kelvin == 0:
		return to, nil
	case len(l.emitters) == 1:
		return to, fmt.Errorf("light %s: it has one channel and cannot mix %g K, leave the colour temperature out", l.name, look.Kelvin)
	}
	warm, cool := l.emitters[0].Kelvin, l.emitters[1].Kelvin
	if !(look.Kelvin >= warm && look.Kelvin <= cool) {
		return to, fmt.Errorf("light %s: it mixes %g to %g K, not %g K", l.name, warm, cool, look.Kelvin)
	}
	to.mired = 1e6 / look.Kelvin
	return to, nil
}

// Run fades until ctx ends, which is no error, and leaves the lamp as it is.
// It returns early when a channel fails; called again it goes on from there.
func (l *Lamp) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		fractions, wait := l.step(time.Since(l.epoch))
		for i, fraction := range fractions {
			if err := l.emitters[i].Channel.Dim(fraction); err != nil {
				return fmt.Errorf("light %s: %w", l.name, err)
			}
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-l.changed:
		}
	}
	return nil
}

// step returns what each channel has to show now, none when there is nothing
// to show, and when to come again.
func (l *Lamp) step(now time.Duration) ([]float64, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.halted || !l.asked {
		return nil, time.Hour
	}
	want, ended := l.fade.at(now)
	goal := Luminance(want.level)
	shown := l.limit.Step(now, goal)
	l.fading = !ended || shown != goal
	wait := time.Hour
	if l.fading {
		wait = tick
	}
	return mix(l.emitters, shown, kelvin(want)), wait
}

// Halt holds what is shown for good: lights do not go dark when the program
// ends. Safe from any goroutine, any number of times.
func (l *Lamp) Halt() error {
	l.mu.Lock()
	now, _ := l.fade.at(time.Since(l.epoch))
	l.fade = fade{to: now}
	l.halted, l.fading = true, false
	l.mu.Unlock()
	var first error
	for _, e := range l.emitters {
		first = cmp.Or(first, e.Channel.Halt())
	}
	if first != nil {
		return fmt.Errorf("light %s: %w", l.name, first)
	}
	return nil
}

// Stats may be called at any time.
func (l *Lamp) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, _ := l.fade.at(time.Since(l.epoch))
	s := Stats{Level: Lightness(l.limit.Luminance()), Fading: l.fading}
	if len(l.emitters) == 2 {
		s.Kelvin = kelvin(now)
	}
	for _, e := range l.emitters {
		c, ok := e.Channel.(interface{ Levels() int })
		if !ok || c.Levels() == 0 {
			continue
		}
		if s.Levels == 0 || c.Levels() < s.Levels {
			s.Levels = c.Levels()
		}
	}
	s.Step = CoarsestStep(s.Levels)
	return s
}

// kelvin is 0 for a lamp of one channel, which has no mired.
func kelvin(p point) float64 {
	if p.mired == 0 {
		return 0
	}
	return 1e6 / p.mired
}
