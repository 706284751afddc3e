package app

import (
	"sync/atomic"
	"time"

	"studiobox/drivers/indicator/display"
	"studiobox/firmware/session"
)

// identifying is the indicator's pattern for "this box here".
const identifying = "identify"

// identify lets lamp and display say which box this is, for a while. A press of
// the button ends it, and so does anything else on the way to a show: the lamp
// must not lie.
type identify struct {
	until atomic.Int64 // Unix nanoseconds; 0 = not at all
}

// begin shows it from now on.
func (i *identify) begin(lasts time.Duration) { i.until.Store(time.Now().Add(lasts).UnixNano()) }

// pattern is what the lamp shows in a state of the session.
func (i *identify) pattern(state session.State) string {
	until := i.until.Load()
	if until == 0 {
		return session.Lamp(state)
	}
	if !resting(state) || time.Now().UnixNano() >= until {
		i.until.Store(0)
		return session.Lamp(state)
	}
	return identifying
}

// signal says on lamp, buzzer and display how the show stands.
func (b *box) signal(state session.State) {
	pattern := b.identify.pattern(state)
	_ = b.lamps.Set(pattern) // both sides' names are compared by a test
	acked := 0
	if state.OnAir() {
		acked = b.picture.publisher.Stats().AckedKbps
	}
	screen := screenOf(pattern, state, acked)
	if screen.Address = b.wayToPage.now(); pattern == identifying {
		screen.State = b.cfg.Settings.Box.ID
	}
	b.cfg.Hardware.extras.tell(pattern, screen)
}

// screenOf is what the display says of the show. A rate is told of what arrives
// only: on a display, a figure beside "starting" would pass for that.
func screenOf(pattern string, state session.State, ackedKbps int) display.Screen {
	screen := display.Screen{State: pattern, RateKbps: -1}
	if state.OnAir() {
		screen.RateKbps, screen.Elapsed = ackedKbps, state.Now-state.LiveSince
	}
	return screen
}
