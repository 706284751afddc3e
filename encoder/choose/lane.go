package choose

import (
	"time"

	"studiobox/encoder/unit"
)

// silence is after how long without a picture a stream no longer counts as alive.
const silence = 700 * time.Millisecond

// tick is the least step between two pictures' times that the chooser makes: it
// is not lost in the millisecond clocks of other protocols.
const tick = time.Millisecond

// lane is one stream on its way in.
//
// Each RTSP session ties its clock to its own first arrival, so the same picture
// has one PTS in the main stream and another in the sub stream. The shift takes
// the lane's PTS to the time line of what goes out.
type lane struct {
	media *unit.Media // nil = not told yet
	gauge gauge
	rate  int           // kbit/s, outlives connections
	last  time.Duration // when its last picture came
	seen  bool          // a picture has come on this connection

	placed bool // shift is known on this connection
	shift  time.Duration
	behind time.Duration // how far its pictures had to be moved later at cut
	cut    time.Duration // its time at the changeover, shifted
	skip   bool          // H.265: leading pictures of the key unit refer to what was not sent

	sound      time.Duration // when its last audio unit came
	soundSince time.Duration // since when they have come without a silence
	heard      bool
}

// restart forgets what held for the last connection. The media stay: a camera
// that comes back sends what it sent.
func (l *lane) restart() {
	*l = lane{media: l.media, rate: l.rate}
}

func (l *lane) picture(now time.Duration, u *unit.Unit) {
	l.gauge.add(now, u)
	l.last, l.seen = now, true
	if kbps := l.gauge.kbps(); kbps > 0 {
		l.rate = kbps
	}
}

func (l *lane) alive(now time.Duration) bool { return l.seen && now-l.last <= silence }

func (l *lane) audio(now time.Duration) {
	if !l.heard || now-l.sound > soundGap {
		l.soundSince = now
	}
	l.sound, l.heard = now, true
}

// origin is where the outgoing time line begins as this lane sees it: at the
// least delay, arrival minus outgoing PTS. It is the same for both lanes.
func (l *lane) origin() time.Duration { return l.gauge.delay() - l.shift }

// place puts the lane on the outgoing time line.
func (l *lane) place(origin time.Duration) {
	l.shift = l.gauge.delay() - origin
	l.placed = true
}

// enter begins with a key unit after a picture at highest was sent. When that
// one is the later, which is so by the few pictures that one stream may be
// ahead of the other, the lane is moved later and catches up at half speed: its
// times still rise strictly, in any order of decoding.
func (l *lane) enter(key *unit.Unit, highest time.Duration) {
	l.cut = key.PTS + l.shift
	l.behind = max(0, highest+tick-l.cut)
}

// time is a picture's place on the outgoing time line.
func (l *lane) time(pts time.Duration) time.Duration {
	at := pts + l.shift
	return at + max(0, l.behind-max(0, at-l.cut)/2)
}

// retimed is the unit with another PTS. A unit is never modified.
func retimed(u *unit.Unit, pts time.Duration) *unit.Unit {
	if u.PTS == pts {
		return u
	}
	moved := *u
	moved.PTS = pts
	return &moved
}

// leading tells whether a picture is an H.265 RASL picture (NAL unit types 8 and
// 9), which refers to pictures from before the key unit that it follows.
func leading(u *unit.Unit) bool {
	for _, nalu := range u.NALUs {
		if len(nalu) > 0 {
			if kind := nalu[0] >> 1 & 0x3f; kind == 8 || kind == 9 {
				return true
			}
		}
	}
	return false
}
