package turntable

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"studiobox/drivers/turntable/motion"
)

const (
	tick = 5 * time.Millisecond
	// settle is how long a motor driver needs from enable to the first step.
	settle = 10 * time.Millisecond
	// pulled is how long an input needs to follow a pull that was just set.
	pulled = 20 * time.Millisecond
	// searchDegrees is how far the home mark is searched: a turn, and what the
	// ramps need.
	searchDegrees = 450
	// farewell bounds the planned stop at the end of Run.
	farewell = 1900 * time.Millisecond
)

var errEnded = errors.New("the drive ended by itself")

// Run moves the table until ctx ends, then brings it to rest within its limits
// and takes the power off. It returns early only when a pin cannot be set up. A
// panic, in whichever of its goroutines, takes the power off at once and leaves
// Run.
func (t *Turntable) Run(ctx context.Context) (err error) {
	if err := t.begin(); err != nil {
		return err
	}
	if t.cfg.EStop.Pin != nil {
		sleep(ctx, pulled)
		t.onEStop(t.cfg.EStop.active()) // before any move is taken
	}
	t.open()
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ctx, endLoop := context.WithCancel(ctx)
	parts := beside{end: endLoop}
	defer func() {
		err = t.end()
		endLoop()
		cancel()
		parts.wait()
	}()
	parts.run(func() { t.drive(inner) })
	if t.cfg.Stall.Pin != nil {
		parts.run(func() { t.cfg.Stall.listen(inner, t.onStall) })
	}
	if t.cfg.EStop.Pin != nil {
		parts.run(func() { t.cfg.EStop.listen(inner, t.onEStop) })
	}
	for ctx.Err() == nil {
		t.tick()
		sleep(ctx, tick)
	}
	t.Stop("shutdown")
	for end := time.Now().Add(farewell); time.Now().Before(end) && !t.atRest() && !parts.crashed(); {
		t.tick()
		time.Sleep(tick)
	}
	return nil
}

// begin takes the power off before anything else is touched.
func (t *Turntable) begin() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.cut(); err != nil {
		return err
	}
	if err := cmp.Or(t.cfg.Home.prepare("home"), t.cfg.Stall.prepare("stall"), t.cfg.EStop.prepare("estop")); err != nil {
		return err
	}
	return nil
}

// open takes moves from now on.
func (t *Turntable) open() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.halted && t.fault.Code == "" {
		t.machine.Restore(t.now())
	}
	t.running = true
}

func (t *Turntable) end() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running = false
	return t.cut()
}

// atRest is true when no motion is left to wait for.
func (t *Turntable) atRest() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.machine.Resting(t.now())
}

// drive runs the drive, and again after each fault of it was cleared.
func (t *Turntable) drive(ctx context.Context) {
	for ctx.Err() == nil {
		err := t.cfg.Drive.Run(ctx, t.wish)
		t.mu.Lock()
		t.following = false
		over := t.halted || ctx.Err() != nil
		select {
		case <-t.cleared: // an older fault, not this one
		default:
		}
		t.mu.Unlock()
		if over {
			return
		}
		t.fail(fault(DriveLost, cmp.Or(err, errEnded)))
		select {
		case <-t.cleared:
		case <-ctx.Done():
		}
	}
}

// wish is what the drive follows. Its first call says that it can.
func (t *Turntable) wish(now time.Time) motion.Point {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.following = true
	return t.machine.At(now.Sub(t.epoch))
}

// tick looks at the home mark, begins what waits, and lets go of a motor that
// a fault has brought to rest.
func (t *Turntable) tick() {
	if found := t.next(); found != nil {
		t.failWith(*found, found.Code != PinFailed)
	}
}

// next is what a tick does, and the fault that it finds. A panic in it leaves the
// lock free for Halt.
func (t *Turntable) next() *Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	if found := t.watch(); found != nil {
		return found
	}
	return t.proceed()
}

// watch compares the plan with the home mark.
func (t *Turntable) watch() *Fault {
	if t.cfg.Home.Pin == nil || !t.power || t.fault.Code != "" {
		return nil
	}
	p := t.machine.At(t.now())
	passed, err := t.home.look(p, t.cfg.Home.active())
	if err != nil {
		f := fault(Drifted, err)
		return &f
	}
	if passed {
		t.machine.SetOrigin(t.home.origin)
		t.searching = false
	}
	if t.searching && (p.Angle-t.searched) > searchDegrees {
		return &Fault{Code: HomeMissing, Err: fmt.Errorf("no mark on %s in %d degrees", t.cfg.Home.Pin.Name(), searchDegrees)}
	}
	return nil
}

// proceed gives power and begins the move that waits, or lets go.
func (t *Turntable) proceed() *Fault {
	now := t.now()
	t.expire()
	if t.fault.Code != "" && t.power && t.machine.Resting(now) {
		t.reportable(t.cut())
		return nil
	}
	if t.queued == nil || t.searching || !t.following || t.halted || t.fault.Code != "" {
		return nil
	}
	if !t.power {
		if err := t.cfg.Enable.set(true); err != nil {
			f := fault(PinFailed, err)
			return &f
		}
		t.power, t.powered = true, now
	}
	if now-t.powered < settle {
		return nil
	}
	t.start(now)
	return nil
}

// start begins the search for the mark, or the move itself. A move whose lease
// has ended meanwhile is dropped.
func (t *Turntable) start(now time.Duration) {
	move := *t.queued
	t.searching = move.NeedsHome() && t.cfg.Home.Pin != nil && !t.home.known
	if t.searching {
		t.searched = t.machine.At(now).Angle
		move = motion.Move{Kind: motion.Spin, Speed: t.cfg.HomeSpeed}
	} else {
		t.queued = nil
	}
	if err := t.machine.Move(now, move); err != nil {
		t.queued, t.searching, t.reason = nil, false, err.Error()
	}
}
