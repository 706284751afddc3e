package session

import "time"

// OnAirFor is how long one acknowledgement of media by the ingest keeps the
// show "on air". It is no setting: the lamp's honesty rests on it.
const OnAirFor = 2 * time.Second

// StopWithin is the longest a stop may take, whatever the peer does.
const StopWithin = 2 * time.Second

// maxGap is the most held time that one step may add. After a stall of the
// whole program a tick can overtake a release that waits in the channel; time
// in which nobody looked is therefore not time in which a finger held. Five
// missed ticks of 50 ms are forgiven.
const maxGap = 250 * time.Millisecond

// futureSlack forgives an acknowledgement stamped a little after the tick that
// reports it: another goroutine took the stamp. Later than that is a broken
// clock, which must not light the lamp.
const futureSlack = time.Second

// Config holds the machine's times and permissions. A zero duration means the
// default named with it, except where zero is a value of its own.
type Config struct {
	// Hold is how long a press must last to start a show; default 1.0 s.
	Hold time.Duration
	// StopHold is how long a press must last to stop a show; default 1.5 s.
	StopHold time.Duration
	// Countdown is waited after the hold before anything is published; 0 = none.
	Countdown time.Duration
	// CheckWait is how long a completed hold waits for the gate; default 2 s.
	CheckWait time.Duration
	// StartWithin is the longest from publishing to on air; default 10 s.
	StartWithin time.Duration
	// GiveUp ends a show that could not reconnect for so long; 0 = never.
	GiveUp time.Duration
	// FaultFor is how long a fault or refusal stays on display; default 30 s.
	FaultFor time.Duration
	// DegradeAfter and ImproveAfter are how long trouble must last, and be
	// gone, before live and degraded change places; defaults 1 s and 3 s.
	DegradeAfter, ImproveAfter time.Duration
	// RemoteStart lets a show start without a press on this box. The business
	// allows it on the box's own page, nobody else can.
	RemoteStart bool
	// ActOnRelease makes a hold of the box's button count when it ends instead
	// of when it is long enough. Normally-closed wiring needs it: there a cut
	// line looks like a finger, and only a finger lets go.
	ActOnRelease bool
}

func (c Config) withDefaults() Config {
	fill := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	fill(&c.Hold, time.Second)
	fill(&c.StopHold, 1500*time.Millisecond)
	fill(&c.CheckWait, 2*time.Second)
	fill(&c.StartWithin, 10*time.Second)
	fill(&c.FaultFor, 30*time.Second)
	fill(&c.DegradeAfter, time.Second)
	fill(&c.ImproveAfter, 3*time.Second)
	c.Countdown = max(c.Countdown, 0)
	c.GiveUp = max(c.GiveUp, 0)
	return c
}
