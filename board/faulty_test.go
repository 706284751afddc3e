package board

import (
	"errors"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
)

// faulty is a line with the faults of periph's gpioioctl (host v3.8.5).
type faulty struct {
	name string

	mu     sync.Mutex
	output bool
	level  gpio.Level
	pull   gpio.Pull
	edge   gpio.Edge
	queue  chan struct{} // 16 edges, kept over In
	turned int           // how often Read made an input of an output
	waits  []time.Duration
	err    error // of the next request to the kernel
}

func newFaulty(name string) *faulty {
	return &faulty{name: name, queue: make(chan struct{}, 16)}
}

func (f *faulty) String() string                        { return "{\n  \"Line\": 17\n}" }
func (f *faulty) Halt() error                           { return nil } // lost when it comes before the wait
func (f *faulty) Name() string                          { return f.name }
func (f *faulty) Number() int                           { return 17 }
func (f *faulty) Pull() gpio.Pull                       { return f.pull }
func (f *faulty) DefaultPull() gpio.Pull                { return gpio.PullNoChange }
func (f *faulty) Function() string                      { f.Read(); return "In/Low" }
func (f *faulty) PWM(gpio.Duty, physic.Frequency) error { return errors.New("not implemented") }

func (f *faulty) In(pull gpio.Pull, edge gpio.Edge) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.output, f.pull, f.edge = false, pull, edge
	return f.err
}

func (f *faulty) Out(l gpio.Level) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.output, f.level = true, l
	return f.err
}

func (f *faulty) Read() gpio.Level {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.output {
		f.output, f.level = false, gpio.High // an input with pull-up from now on
		f.turned++
	}
	return f.level
}

// WaitForEdge returns false at once on a negative timeout and waits for ever
// on 0.
func (f *faulty) WaitForEdge(timeout time.Duration) bool {
	f.mu.Lock()
	f.waits = append(f.waits, timeout)
	f.mu.Unlock()
	if timeout < 0 {
		time.Sleep(time.Millisecond) // let virtual time pass in a busy loop
		return false
	}
	var expired <-chan time.Time
	if timeout > 0 {
		expired = time.After(timeout)
	}
	select {
	case <-f.queue:
		return true
	case <-expired:
		return false
	}
}
