package motion

import (
	"errors"
	"math"
	"time"
)

// Lease is how long a move lasts without another Renew.
const Lease = 500 * time.Millisecond

// Refusals of Machine.Move.
var (
	ErrLatched = errors.New("turntable: power is cut: release the emergency stop or clear the fault, then ask for a new move")
	ErrLease   = errors.New("turntable: no lease: renew it before and during a move")
)

// Machine turns moves, lease renewals and emergency stops into the wished
// position at a time. It has no clock: every call takes the present time since
// some epoch, which must not fall; a time before the last call counts as that.
// The zero value is of no use.
type Machine struct {
	limits Limits
	now    time.Duration
	origin float64

	start time.Duration // when plan began
	plan  Plan
	goal  float64 // the angle at which the plan ends, unless it spins
	move  Move    // in force while busy
	part  int     // of the move, counted from 0
	busy  bool

	lease   time.Duration // when it ends
	latched bool
}

// NewMachine returns a machine at rest at an angle in degrees, which is also
// the origin, or the first bad limit.
func NewMachine(limits Limits, angle float64) (*Machine, error) {
	if err := limits.Check(); err != nil {
		return nil, err
	}
	return &Machine{limits: limits, origin: angle, plan: rest(angle), goal: angle}, nil
}

// At is the wished motion at a time.
func (m *Machine) At(now time.Duration) Point {
	m.advance(now)
	return m.plan.At(m.now - m.start)
}

// Move replaces what the table does, from its present motion on. It needs a
// lease and is refused while power is cut.
func (m *Machine) Move(now time.Duration, move Move) error {
	m.advance(now)
	if err := move.Check(); err != nil {
		return err
	}
	if m.latched {
		return ErrLatched
	}
	if m.now >= m.lease {
		return ErrLease
	}
	goal := m.goal
	if !m.bound() {
		goal = ToRest(m.limits, m.At(m.now)).Goal().Angle
	}
	m.move, m.busy, m.part, m.goal = move, true, 0, goal
	m.follow(m.now)
	return nil
}

// Renew prolongs the lease to 500 ms from now. It never starts a motion: a
// move whose lease has ended is over.
func (m *Machine) Renew(now time.Duration) {
	m.advance(now)
	m.lease = m.now + Lease
}

// Stop ends the move and brings the table to rest within the limits.
func (m *Machine) Stop(now time.Duration) {
	m.advance(now)
	m.halt(m.now)
}

// Cut says that the motor has no power: an emergency stop or a fault. The
// wished position freezes at once, and no move is taken before Restore.
func (m *Machine) Cut(now time.Duration) {
	angle := m.At(now).Angle
	m.latched, m.busy = true, false
	m.plan, m.start, m.goal = rest(angle), m.now, angle
}

// Restore says that the motor may have power again. Nothing moves before a new
// Move with a new lease.
func (m *Machine) Restore(now time.Duration) {
	m.advance(now)
	if m.latched {
		m.latched, m.lease = false, m.now
	}
}

// SetOrigin says at which wished angle the table is at its 0 degrees. It moves
// nothing; the next part of a move goes by it.
// An angle that is no finite number changes nothing.
func (m *Machine) SetOrigin(angle float64) {
	if !math.IsNaN(angle) && !math.IsInf(angle, 0) {
		m.origin = angle
	}
}

// Resting is true when the table is wished to stand and no part of a move is
// to come.
func (m *Machine) Resting(now time.Duration) bool {
	return !m.At(now).Moving() && !m.busy
}

// Leased is true while a move may be begun or go on.
func (m *Machine) Leased(now time.Duration) bool {
	m.advance(now)
	return m.now < m.lease
}

// bound is true while the table is on its way to a place that was asked for.
func (m *Machine) bound() bool {
	return m.busy && m.move.Kind != Spin && m.move.Kind != PingPong
}

// advance goes on to a time: to the end of the lease where that is earlier,
// part after part of the move, and to rest from there.
func (m *Machine) advance(now time.Duration) {
	m.now = max(m.now, now)
	if m.busy && m.now >= m.lease {
		m.play(m.lease)
		m.halt(m.lease)
		return
	}
	m.play(m.now)
}

// play begins the parts of the move that are due until a time. A spin has one
// part without end; of the others, every part but the first takes time, as
// Check has seen to it.
func (m *Machine) play(until time.Duration) {
	for m.busy && m.move.Kind != Spin {
		end := m.start + m.plan.Done() + m.move.Dwell
		if end > until {
			return
		}
		m.part++
		m.follow(end)
	}
}

// follow plans the present part of the move from a time on.
func (m *Machine) follow(at time.Duration) {
	from := m.plan.At(at - m.start)
	plan, ok := m.move.next(m.part, m.limits, from, m.origin, m.goal)
	if !ok {
		m.busy = false
		return
	}
	m.plan, m.start, m.goal = plan, at, plan.Goal().Angle
}

// halt plans to rest from a time on.
func (m *Machine) halt(at time.Duration) {
	m.busy = false
	m.plan, m.start = ToRest(m.limits, m.plan.At(at-m.start)), at
	m.goal = m.plan.Goal().Angle
}
