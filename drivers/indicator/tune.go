package indicator

import "time"

// tune is a series of beeps: on, off, on, off ... from its start.
type tune struct {
	beat []time.Duration
	// again: the series is repeated.
	again bool
}

// tuneOf returns what a change of pattern sounds like.
func tuneOf(from, to string) tune {
	wasOut, isOut := out(from), out(to)
	switch {
	case to == lost:
		return tune{beat: beat(250, 150, 250, 150, 250)} // failure, heard even in a show: it is over
	case isOut:
		return tune{}
	case to == "countdown":
		return tune{beat: beat(60, 940), again: true} // a tick each second
	case to == "starting":
		return tune{beat: beat(60, 100, 60)} // it begins: last moment to be heard
	case wasOut:
		return tune{beat: beat(500)} // the show has ended
	}
	return tune{}
}

// out tells whether microphones may be heard by viewers. A line that is cut for
// a while still carries its backlog afterwards, so reconnecting counts.
func out(name string) bool {
	p, _ := patternNamed(name)
	return p.OnAir || name == "reconnecting"
}

// at tells whether the tune sounds at a time from its start, and for how long
// that stays so; 0 = for ever.
func (t tune) at(since time.Duration) (on bool, left time.Duration) {
	if t.again {
		since %= Pattern{Beat: t.beat}.period()
	}
	for i, beat := range t.beat {
		if since < beat {
			return i%2 == 0, beat - since
		}
		since -= beat
	}
	return false, 0
}
