package motion

import (
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// lab plays random lives of a machine and knows by itself, from the commands
// alone, when the table must stand.
type lab struct {
	*testing.T
	r      *rand.Rand
	m      *Machine
	limits Limits
	now    time.Duration
	last   Point

	power   bool          // not cut
	lease   time.Duration // end of the last renewal
	mayMove bool          // a move was taken and nothing ended it since
	ended   time.Duration // when it was ended
}

// steps is a million, or what STUDIOBOX_STEPS says (10000000 for the long run).
func steps(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("STUDIOBOX_STEPS"))
	if err != nil {
		return 1_000_000
	}
	t.Logf("%d steps", n)
	return n
}

func TestNoRandomLifeBreaksSpeedAccelerationJerkLeaseOrEmergencyStop(t *testing.T) {
	for left, life := steps(t), uint64(0); left > 0; life++ {
		r := rand.New(rand.NewPCG(life, 7))
		l := &lab{T: t, r: r, limits: randomLimits(r), power: true}
		m, err := NewMachine(l.limits, r.Float64()*360)
		if err != nil {
			t.Fatal(err)
		}
		l.m, l.last = m, m.At(0)
		for range min(left, 2000) {
			l.step()
		}
		left -= 2000
	}
}

func (l *lab) step() {
	dt := time.Duration(math.Pow(10, 5+3.3*l.r.Float64())) // 0.1 to 200 ms
	l.now += dt
	p := l.m.At(l.now)
	holds(l.T, l.limits, l.last, p, dt.Seconds())
	l.last = p
	if l.mayMove && l.now >= l.lease {
		l.mayMove, l.ended = false, l.lease
	}
	stop := time.Duration(l.limits.StopTime() * float64(time.Second))
	switch {
	case !l.power && p.Moving():
		l.Fatalf("moves at %+v without power", p)
	case !l.mayMove && l.now > l.ended+stop+ms && p.Moving():
		l.Fatalf("moves at %+v, %s after its lease or its stop", p, l.now-l.ended)
	}
	l.act()
}

func (l *lab) act() {
	switch n := l.r.IntN(1000); {
	case n < 300:
		l.m.Renew(l.now)
		l.lease = l.now + Lease
	case n < 340:
		err := l.m.Move(l.now, l.randomMove())
		if want := l.power && l.now < l.lease; (err == nil) != want {
			l.Fatalf("a move was answered with %v", err)
		}
		l.mayMove = l.mayMove || err == nil
	case n < 350:
		l.m.Stop(l.now)
		if l.mayMove {
			l.mayMove, l.ended = false, l.now
		}
	case n < 355:
		l.cut()
	case n < 375:
		l.m.Restore(l.now)
		if !l.power {
			l.power, l.lease = true, l.now
		}
	case n < 380:
		l.m.SetOrigin(l.r.Float64() * 360)
	}
}

// cut is the one command that may end a motion at once: there is no power.
func (l *lab) cut() {
	before := l.m.At(l.now)
	l.m.Cut(l.now)
	l.power, l.mayMove, l.ended = false, false, l.now
	l.last = l.m.At(l.now)
	if l.last.Moving() || l.last.Angle != before.Angle {
		l.Fatalf("a cut went from %+v to %+v", before, l.last)
	}
}

func (l *lab) randomMove() Move {
	kinds := []Kind{Spin, Front, PingPong, Nudge, Steps}
	return Move{
		Kind:  kinds[l.r.IntN(len(kinds))],
		Speed: (l.r.Float64()*2.2 - 1.1) * l.limits.Speed,
		Angle: l.r.Float64()*720 - 360,
		Width: 1 + l.r.Float64()*359,
		Stops: 2 + l.r.IntN(30),
		Dwell: time.Duration(l.r.IntN(1000)) * ms,
	}.valid()
}

// valid keeps a nudge within a turn.
func (m Move) valid() Move {
	if m.Kind == Nudge {
		m.Angle /= 2
	}
	return m
}
