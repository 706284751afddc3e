package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"studiobox/encoder/onvif"
	"studiobox/firmware/look"
)

const (
	// netHolds is how long the camera is automatic in new light before what it found
	// is held, as with a camera on the box.
	netHolds = 3 * time.Second
	// netAgain is how long after a camera did not answer it is asked again.
	netAgain = 10 * time.Second
)

// Lock implements look.Camera; Run tells the camera. A white balance in kelvin and
// a correction of the automatic exposure have no name in ONVIF.
func (c *netCamera) Lock(colours look.Colours) error {
	select {
	case <-c.wishes:
	default:
	}
	select {
	case c.wishes <- colours:
	default: // another look came in between
	}
	return nil
}

// Run passes the looks' colours on until ctx ends: at once what is fixed, with the
// rest automatic, and later what is held. What the camera does not do is told by
// lacks; one that does not answer is asked again.
func (c *netCamera) Run(ctx context.Context) error {
	var wish look.Colours
	var hold bool
	var later <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case wish = <-c.wishes:
			hold = false
			c.turned.Store(false)
		case <-later:
		}
		said := c.tell(ctx, wish, hold)
		later = nil
		switch {
		case said.silent:
			later = time.After(netAgain)
		case wish.Lock && !hold:
			hold = true
			later = time.After(netHolds)
		}
		c.note(said.lacks)
	}
}

// outcome is what came of telling a camera its colours.
type outcome struct {
	lacks  []string
	silent bool // it did not answer as a camera does
}

// add notes an error; that a camera lacks what was not asked of it is none.
func (a *outcome) add(asked bool, err error) {
	if err == nil || errors.Is(err, onvif.ErrUnsupported) && !asked {
		return
	}
	a.lacks = append(a.lacks, err.Error())
	a.silent = a.silent || !slices.ContainsFunc(lasting(), func(known error) bool { return errors.Is(err, known) })
}

// lasting are what a camera says at the next try, too; some lock their users out
// after a few with a wrong password.
func lasting() []error {
	return []error{onvif.ErrAuth, onvif.ErrFault, onvif.ErrUnsupported, onvif.ErrNoProfile}
}

// tell makes the camera's picture that of the colours, whole; hold is whether what
// it found by itself is fixed too.
func (c *netCamera) tell(ctx context.Context, colours look.Colours, hold bool) (a outcome) {
	exposes := colours.Shutter > 0 || colours.Gain > 0 || hold
	source, err := c.find(ctx)
	if err != nil {
		a.add(exposes || colours.Gains != nil, err)
		return a
	}
	lacks, err := c.white(ctx, source, colours.Gains, hold)
	a.lacks = append(a.lacks, lacks...)
	a.add(hold || colours.Gains != nil, err)
	lacks, err = source.Expose(ctx, onvif.Exposure{Shutter: colours.Shutter, Gain: colours.Gain, Hold: hold})
	a.lacks = append(a.lacks, lacks...)
	a.add(exposes, err)
	return a
}

// white leaves alone what a grey card has taken in hand since the look was set.
func (c *netCamera) white(ctx context.Context, source *onvif.Source, gains *look.Gains, hold bool) (lacks []string, err error) {
	switch {
	case c.turned.Load():
		return nil, nil
	case gains != nil:
		return nil, source.SetGains(ctx, gains.Red, gains.Blue)
	case hold:
		return source.HoldWhite(ctx)
	}
	return nil, source.SetAutomatic(ctx)
}

// note keeps what the camera lacks, and writes it down when it is news.
func (c *netCamera) note(lacks []string) {
	text := strings.Join(lacks, "; ")
	if before := c.lacking.Swap(&text); text != "" && (before == nil || *before != text) {
		c.log.Warn("the camera does not take all of the look", "lacks", text)
	}
}

// lacks is what of the present look the camera does not do.
func (c *netCamera) lacks() string {
	if text := c.lacking.Load(); text != nil {
		return *text
	}
	return ""
}
