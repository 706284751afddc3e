package sim

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/pin"
)

// edgeQueue is how many edges a Linux GPIO line keeps for a reader that is
// late (GPIO_V2 default); more are lost.
const edgeQueue = 16

var errBadPWM = errors.New("simulated pin: PWM duty must be between 0 and gpio.DutyMax and the frequency not negative")

// Pin is a gpio.PinIO whose outside is a switch to ground: a finger closes it.
// The level of an input follows the circuit: a closed contact pulls it Low, an
// open one leaves it to the pull; with no pull it keeps its last level.
type Pin struct {
	name        string
	number      int
	defaultPull gpio.Pull

	mu    sync.Mutex
	wire  contact
	out   bool // driven by the program
	level gpio.Level
	pull  gpio.Pull
	duty  gpio.Duty // in use while pwm is true
	pwm   bool

	edge    gpio.Edge
	pending int           // edges that nobody waited for yet
	armed   int           // counts In, Out and Halt, each of which ends a wait
	changed chan struct{} // closed and replaced when pending or armed changes
}

func newPin(name string, number int, pull gpio.Pull) *Pin {
	return &Pin{
		name: name, number: number, defaultPull: pull,
		pull: pull, level: pull == gpio.PullUp,
		changed: make(chan struct{}),
	}
}

// String implements conn.Resource.
func (p *Pin) String() string { return fmt.Sprintf("%s(%d)", p.name, p.number) }

// Name implements pin.Pin; it is the role.
func (p *Pin) Name() string { return p.name }

// Number implements pin.Pin.
func (p *Pin) Number() int { return p.number }

// Function implements pin.Pin.
func (p *Pin) Function() string { return string(p.Func()) }

// Func implements pin.PinFunc.
func (p *Pin) Func() pin.Func {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.pwm:
		return gpio.PWM
	case p.out && p.level == gpio.High:
		return gpio.OUT_HIGH
	case p.out:
		return gpio.OUT_LOW
	case p.level == gpio.High:
		return gpio.IN_HIGH
	default:
		return gpio.IN_LOW
	}
}

// SupportedFuncs implements pin.PinFunc.
func (p *Pin) SupportedFuncs() []pin.Func { return []pin.Func{gpio.IN, gpio.OUT, gpio.PWM} }

// SetFunc implements pin.PinFunc.
func (p *Pin) SetFunc(f pin.Func) error {
	switch f {
	case gpio.IN:
		return p.In(gpio.PullNoChange, gpio.NoEdge)
	case gpio.OUT, gpio.OUT_LOW:
		return p.Out(gpio.Low)
	case gpio.OUT_HIGH:
		return p.Out(gpio.High)
	default:
		return fmt.Errorf("simulated pin %s: function %q is not supported", p, f)
	}
}

// Halt implements conn.Resource. It ends a wait in progress and lets no later
// one see an edge until In is called again; an output keeps its level.
func (p *Pin) Halt() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rearm(gpio.NoEdge)
	return nil
}

// In implements gpio.PinIn. It forgets earlier edges and ends a wait.
func (p *Pin) In(pull gpio.Pull, edge gpio.Edge) error {
	if pull > gpio.PullUp || edge < gpio.NoEdge || edge > gpio.BothEdges {
		return fmt.Errorf("simulated pin %s: pull %d or edge %d is out of range", p, pull, edge)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if pull != gpio.PullNoChange {
		p.pull = pull
	}
	p.out, p.pwm = false, false
	p.level = p.wire.level(p.pull, p.level)
	p.rearm(edge)
	return nil
}

// Read implements gpio.PinIn. On an output it reads the output back.
func (p *Pin) Read() gpio.Level { return p.Level() }

// Pull implements gpio.PinIn.
func (p *Pin) Pull() gpio.Pull {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out {
		return gpio.PullNoChange
	}
	return p.pull
}

// DefaultPull implements gpio.PinIn.
func (p *Pin) DefaultPull() gpio.Pull { return p.defaultPull }

// WaitForEdge implements gpio.PinIn. A negative timeout waits without end;
// zero only asks. It returns false at once on a pin that has no edge to wait
// for, since nothing could end that wait.
func (p *Pin) WaitForEdge(timeout time.Duration) bool {
	var expired <-chan time.Time
	if timeout >= 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	p.mu.Lock()
	armed := p.armed
	for p.armed == armed && p.edge != gpio.NoEdge && p.pending == 0 {
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-expired:
			return false
		}
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	if p.armed != armed || p.edge == gpio.NoEdge {
		return false
	}
	p.pending--
	return true
}

// Out implements gpio.PinOut.
func (p *Pin) Out(l gpio.Level) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out, p.pwm, p.level = true, false, l
	p.rearm(gpio.NoEdge)
	return nil
}

// PWM implements gpio.PinOut. The frequency is accepted and has no effect.
func (p *Pin) PWM(duty gpio.Duty, f physic.Frequency) error {
	if !duty.Valid() || f < 0 {
		return errBadPWM
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out, p.pwm, p.duty = true, true, duty
	p.level = duty >= gpio.DutyHalf
	p.rearm(gpio.NoEdge)
	return nil
}

// Level is what a meter shows on the pin.
func (p *Pin) Level() gpio.Level {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.level
}

// Brightness is how much of the time the program drives the pin high, 0 to 1.
func (p *Pin) Brightness() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.pwm:
		return float64(p.duty) / float64(gpio.DutyMax)
	case p.out && p.level == gpio.High:
		return 1
	default:
		return 0
	}
}

// rearm forgets edges, sets what to look for and wakes whoever waits.
func (p *Pin) rearm(edge gpio.Edge) {
	p.edge, p.pending = edge, 0
	p.armed++
	p.wake()
}

func (p *Pin) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

var (
	_ gpio.PinIO  = (*Pin)(nil)
	_ pin.PinFunc = (*Pin)(nil)
)
