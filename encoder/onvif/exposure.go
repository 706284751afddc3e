package onvif

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Exposure is how a camera exposes; what is 0 it chooses by itself.
type Exposure struct {
	Shutter time.Duration
	Gain    float64 // factor, 1 is none
	// Hold fixes what the camera has chosen by itself where it is now.
	Hold bool
}

// Expose sets how the camera exposes, as far as it lets that be done, and returns
// what of it the camera lacks, one line each. A camera that is as it should be is
// told nothing. It forgets all when it is switched off.
func (s *Source) Expose(ctx context.Context, e Exposure) (lacks []string, err error) {
	options, err := s.imaging(ctx, "GetOptions")
	if err != nil {
		return nil, fmt.Errorf("ONVIF exposure: %w", err)
	}
	settings, err := s.imaging(ctx, "GetImagingSettings")
	if err != nil {
		return nil, fmt.Errorf("ONVIF exposure: %w", err)
	}
	x := readExposing(options.find("ImagingOptions", "Exposure"), settings.find("ImagingSettings", "Exposure"), e)
	s.mu.Lock()
	for i := range x.dials {
		s.usual[i] = x.dials[i].remember(s.usual[i])
	}
	s.mu.Unlock()
	part, lacks := x.plan(e.Hold)
	if part == nil {
		return lacks, nil
	}
	if err := s.set(ctx, part); err != nil {
		return lacks, fmt.Errorf("ONVIF exposure: %w", err)
	}
	return lacks, nil
}

// The modes of exposure and of white balance.
const (
	automatic = "AUTO"
	byHand    = "MANUAL"
)

// exposing is what a camera offers of exposure, how it exposes now, and what is
// asked of it.
type exposing struct {
	hands, decides bool   // it can be set by hand, and by itself
	mode           string // now; empty = it does not say
	dials          [2]dial
}

func readExposing(options, now *element, e Exposure) exposing {
	x := exposing{hands: offers(options, byHand), decides: offers(options, automatic), mode: now.string("Mode")}
	x.dials = [2]dial{shutterDial(e.Shutter), gainDial(e.Gain)}
	for i := range x.dials {
		x.dials[i].read(options, now)
	}
	return x
}

// offers tells whether options have a mode.
func offers(options *element, mode string) bool {
	return slices.ContainsFunc(options.all("Mode"), func(e *element) bool { return e.text == mode })
}

// plan is the change to make, nil = none. By hand a camera has both dials fixed; one
// alone is fixed by limits of the automatic that leave it no room.
func (x *exposing) plan(hold bool) (part *element, lacks []string) {
	if hold {
		lacks = x.keep()
	}
	hands := x.hands && x.dials[0].fixes && x.dials[1].fixes
	for i := range x.dials {
		d, other := &x.dials[i], &x.dials[1-i]
		switch {
		case !d.asked, hands && other.asked, d.limits && x.decides:
		case hands && other.told:
			other.asked, other.value = true, other.now
			lacks = append(lacks, fmt.Sprintf("%s: it stands still, since the camera cannot fix the %s alone", other.name, d.name))
		default:
			d.asked = false
			lacks = append(lacks, d.name+": the camera does not let it be set over ONVIF")
		}
	}
	if hands && x.dials[0].asked && x.dials[1].asked {
		part = request(schemaNS, "Exposure", leaf(schemaNS, "Mode", byHand))
		for i := range x.dials {
			part.children = append(part.children, x.dials[i].fix(&lacks))
		}
		return part, lacks
	}
	return x.limit(&lacks), lacks
}

// keep asks for what the automatic has found.
func (x *exposing) keep() (lacks []string) {
	for i := range x.dials {
		d := &x.dials[i]
		switch {
		case d.asked:
		case d.told && d.fixes:
			d.asked, d.value = true, min(max(d.now, d.fixed.least), d.fixed.most)
		default:
			lacks = append(lacks, "lock: the camera does not tell the "+d.name+" that it has found, or cannot fix it")
		}
	}
	return lacks
}

// limit is the automatic with the limits that are asked for and no others of ours;
// nil when the camera is like that already.
func (x *exposing) limit(lacks *[]string) *element {
	var limits []*element
	for i := range x.dials {
		limits = append(limits, x.dials[i].limit(lacks)...)
	}
	if len(limits) == 0 && (x.mode == automatic || !x.decides) {
		return nil
	}
	return request(schemaNS, "Exposure", append([]*element{leaf(schemaNS, "Mode", automatic)}, limits...)...)
}
