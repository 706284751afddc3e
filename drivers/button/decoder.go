package button

import (
	"time"

	"periph.io/x/conn/v3/gpio"
)

// dropoutLimit is how many times a line may fall out while it is held before
// it counts as broken. A finger does not lift and come back within a debounce
// time; a loose wire does. One drop-out is forgiven every dropoutLeak, so that
// a motor nearby does not disable a button that is held for long.
const (
	dropoutLimit = 8
	dropoutLeak  = 250 * time.Millisecond
	// calm is how long a line that chattered must rest before it is trusted.
	calm = 500 * time.Millisecond
)

type phase uint8

const (
	withheld phase = iota // no release seen since power-on: whatever it says is no press
	released
	pressed
	failed // stuck or cut
)

// Decoder turns levels of a bouncing line into events. It is pure: it has no
// clock and touches no pin.
//
// It integrates: time in which two looks in a row agree moves the integrator
// towards what they say, time in which they disagree moves nothing, since
// nobody knows what the line did. The state changes at the ends only, so a
// change needs a whole Debounce of evidence and a single glitch is no evidence.
type Decoder struct {
	cfg      Config
	phase    phase
	looked   bool          // there was a first look
	last     time.Duration // time of the last look
	on       bool          // whether it read pressed
	evidence time.Duration // 0 = surely released .. cfg.Debounce = surely pressed
	since    time.Duration // when the present phase began
	dropouts int
	leaked   time.Duration // when a drop-out was last forgiven
	lastOn   time.Duration // when the line last read pressed
	rest     time.Duration // how long a failed line must be released
}

// NewDecoder returns a decoder that has seen nothing yet.
// It takes the line for pressed until it has evidence of the contrary.
func NewDecoder(cfg Config) Decoder {
	d := Decoder{cfg: cfg.withDefaults()}
	d.evidence = d.cfg.Debounce
	return d
}

// Sample takes one look at the line. now must not fall; looks should come
// every Poll while something happens. It reports at most one event.
//
// The first event of a released line is Up, so that a listener knows that the
// next Down is a press that somebody made after power-on.
func (d *Decoder) Sample(now time.Duration, level gpio.Level) (Event, bool) {
	on := d.cfg.pressed(level)
	d.integrate(now, on)
	switch d.phase {
	case withheld:
		if d.evidence == 0 {
			return d.become(released, Up, now)
		}
		return d.outlasted(now)
	case released:
		if d.evidence == d.cfg.Debounce {
			return d.become(pressed, Down, now)
		}
	case pressed:
		if d.evidence == 0 {
			return d.become(released, Up, now)
		}
		if d.dropouts >= dropoutLimit {
			d.rest = calm
			return d.become(failed, Cut, now)
		}
		return d.outlasted(now)
	case failed:
		if d.evidence == 0 && now-d.lastOn >= d.rest {
			return d.become(released, Recovered, now)
		}
	}
	return Event{}, false
}

// Resting is true while the line says clearly that nothing happens: the next
// look can wait for an edge.
func (d *Decoder) Resting() bool {
	switch d.phase {
	case released:
		return d.evidence == 0 && !d.on
	case withheld, failed:
		return d.on
	}
	return false
}

func (d *Decoder) integrate(now time.Duration, on bool) {
	switch {
	case !d.looked:
		d.looked, d.since, d.leaked = true, now, now
	case on != d.on:
		if !on {
			d.dropouts++
		}
	default:
		// A long sleep between two looks is weak evidence for what was between.
		step := min(max(now-d.last, 0), d.cfg.Debounce/2)
		if !on {
			step = -step
		}
		d.evidence = min(max(d.evidence+step, 0), d.cfg.Debounce)
	}
	if now-d.leaked >= dropoutLeak {
		d.leaked = now
		d.dropouts = max(d.dropouts-1, 0)
	}
	if on {
		d.lastOn = now
	}
	d.last, d.on = now, on
}

// outlasted reports a press that no finger makes.
func (d *Decoder) outlasted(now time.Duration) (Event, bool) {
	if now-d.since < d.cfg.StuckAfter {
		return Event{}, false
	}
	kind := Stuck
	if d.cfg.NormallyClosed {
		kind = Cut
	}
	d.rest = 0
	return d.become(failed, kind, now)
}

func (d *Decoder) become(p phase, k Kind, now time.Duration) (Event, bool) {
	d.phase, d.since, d.dropouts, d.leaked = p, now, 0, now
	return Event{Kind: k, At: now}, true
}
