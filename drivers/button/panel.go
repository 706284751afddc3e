package button

import (
	"context"
	"errors"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Line is one button of a panel.
type Line struct {
	Name string // as the listener knows it, e.g. "look1"
	Pin  gpio.PinIn
	Config
}

// Panel watches several buttons at once. One goroutine looks at all of them, so
// whatever fingers do together is told in the order of the looks. It needs no
// edges: a look every IdlePoll misses no press of 50 ms.
type Panel struct {
	// OnEvent is called from Run for every event of every line. It must not
	// block. Set it before Run.
	OnEvent func(name string, e Event)
	// OnGesture is called from Run for every press and long press. It must
	// not block. Set it before Run.
	OnGesture func(name string, g Gesture)

	lines []Line
}

// NewPanel returns a panel of the lines. Nothing happens to a pin before Run.
// The names must differ and be given; Epoch, Poll and IdlePoll of the first
// line hold for all.
func NewPanel(lines ...Line) (*Panel, error) {
	p := &Panel{OnEvent: func(string, Event) {}, OnGesture: func(string, Gesture) {}}
	seen := map[string]bool{}
	for _, l := range lines {
		if l.Name == "" || seen[l.Name] || l.Pin == nil {
			return nil, fmt.Errorf("button panel: line %q: give every line a pin and a name of its own", l.Name)
		}
		seen[l.Name] = true
		l.Config = l.Config.withDefaults()
		p.lines = append(p.lines, l)
	}
	return p, nil
}

// watched is one line at work.
type watched struct {
	Line
	decoder  Decoder
	gestures Gestures
}

// Run configures the pins and watches them until ctx ends, which is no error.
// All pins that refuse are named in one error.
func (p *Panel) Run(ctx context.Context) error {
	lines, err := p.open()
	if err != nil || len(lines) == 0 {
		return err
	}
	epoch := lines[0].Epoch
	if epoch.IsZero() {
		epoch = time.Now()
	}
	for ctx.Err() == nil {
		resting := true
		for i := range lines {
			p.look(&lines[i], time.Since(epoch))
			resting = resting && lines[i].decoder.Resting()
		}
		if resting {
			sleep(ctx, lines[0].IdlePoll)
		} else {
			sleep(ctx, lines[0].Poll)
		}
	}
	return nil
}

func (p *Panel) open() ([]watched, error) {
	var lines []watched
	var errs []error
	for _, l := range p.lines {
		if err := l.Pin.In(l.Pull, gpio.NoEdge); err != nil {
			errs = append(errs, fmt.Errorf("button %s on %s: %w", l.Name, l.Pin.Name(), err))
		}
		lines = append(lines, watched{Line: l, decoder: NewDecoder(l.Config), gestures: NewGestures(l.Config)})
	}
	return lines, errors.Join(errs...)
}

func (p *Panel) look(l *watched, now time.Duration) {
	event, changed := l.decoder.Sample(now, l.Pin.Read())
	if changed {
		p.OnEvent(l.Name, event)
		if meant, ok := l.gestures.Event(event); ok {
			p.OnGesture(l.Name, meant)
		}
	}
}

// Halt does nothing: inputs drive nothing, and Run waits for no edge.
func (p *Panel) Halt() error { return nil }
