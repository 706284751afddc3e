package choose

import (
	"time"

	"studiobox/encoder/unit"
)

const (
	gaugeStep  = 100 * time.Millisecond
	gaugeSteps = 40
	// gaugeLeast is how much must have been seen for a mean to say something.
	gaugeLeast = time.Second
)

// gauge measures a stream over the last 4 s, which is a group of pictures or two
// of most cameras: its mean rate, and how late its quickest pictures come by
// their own time.
type gauge struct {
	slots [gaugeSteps]gaugeSlot
	slot  int64 // that is being filled, counted in gaugeStep
	first int64 // where the stream began
	clean int64 // where its present rate began
	begun bool
}

type gaugeSlot struct {
	bytes int
	delay time.Duration // the least in the slot
	any   bool
}

// add counts a picture that came at a time.
func (g *gauge) add(at time.Duration, u *unit.Unit) {
	slot := int64(at / gaugeStep)
	if !g.begun || slot-g.slot > gaugeSteps {
		*g = gauge{begun: true, slot: slot, first: slot, clean: slot}
	}
	for g.slot < slot {
		g.slot++
		g.slots[g.slot%gaugeSteps] = gaugeSlot{}
	}
	s := &g.slots[g.slot%gaugeSteps]
	s.bytes += u.Size()
	if delay := at - u.PTS; !s.any || delay < s.delay {
		s.delay, s.any = delay, true
	}
}

// ripe tells whether enough was seen for the delay to mean something.
func (g *gauge) ripe() bool { return g.begun && g.span(g.first) >= gaugeLeast }

func (g *gauge) span(from int64) time.Duration {
	return time.Duration(min(g.slot-from+1, gaugeSteps)) * gaugeStep
}

// kbps is the mean rate, 0 until a second has been seen.
func (g *gauge) kbps() int {
	span := g.span(g.clean)
	if !g.begun || span < gaugeLeast {
		return 0
	}
	sum := 0
	for i := range g.slots {
		sum += g.slots[i].bytes
	}
	return sum * 8 / int(span/time.Millisecond)
}

// rateChanges forgets the rate measured so far, not the delay.
func (g *gauge) rateChanges() {
	for i := range g.slots {
		g.slots[i].bytes = 0
	}
	g.clean = g.slot
}

// delay is the least of arrival minus PTS: what is left of the way here when
// nothing is in the way, and so the same instant for two streams of one camera.
func (g *gauge) delay() (least time.Duration) {
	found := false
	for i := range g.slots {
		if s := &g.slots[i]; s.any && (!found || s.delay < least) {
			least, found = s.delay, true
		}
	}
	return least
}
