package turntable

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/conn/v3/physic"

	"studiobox/drivers/turntable/motion"
	"studiobox/drivers/turntable/tmc2209"
	"studiobox/drivers/turntable/tmc2209/tmc2209test"
)

const ms = time.Millisecond

// rig is a table made of memory on one of the three drives.
type rig struct {
	*Turntable
	t    *testing.T
	chip *tmc2209test.Chip // of the velocity drive

	mu      sync.Mutex
	motor   func() float64 // deg that the pulses made, whether the rotor follows or not
	stuck   bool
	slipped float64   // deg that the rotor is behind the motor
	blocked float64   // deg of the rotor while stuck
	on      bool      // enable
	offAt   time.Time // when it was last taken off
	pressed bool
	blind   bool // the home sensor sees nothing
	faults  []Fault
	cancel  context.CancelFunc
	done    chan error
}

// markAt is where the mark is, in degrees of the rotor; it is 5 degrees wide.
const markAt = 100.0

// rotor is where the table really is.
func (r *rig) rotor() float64 {
	motor := r.motor()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stuck {
		return r.blocked
	}
	return motor - r.slipped
}

// block stops the rotor while the motor goes on.
func (r *rig) block() {
	at := r.rotor()
	r.mu.Lock()
	r.stuck, r.blocked = true, at
	r.mu.Unlock()
	if r.chip != nil {
		r.chip.Block(true)
	}
}

func (r *rig) slip(deg float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slipped += deg
}

// sense is an input whose level somebody computes. It has no edges.
type sense struct {
	gpiotest.Pin
	level func() bool
}

func (s *sense) In(gpio.Pull, gpio.Edge) error { return nil }
func (s *sense) Read() gpio.Level              { return gpio.Level(s.level()) }
func (s *sense) WaitForEdge(d time.Duration) bool {
	time.Sleep(d)
	return false
}

// lead is an output that somebody listens to.
type lead struct {
	gpiotest.Pin
	onOut func(gpio.Level)
	onPWM func(hz float64)
}

func (l *lead) Out(level gpio.Level) error {
	if l.onOut != nil {
		l.onOut(level)
	}
	return l.Pin.Out(level)
}

func (l *lead) PWM(duty gpio.Duty, f physic.Frequency) error {
	hz := float64(f) / float64(physic.Hertz)
	if duty == 0 {
		hz = 0
	}
	l.onPWM(hz)
	return nil
}

// maker builds one of the drives with its motor.
type maker struct {
	name  string
	drive func(*rig) Drive
}

var makers = []maker{{"step and dir", newStepDirRig}, {"pwm", newPWMRig}, {"velocity", newVelocityRig}}

const testGear = Gear(3600) // ten steps per degree

func newStepDirRig(r *rig) Drive {
	dir := &lead{}
	var steps int
	var mu sync.Mutex
	r.motor = func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return float64(steps) * 360 / float64(testGear)
	}
	high := gpio.Low
	step := &lead{onOut: func(l gpio.Level) {
		mu.Lock()
		defer mu.Unlock()
		if l == gpio.High && high == gpio.Low {
			if steps--; dir.Read() == gpio.High {
				steps += 2
			}
		}
		high = l
	}}
	d := NewStepDir(StepDirConfig{Step: step, Dir: dir, Gear: testGear})
	d.pause, d.rush = time.Sleep, func() bool { return false }
	return d
}

func newPWMRig(r *rig) Drive {
	dir := &lead{}
	var steps, rate float64
	var mu sync.Mutex
	last := time.Now()
	settle := func() {
		steps += rate * time.Since(last).Seconds()
		last = time.Now()
	}
	r.motor = func() float64 {
		mu.Lock()
		defer mu.Unlock()
		settle()
		return steps * 360 / float64(testGear)
	}
	step := &lead{onPWM: func(hz float64) {
		mu.Lock()
		defer mu.Unlock()
		settle()
		if rate = -hz; dir.Read() == gpio.High {
			rate = hz
		}
	}}
	return NewPWM(PWMConfig{Step: step, Dir: dir, Gear: testGear})
}

// chipGear has the motor turn twenty times for one turn of the table: from 18
// deg/s on its load says something.
const chipGear = Gear(200 * tmc2209.Microsteps * 20)

// opened is a chip behind a port that opens.
func opened(chip *tmc2209test.Chip) func() (Port, error) {
	return func() (Port, error) { return chip, nil }
}

func newVelocityRig(r *rig) Drive { return newGearedRig(r, chipGear) }

func newGearedRig(r *rig, gear Gear) Drive {
	r.chip = tmc2209test.New()
	r.chip.ClockError = 0.03
	r.motor = func() float64 { return r.chip.Turned() * 360 / float64(gear) }
	return NewVelocity(VelocityConfig{
		Open: opened(r.chip), Gear: gear, Motor: tmc2209.Config{Run: 20, Hold: 8, Stall: 20},
	})
}

// newRig starts a table; end ends it.
func newRig(t *testing.T, m maker, change func(*Config)) *rig {
	t.Helper()
	r := startRig(t, m, change)
	time.Sleep(50 * ms) // the chip is set up
	return r
}

// startRig is newRig at the very beginning of Run.
func startRig(t *testing.T, m maker, change func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, done: make(chan error, 1)}
	r.offAt = time.Now()
	cfg := Config{Drive: m.drive(r)}
	cfg.Enable.Pin = &lead{onOut: func(l gpio.Level) { r.enable(l == gpio.Low) }}
	cfg.Home.Pin = &sense{level: r.sees}
	cfg.EStop.Pin = &sense{level: func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.pressed
	}}
	if m.name != "velocity" {
		cfg.Stall.Pin = &sense{level: func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.stuck
		}}
	}
	if change != nil {
		change(&cfg)
	}
	table, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.Turntable = table
	table.OnFault = func(f Fault) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.faults = append(r.faults, f)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { r.done <- table.Run(ctx) }()
	return r
}

func (r *rig) enable(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.on && !on {
		r.offAt = time.Now()
	}
	r.on = on
}

// wentOff is when the power was last taken off.
func (r *rig) wentOff() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.offAt
}

// told returns what OnFault was called with.
func (r *rig) told() []Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Fault{}, r.faults...)
}

// sees is the level of the home sensor.
func (r *rig) sees() bool {
	on := math.Abs(math.Remainder(r.rotor()-markAt, 360)) < 2.5
	r.mu.Lock()
	defer r.mu.Unlock()
	return on && !r.blind
}

func (r *rig) powered() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.on
}

func (r *rig) press(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pressed = down
}

func (r *rig) do(m motion.Move) {
	r.t.Helper()
	if err := r.Move(m); err != nil {
		r.t.Fatal(err)
	}
}

// after lets time pass with a lease renewed every 100 ms.
func (r *rig) after(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		r.Renew()
		time.Sleep(min(100*ms, time.Until(end)))
	}
}

func (r *rig) end() {
	r.t.Helper()
	r.cancel()
	if err := <-r.done; err != nil {
		r.t.Error(err)
	}
	if r.powered() {
		r.t.Error("the motor has power after Run")
	}
}

// code is that of the latched fault.
func (r *rig) code() string { return r.State().Fault }
