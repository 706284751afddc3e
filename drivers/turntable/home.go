package turntable

import (
	"errors"
	"fmt"
	"math"

	"studiobox/drivers/turntable/motion"
)

// home is what is known of the home mark: a pure watcher of angles and levels.
// The middle of the mark is 0 degrees; found by its two edges, it does not
// depend on the direction.
type home struct {
	tolerance float64 // deg

	known  bool
	origin float64 // deg of the plan, not wrapped
	width  float64 // deg of the mark
	drift  float64 // deg, at the last passage, against the one before

	looked  bool
	on      bool
	entered bool // the mark was entered from outside
	entry   motion.Point

	near bool // within reach of where the mark should be
	side bool // from which it came within reach
	seen bool // the mark was seen since
}

var errUnseen = errors.New("no home mark though the plan passed its place: the table is blocked or slips, or the sensor is blind")

// look takes the place of the plan and the level of the sensor. It is true
// when the mark was passed from one side to the other, and returns an error
// where mark and plan do not agree.
func (h *home) look(p motion.Point, on bool) (bool, error) {
	passed := false
	switch {
	case h.looked && on && !h.on:
		h.entered, h.entry = true, p
	case h.looked && !on && h.on:
		passed = h.entered && h.entry.Speed*p.Speed > 0
		h.entered = false
	}
	h.looked, h.on = true, on
	if passed {
		if err := h.pass((h.entry.Angle+p.Angle)/2, math.Abs(p.Angle-h.entry.Angle)); err != nil {
			return false, err
		}
	}
	return passed, h.check(p, on)
}

// pass books a passage of the mark with its middle at an angle.
func (h *home) pass(middle, width float64) error {
	if !h.known {
		h.known, h.origin, h.width = true, middle, width
		h.near, h.seen = true, true
		return nil
	}
	h.drift = math.Remainder(middle-h.origin, 360)
	if math.Abs(h.drift) > h.tolerance {
		return Fault{Code: Drifted, Err: fmt.Errorf("the home mark came %.1f degrees off", h.drift)}
	}
	h.origin = middle
	return nil
}

// check looks whether the mark is where it should be, and only there.
func (h *home) check(p motion.Point, on bool) error {
	if !h.known {
		return nil
	}
	offset := math.Remainder(p.Angle-h.origin, 360)
	near := math.Abs(offset) <= h.width/2+h.tolerance
	side := offset > 0
	switch {
	case !near && on:
		return Fault{Code: Drifted, Err: fmt.Errorf("the home mark is seen %.1f degrees from its place", offset)}
	case near && !h.near:
		h.near, h.side, h.seen = true, side, on
	case near:
		h.seen = h.seen || on
	case h.near:
		h.near = false
		if !h.seen && side != h.side {
			return Fault{Code: Drifted, Err: errUnseen}
		}
	}
	return nil
}

// forget is for a table that may have been turned by hand.
func (h *home) forget() { *h = home{tolerance: h.tolerance, drift: h.drift} }
