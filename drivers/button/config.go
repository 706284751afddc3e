package button

import (
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Config describes the wiring of one button and its times. A zero duration
// means the default named with it.
type Config struct {
	// ActiveLow: the line reads Low while the button is pressed.
	ActiveLow bool
	// NormallyClosed: pressing opens the contact, so a cut line reads as
	// pressed. A press that never ends is then reported as Cut, not as Stuck.
	NormallyClosed bool
	// Pull is the resistor inside the chip; PullNoChange means the one that
	// fits an open contact: away from the pressed level, or towards it when
	// the contact is normally closed.
	Pull gpio.Pull
	// Debounce is how long the line must say the same, bounces taken off;
	// default 20 ms.
	Debounce time.Duration
	// StuckAfter is how long a finger stays at most; default 10 s.
	StuckAfter time.Duration
	// Long is how long a long press lasts at least; default 1 s.
	Long time.Duration
	// Poll is the time between two looks while something happens; default 5 ms.
	Poll time.Duration
	// IdlePoll is the time between two looks while nothing happens and no edge
	// wakes us. Together with Debounce it must stay below the shortest press,
	// since edges can be lost; default 20 ms.
	IdlePoll time.Duration
	// Epoch is the zero of Event.At; zero means the start of Run.
	Epoch time.Time
}

func (c Config) withDefaults() Config {
	fill := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	fill(&c.Debounce, 20*time.Millisecond)
	fill(&c.StuckAfter, 10*time.Second)
	fill(&c.Long, time.Second)
	fill(&c.Poll, 5*time.Millisecond)
	fill(&c.IdlePoll, 20*time.Millisecond)
	if c.Pull == gpio.PullNoChange {
		c.Pull = gpio.PullDown
		if c.ActiveLow != c.NormallyClosed {
			c.Pull = gpio.PullUp
		}
	}
	return c
}

// pressed tells what a level means.
func (c Config) pressed(level gpio.Level) bool { return bool(level) != c.ActiveLow }
