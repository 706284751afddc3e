package motion

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Kind names a show move.
type Kind string

// The show moves.
const (
	Spin     Kind = "spin"      // turn for good at Speed; its sign is the direction
	Front    Kind = "front"     // the short way to Angle, and stay
	PingPong Kind = "ping_pong" // to and fro in a window of Width round Angle
	Nudge    Kind = "nudge"     // on by Angle from where the table stands or is bound for
	Steps    Kind = "steps"     // stand for Dwell at each of Stops places round the ring, from Angle on
)

// Move is one thing that a table can be asked to do. Positive degrees turn
// counter-clockwise seen from above. A move lasts as long as its lease is
// renewed; spin, ping_pong and steps have no end of their own.
type Move struct {
	Kind  Kind
	Speed float64       // deg/s; 0 = the limit; only a spin's sign matters
	Angle float64       // deg; see Kind
	Width float64       // deg, 1 to 360, of a ping_pong's window
	Stops int           // 2 to 360
	Dwell time.Duration // at each stop, and at each end of a ping_pong
}

// ErrMove is the root of every refusal of a move that makes no sense.
var ErrMove = errors.New("turntable move")

// Check returns an error that names what is wrong with a move.
func (m Move) Check() error {
	for _, number := range []float64{m.Speed, m.Angle, m.Width} {
		if math.IsNaN(number) || math.IsInf(number, 0) {
			return fmt.Errorf("%w %q: speed, angle and width must be finite numbers", ErrMove, m.Kind)
		}
	}
	switch {
	case m.Kind == PingPong && (m.Width < 1 || m.Width > 360):
		return fmt.Errorf("%w %q: width is %g, give 1 to 360 degrees", ErrMove, m.Kind, m.Width)
	case m.Kind == Nudge && math.Abs(m.Angle) > 360:
		return fmt.Errorf("%w %q: angle is %g, give -360 to 360 degrees", ErrMove, m.Kind, m.Angle)
	case m.Kind == Steps && (m.Stops < 2 || m.Stops > 360):
		return fmt.Errorf("%w %q: stops is %d, give 2 to 360", ErrMove, m.Kind, m.Stops)
	case m.Dwell < 0:
		return fmt.Errorf("%w %q: dwell is %s, give 0 or more", ErrMove, m.Kind, m.Dwell)
	}
	switch m.Kind {
	case Spin, Front, PingPong, Nudge, Steps:
		return nil
	}
	return fmt.Errorf("%w: no move is called %q", ErrMove, m.Kind)
}

// NeedsHome is true for moves that go to places of the ring rather than on
// from where it is.
func (m Move) NeedsHome() bool {
	return m.Kind == Front || m.Kind == PingPong || m.Kind == Steps
}

// next plans the part n of a move, counted from 0, from a motion within the
// limits. origin is the angle that the move's angles count from, goal the
// angle at which the part before ended or would have ended. It is false when
// the move has no such part.
func (m Move) next(n int, l Limits, from Point, origin, goal float64) (Plan, bool) {
	pace := math.Abs(m.Speed)
	switch {
	case m.Kind == Spin && n == 0:
		if pace == 0 {
			return ToSpeed(l, from, l.Speed), true
		}
		return ToSpeed(l, from, m.Speed), true
	case m.Kind == Front && n == 0:
		return ToAngle(l, from, nearest(origin+m.Angle, ToRest(l, from).Goal().Angle), pace), true
	case m.Kind == Nudge && n == 0:
		return ToAngle(l, from, goal+m.Angle, pace), true
	case m.Kind == PingPong:
		side := m.Width / 2
		centre := nearest(origin+m.Angle, goal)
		if n%2 != 0 {
			centre = nearest(origin+m.Angle, goal-side)
			side = -side
		} else if n > 0 {
			centre = nearest(origin+m.Angle, goal+side)
		}
		return ToAngle(l, from, centre+side, pace), true
	case m.Kind == Steps:
		stop := m.Angle + float64(n%m.Stops)*360/float64(m.Stops)
		if n == 0 {
			return ToAngle(l, from, nearest(origin+stop, goal), pace), true
		}
		return ToAngle(l, from, nearest(origin+stop, goal+360/float64(m.Stops)), pace), true
	}
	return Plan{}, false
}

// nearest is the angle that differs from angle by whole turns and is closest
// to another.
func nearest(angle, to float64) float64 {
	return to + math.Remainder(angle-to, 360)
}
