package shape

import (
	"math"
	"time"
)

const (
	// leastBits is how many bits per pixel a picture needs for its detail at
	// 30 pictures per second. x264's superfast preset shows blocks on moving
	// edges below about 0.03 and little of them above 0.05; a ring on a
	// turntable moves slowly.
	leastBits = 0.035
	// farther is how much more a picture needs when it is farther from the
	// one before, as a power of the time between the two. At 15 per second
	// that is a quarter more.
	farther = 1.0 / 3
	// leastFPS is the lowest frame rate: a viewer takes a gap of more than
	// 200 ms for a freeze, and at 10 one picture can be lost.
	leastFPS = 10
	// calmFPS is the lowest frame rate at which a turning ring is smooth
	// enough to give up size instead.
	calmFPS = 12
	// downAfter is for how long the rate must be too low for a rung, upAfter
	// for how long upRoom times what a better rung needs must be there. Two
	// changes are never closer together than downAfter.
	downAfter = time.Second
	upAfter   = 10 * time.Second
	upRoom    = 1.25
)

// sides are the shorter sides in pixels that a picture is reduced to.
var sides = [...]int{1080, 720, 540, 360}

// rung is one size and frame rate, and the rate in kbit/s from which on it is
// worth having.
type rung struct {
	width, height, fps int
	kbps               float64
}

// rungs lists what a source of this size and frame rate can be reduced to, the
// best first: the frame rate gives way first, as detail sells jewellery, then
// the size, and last the frame rate once more. None exceeds the source.
func rungs(width, height, fps int) []rung {
	list := []rung{newRung(width, height, fps)}
	calm := fps
	for n := 2; part(fps, n) >= calmFPS; n *= 2 {
		calm = part(fps, n)
		list = append(list, newRung(width, height, calm))
	}
	w, h := width, height
	for _, side := range sides {
		if short := min(width, height); side < short {
			w, h = width*side/short&^1, height*side/short&^1
			list = append(list, newRung(w, h, calm))
		}
	}
	for n := 2; part(fps, n) >= leastFPS; n++ {
		if last := part(fps, n); last < calm && part(fps, n+1) < leastFPS {
			list = append(list, newRung(w, h, last))
		}
	}
	list[len(list)-1].kbps = 0 // there is nothing below
	return list
}

// part is the frame rate that leaves every nth picture, rounded up: a limit a
// little above it does the same.
func part(fps, n int) int { return (fps + n - 1) / n }

func newRung(width, height, fps int) rung {
	bits := leastBits * math.Pow(30/float64(fps), farther)
	return rung{width, height, fps, bits * float64(width*height*fps) / 1000}
}

// mostRungs is more than rungs ever gives: a 16K picture at 240 per second.
const mostRungs = 12

// ladder chooses the rung for a rate. It knows no clock but the caller's.
type ladder struct {
	rungs   []rung
	at      int
	changed time.Duration
	fitted  [mostRungs]time.Duration // when the rate last sufficed for a rung
	lacked  [mostRungs]time.Duration // when it last had no room for it
}

// set takes a source of this size and frame rate. It begins on the best rung;
// after a change of the source it goes on where it is, as far as there are as
// many rungs.
func (l *ladder) set(now time.Duration, width, height, fps int) {
	at := l.at
	*l = ladder{rungs: rungs(width, height, fps), changed: now}
	l.at = min(at, len(l.rungs)-1)
	for i := range l.fitted {
		l.fitted[i], l.lacked[i] = now, now
	}
}

// known tells whether there is a source to choose for.
func (l *ladder) known() bool { return len(l.rungs) > 0 }

// step takes the rate in kbit/s that is allowed now, and reports whether the
// rung changed. The rung is the present one, held between the best that the
// rate sufficed for within the last second and the best that it has had room
// for during the last ten.
func (l *ladder) step(now time.Duration, kbps int) bool {
	if !l.known() {
		return false
	}
	best, sure := -1, -1
	for i, r := range l.rungs {
		if float64(kbps) >= r.kbps {
			l.fitted[i] = now
		}
		if float64(kbps) < upRoom*r.kbps {
			l.lacked[i] = now
		}
		if best < 0 && now-l.fitted[i] < downAfter {
			best = i
		}
		if sure < 0 && now-l.lacked[i] >= upAfter {
			sure = i
		}
	}
	if best < 0 {
		best = len(l.rungs) - 1 // the clock jumped
	}
	to := max(l.at, best)
	if sure >= 0 {
		to = min(to, max(sure, best))
	}
	if to == l.at || now-l.changed < downAfter {
		return false
	}
	l.at, l.changed = to, now
	return true
}

// rung is the present one.
func (l *ladder) rung() rung { return l.rungs[l.at] }
