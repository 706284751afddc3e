package sim

import (
	"errors"
	"fmt"
	"sync"

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

var (
	_ gpio.PinIO  = (*Pin)(nil)
	_ pin.PinFunc = (*Pin)(nil)
)
