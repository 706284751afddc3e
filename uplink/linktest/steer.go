package linktest

import (
	"errors"
	"time"
)

// SetKbps changes the rates at once, in place of a rate, schedule or trace:
// 0 is no limit, a negative value leaves the direction as it is.
func (l *Line) SetKbps(up, down int) {
	if up >= 0 {
		l.up.change(func(p *pipe) { p.capacity = constant(up) })
	}
	if down >= 0 {
		l.down.change(func(p *pipe) { p.capacity = constant(down) })
	}
}

// SetDelay changes the one-way delays at once, for packets still in the queue.
func (l *Line) SetDelay(up, down time.Duration) {
	l.up.change(func(p *pipe) { p.direction.Delay = up })
	l.down.change(func(p *pipe) { p.direction.Delay = down })
}

// SetLoss changes the losses at once.
func (l *Line) SetLoss(up, down Loss) error {
	if err := errors.Join(up.check(), down.check()); err != nil {
		return err
	}
	l.up.change(func(p *pipe) { p.air.Loss = up })
	l.down.change(func(p *pipe) { p.air.Loss = down })
	return nil
}

// SetBlackout stops and resumes service in both directions.
func (l *Line) SetBlackout(on bool) {
	l.up.change(func(p *pipe) { p.dark = on })
	l.down.change(func(p *pipe) { p.dark = on })
}
