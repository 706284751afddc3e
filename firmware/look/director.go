package look

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"studiobox/drivers/turntable/motion"
)

// Lamp shines: a level of perceived lightness, 0 to 100, and a colour
// temperature in kelvin, 0 = as it is.
type Lamp interface {
	Set(level, kelvin float64, fade time.Duration) error
}

// Turntable turns the ring.
type Turntable interface {
	Move(move motion.Move) error
	Stop()
}

// Axis is one of a lens; To goes to a fraction of its way.
type Axis interface {
	To(fraction float64) error
}

// Camera is one whose colours can be set. They are whole: what they do not say
// becomes automatic.
type Camera interface {
	Lock(Colours) error
}

// Stage is what a look is set on; nil and missing parts are not fitted. No call
// to a part waits for its effect.
type Stage struct {
	Lamps       map[string]Lamp
	Turntable   Turntable
	Zoom, Focus Axis
	Camera      Camera
}

// Director sets looks. It may be used from any goroutine.
type Director struct {
	stage Stage
	cards *Cards

	mu      sync.Mutex
	looks   map[string]Look
	present string
}

// NewDirector takes looks that were checked, or made to fit, and the grey cards that
// go before their own colours.
func NewDirector(stage Stage, looks map[string]Look, cards *Cards) *Director {
	return &Director{stage: stage, looks: maps.Clone(looks), cards: cards}
}

// Names are the looks that can be set, sorted.
func (d *Director) Names() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.looks))
}

// Present is the look that is set; empty before the first, and after one of which
// a part failed: then the studio is no look that has a name.
func (d *Director) Present() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.present
}

// Set sets a look. Unless moving, as when the wish comes from afar, table and
// lens stay as they are. A part that fails does not keep the others from their
// place; the error names each one.
func (d *Director) Set(name string, moving bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, known := d.looks[name]
	if !known {
		return fmt.Errorf("there is no look %q", name)
	}
	d.present = ""
	errs := []error{d.picture(d.colours(name, l)), d.light(l)}
	if moving {
		errs = append(errs, d.lens(l), d.table(l))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("look %q: %w", name, err)
	}
	d.present = name
	return nil
}

// Resume takes a look up again after a restart of the program: its camera is told
// anew, since what it was told may be lost. Lamps, table and lens stay as they
// are. A look that is there no more is none.
func (d *Director) Resume(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, known := d.looks[name]
	if !known || d.present != "" { // somebody was faster
		return nil
	}
	if err := d.picture(d.colours(name, l)); err != nil {
		return fmt.Errorf("look %q: %w", name, err)
	}
	d.present = name
	return nil
}

// Colours are what the camera is set to with a look: those of its grey card before
// its own.
func (d *Director) Colours(name string) Colours {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.colours(name, d.looks[name])
}

func (d *Director) colours(name string, l Look) Colours {
	if card, locked := d.cards.Card(name); locked {
		return card.Colours.over(l.colours())
	}
	return l.colours()
}

// picture is asked for with every look: one without colours ends those of the look
// before.
func (d *Director) picture(c Colours) error {
	if d.stage.Camera == nil {
		return nil
	}
	return d.stage.Camera.Lock(c)
}

func (d *Director) light(l Look) (err error) {
	for _, name := range slices.Sorted(maps.Keys(d.stage.Lamps)) {
		err = errors.Join(err, d.stage.Lamps[name].Set(l.Lights[name], l.Kelvin, Fade))
	}
	return err
}

func (d *Director) lens(l Look) error {
	return errors.Join(to(d.stage.Zoom, l.Zoom), to(d.stage.Focus, l.Focus))
}

func to(axis Axis, percent *float64) error {
	if axis == nil || percent == nil {
		return nil
	}
	return axis.To(*percent / 100)
}

func (d *Director) table(l Look) error {
	if d.stage.Turntable == nil {
		return nil
	}
	if l.Table == Still {
		d.stage.Turntable.Stop()
	}
	if move, moves := l.Table.Move(); moves {
		return d.stage.Turntable.Move(move)
	}
	return nil
}
