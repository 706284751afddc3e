package telemetry

import (
	"math/rand/v2"
	"time"
)

// clash tells another box with this one's identity from a bad line. A broker
// ends the session of a client when another with its name comes: in good order,
// at once, though nothing is wrong with the line. Two boxes end each other's
// sessions in turn. A bad line does not end sessions in good order, and after it
// did, connecting fails.
type clash struct {
	row    int // sessions in a row that the broker ended soon
	on     bool
	pauses int // since it is on
}

const (
	// clashSoon is within what the other of two boxes ends a session: it waits at
	// most pace.retry.Max between two attempts, and dialling takes a while. A
	// session that lasted longer is no sign by itself.
	clashSoon = 150 * time.Second
	// clashRow is how many such ends in a row are a clash. Once there were
	// clashHint of them a later one counts too: the other may have seen the
	// clash, and pause.
	clashRow  = 4
	clashHint = 2
	// clashPause is the first pause of each of two boxes, which together so
	// make at most one attempt a minute. It is drawn from this to twice this,
	// and doubles up to clashPauseMax.
	clashPause    = 2 * time.Minute
	clashPauseMax = 16 * time.Minute
	// clashOver is how long a session must last to show that the other is
	// gone: longer than any of its pauses.
	clashOver = time.Hour
)

// end is how a session ended.
type end struct {
	life   time.Duration // from its birth
	hungUp bool          // by the broker, in good order
	owed   bool          // it had yet to acknowledge something: that may have been why
}

// unreached notes that no session could begin.
func (c *clash) unreached() {
	if !c.on {
		c.row = 0
	}
}

// ended notes the end of a session. It returns how long to wait before the next
// one, and whether the clash was found with it.
func (c *clash) ended(e end) (wait time.Duration, found bool) {
	switch {
	case !e.hungUp:
		c.unreached()
		return 0, false
	case c.on:
		c.pauses++
	case e.owed:
		return 0, false
	case e.life >= clashOver:
		c.row = 0
		return 0, false
	case e.life >= clashSoon && c.row < clashHint:
		return 0, false
	default:
		if c.row++; c.row < clashRow {
			return 0, false
		}
		c.on, c.pauses, found = true, 0, true
	}
	wait = min(clashPause<<min(c.pauses, 10), clashPauseMax)
	return wait + rand.N(wait), found
}

// lasts notes how long the present session has lasted, and tells whether that
// ends the clash.
func (c *clash) lasts(life time.Duration) (over bool) {
	if !c.on || life < clashOver {
		return false
	}
	*c = clash{}
	return true
}
