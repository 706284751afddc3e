package roster

import (
	"time"

	"studiobox/provisioning/contract"
)

// session is one MQTT session as a state message told of it.
type session struct {
	Boot  string
	St    string
	At    time.Time // of the latest message
	Since time.Time // of the first message with this Boot and St
}

// ending is the end of an MQTT session.
type ending struct {
	Boot string
	St   string
	At   time.Time
}

// presence pairs the latest birth with the latest end. It does not depend on the
// order in which the two arrived: a session is over when its own end was seen,
// and the will of another session says nothing about it.
type presence struct {
	birth session
	gone  ending
}

// hear takes a state message in. kept is false when it tells nothing.
func (p presence) hear(s contract.State, at time.Time) (after presence, kept bool) {
	if s.On == 1 {
		if at.Before(p.birth.At) {
			return p, false
		}
		since := at
		if p.birth.Boot == s.Boot && p.birth.St == s.St {
			since = p.birth.Since
		}
		p.birth = session{Boot: s.Boot, St: s.St, At: at, Since: since}
		return p, true
	}
	if known := p.gone.Boot == p.birth.Boot && !p.gone.At.IsZero(); known && !p.birth.At.IsZero() {
		return p, false // the present session's end is known; another's means nothing
	}
	if at.Before(p.gone.At) {
		return p, false
	}
	p.gone = ending{Boot: s.Boot, St: s.St, At: at}
	return p, true
}

// over tells whether the latest session has ended, or none was ever seen.
func (p presence) over() bool {
	return p.birth.At.IsZero() || p.gone.Boot == p.birth.Boot && !p.gone.At.IsZero()
}

// lostTo tells whether the change to another presence was the loss of a
// connection: its will came, or a new session began although none had ended.
func (p presence) lostTo(after presence) bool {
	if p.over() {
		return false
	}
	if after.over() {
		return after.gone.St == contract.StLost
	}
	return after.birth.Boot != p.birth.Boot
}

// flaps is how many losses within an hour make an unstable network.
const flaps = 4

// losses are the times of the latest losses of the connection, in Unix
// milliseconds, newest first.
type losses [flaps]int64

// add notes a loss.
func (l *losses) add(at time.Time) {
	copy(l[1:], l[:flaps-1])
	l[0] = at.UnixMilli()
}

// within counts the losses of the hour before now, up to flaps.
func (l losses) within(now time.Time) int {
	n, from := 0, now.Add(-time.Hour).UnixMilli()
	for _, at := range l {
		if at != 0 && at > from {
			n++
		}
	}
	return n
}

// calm is when the oldest loss is an hour old.
func (l losses) calm() time.Time { return time.UnixMilli(l[flaps-1]).Add(time.Hour) }

// onAir tells whether a session state means a show.
func onAir(st string) bool { return st == "live" || st == "degraded" || st == "reconnecting" }

// mostMissed is the largest gap that is taken for losses; the count of a box
// that jumps further is not to be believed.
const mostMissed = 100_000

// missed is how many health messages are lacking between two. A count that falls
// begins a new run, or has passed its end.
func missed(last, n uint64) uint64 {
	const end = 10_000_000_000 // see contract.Health
	gap := n - last - 1
	switch {
	case n == last:
		return 0
	case n < last && last-n > end-mostMissed:
		gap = n + end - last - 1
	case n < last:
		gap = max(n, 1) - 1 // the new run began with 1
	}
	if gap > mostMissed {
		return 0
	}
	return gap
}
