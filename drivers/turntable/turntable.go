package turntable

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"studiobox/drivers/turntable/motion"
)

// Refusals of Move and Clear.
var (
	ErrHalted  = errors.New("turntable is halted for good: restart the program")
	ErrStopped = errors.New("turntable does not run")
	ErrPressed = errors.New("turntable: the emergency stop is still pressed: turn the knob to release it")
)

// Config says what is fitted. Zero numbers mean the default named with them.
type Config struct {
	Limits motion.Limits // zero = motion.Gentle()
	Drive  Drive
	Enable Output
	// Home sees one mark on the table, whose middle is 0 degrees. Without it
	// 0 degrees is where the table stands when Run begins.
	Home Input
	// Stall is the driver's stall or fault output (DIAG of a TMC2209). Without
	// it, a drive that cannot see a stall itself shows one only when the home
	// mark does not come.
	Stall Input
	// StallAbove is the speed in deg/s of the plan from which on the stall output
	// counts; below it some drivers' says nothing. 0 = at any speed.
	StallAbove float64
	// EStop reads the emergency stop back, whose contact cuts the motor's
	// supply by itself. Wire it normally closed, so that a cut line reads as
	// pressed: contact to ground, PullUp, active high.
	EStop Input
	// HomeSpeed is the speed of the search for the mark; default 20 deg/s, or
	// the limit.
	HomeSpeed float64
	// Tolerance is how far the mark may be off; default 3 degrees.
	Tolerance float64
}

func (c Config) withDefaults() Config {
	if c.Limits == (motion.Limits{}) {
		c.Limits = motion.Gentle()
	}
	if c.HomeSpeed <= 0 {
		c.HomeSpeed = 20
	}
	c.HomeSpeed = min(c.HomeSpeed, c.Limits.Speed)
	if c.Tolerance <= 0 {
		c.Tolerance = 3
	}
	return c
}

// State is a snapshot of the table.
type State struct {
	Angle  float64 // deg, 0 to 360, of the plan
	Speed  float64 // deg/s, of the plan
	Moving bool
	Homed  bool    // Angle is that of the home mark
	Power  bool    // the motor is enabled
	EStop  bool    // the emergency stop is pressed
	Fault  string  // code of the latched fault, or empty
	Reason string  // of the last Stop, or of the fault
	Drift  float64 // deg, at the last passage of the home mark, against the one before
	Stats
}

// Turntable is one motor-driven table.
type Turntable struct {
	// OnFault is called once for every fault, from any goroutine. It must not
	// block nor call back. Set it before Run.
	OnFault func(Fault)

	cfg   Config
	epoch time.Time

	mu        sync.Mutex
	machine   *motion.Machine
	home      home
	running   bool
	halted    bool
	following bool          // the drive has asked for its first wish
	power     bool          // the motor is enabled
	powered   time.Duration // since when
	queued    *motion.Move  // waits for power or for the home mark
	searching bool          // for the home mark
	searched  float64       // where that began, deg
	pressed   bool
	fault     Fault
	reason    string
	cleared   chan struct{}
}

// New returns a table at rest, or the first bad limit. No pin is touched
// before Run.
func New(cfg Config) (*Turntable, error) {
	cfg = cfg.withDefaults()
	machine, err := motion.NewMachine(cfg.Limits, 0)
	if err != nil {
		return nil, fmt.Errorf("turntable: %w", err)
	}
	return &Turntable{
		OnFault: func(Fault) {},
		cfg:     cfg, epoch: time.Now(), machine: machine,
		home:    home{tolerance: cfg.Tolerance},
		cleared: make(chan struct{}, 1),
	}, nil
}

// Move replaces what the table does, and leases it for 500 ms: Renew in time.
// A move to places of the ring searches the home mark first, once. Moves are
// refused while a fault is latched.
func (t *Turntable) Move(m motion.Move) error {
	if err := m.Check(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.halted:
		return ErrHalted
	case !t.running:
		return ErrStopped
	case t.fault.Code != "":
		return fmt.Errorf("%w (%s)", motion.ErrLatched, t.fault.Code)
	}
	t.machine.Renew(t.now())
	t.queued, t.searching, t.reason = &m, false, ""
	return nil
}

// Renew prolongs the lease of the move to 500 ms from now. Without it the
// table comes to rest, and a late Renew does not start it again.
func (t *Turntable) Renew() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	t.machine.Renew(t.now())
}

// expire drops a move that waits when its lease has ended; t.mu is held.
func (t *Turntable) expire() {
	if t.queued != nil && !t.machine.Leased(t.now()) {
		t.queued, t.searching = nil, false
	}
}

// Stop brings the table to rest within its limits. The reason is kept for
// State.
func (t *Turntable) Stop(reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stop(reason)
}

func (t *Turntable) stop(reason string) {
	t.machine.Stop(t.now())
	t.queued, t.searching = nil, false
	t.reason = cmp.Or(t.fault.Code, reason)
}

// Clear acknowledges a fault, so that new moves are taken. It moves nothing,
// and is refused while the emergency stop is pressed.
func (t *Turntable) Clear() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.halted {
		return ErrHalted
	}
	if t.pressed {
		return ErrPressed
	}
	if t.fault.Code == "" {
		return nil
	}
	err := t.cut() // a planned stop may still be under way
	t.machine.Restore(t.now())
	t.fault = Fault{}
	select {
	case t.cleared <- struct{}{}:
	default:
	}
	return err
}

// Halt takes the power off the motor for good. It is safe from any goroutine,
// any number of times.
func (t *Turntable) Halt() error {
	t.mu.Lock()
	t.halted = true
	err := t.cut()
	t.mu.Unlock()
	return cmp.Or(err, t.cfg.Drive.Halt())
}

// State is safe from any goroutine.
func (t *Turntable) State() State {
	stats := t.cfg.Drive.Stats()
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.machine.At(t.now())
	angle := math.Mod(math.Mod(p.Angle-t.home.origin, 360)+360, 360)
	return State{
		Angle: angle, Speed: p.Speed, Moving: p.Moving(),
		Homed: t.home.known, Power: t.power, EStop: t.pressed,
		Fault: t.fault.Code, Reason: t.reason, Drift: t.home.drift, Stats: stats,
	}
}

func (t *Turntable) now() time.Duration { return time.Since(t.epoch) }
