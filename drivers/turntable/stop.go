package turntable

import "math"

// onStall judges the driver's stall output, which says something only while
// the motor is to move, and fast enough.
func (t *Turntable) onStall(active bool) {
	if !active {
		return
	}
	t.mu.Lock()
	p := t.machine.At(t.now())
	moving := t.power && p.Moving() && math.Abs(p.Speed) >= t.cfg.StallAbove
	t.mu.Unlock()
	if moving {
		t.fail(Fault{Code: Stalled})
	}
}

// onEStop latches on the first look that says pressed: the supply is cut
// already, and a needless stop does no harm.
func (t *Turntable) onEStop(active bool) {
	t.mu.Lock()
	news := active && !t.pressed
	t.pressed = active
	t.mu.Unlock()
	if news {
		t.fail(Fault{Code: EStop})
	}
}

// LosePower tells that the motor's power was taken away from outside, which
// leaves the table where nobody knows. It must not be called from OnFault.
func (t *Turntable) LosePower(why error) { t.fail(fault(PowerLost, why)) }

// fail takes the power off at once.
func (t *Turntable) fail(f Fault) { t.failWith(f, false) }

// failWith latches a fault and stops: gently where the motor still obeys and
// is better not let go in mid-turn. The first fault names the reason; a later
// one can only make the stop harder.
func (t *Turntable) failWith(f Fault, gently bool) {
	t.mu.Lock()
	first := t.fault.Code == ""
	if first {
		t.fault = f
	}
	if gently {
		t.stop(f.Code)
	} else {
		t.reportable(t.cut())
	}
	t.reason = t.fault.Code
	t.mu.Unlock()
	if first {
		t.OnFault(f)
	}
}

// cut ends every motion at once and takes the power off; t.mu is held.
func (t *Turntable) cut() error {
	t.machine.Cut(t.now())
	t.release()
	return t.cfg.Enable.set(false)
}

// release forgets what waits, and where the table is: without power it can be
// turned by hand.
func (t *Turntable) release() {
	t.queued, t.searching, t.power = nil, false, false
	t.home.forget()
}

// reportable keeps an enable line that does not obey in the reason: there is a
// fault already, and nothing else that could be done.
func (t *Turntable) reportable(err error) {
	if err != nil {
		t.fault.Err = err
	}
}
