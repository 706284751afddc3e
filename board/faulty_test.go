package board

import (
	"errors"
	"sync"
	"syscall"
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
	shown  []gpio.Level // what a scope on the driven line shows
	holder string       // who has the line: "" = nobody
	pull   gpio.Pull
	edge   gpio.Edge
	queue  chan struct{} // 16 edges, kept over In
	closed int           // how often the line was let go
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
	if f.holder == kernelHeld {
		return errors.New("line_request ioctl: device or resource busy")
	}
	f.output, f.pull, f.edge, f.holder = false, pull, edge, "periph"
	return f.err
}

// Close lets the line go, as gpioioctl does; the kernel drops its queue.
func (f *faulty) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.holder == "periph" {
		f.holder = ""
	}
	f.closed++
	f.queue = make(chan struct{}, cap(f.queue))
}

// lose pulls the chip: nobody holds its lines any more, and they read Low.
func (f *faulty) lose() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.holder, f.level = "", gpio.Low
}

// late is an edge of now that the kernel's thread queues a while later, unless
// the line was let go by then.
func (f *faulty) late(after time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	request := f.closed
	time.AfterFunc(after, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.closed == request {
			f.queue <- struct{}{}
		}
	})
}

func (f *faulty) Out(l gpio.Level) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.output {
		f.shown = append(f.shown, gpio.Low) // direction first, value afterwards
	}
	f.shown = append(f.shown, l)
	f.output, f.level, f.holder = true, l, "periph"
	return f.err
}

const kernelHeld = "a request of our own"

// faultyKernel is the kernel's side of a faulty line.
type faultyKernel struct{ f *faulty }

func (k faultyKernel) holder() string { return k.f.holder }

func (k faultyKernel) drive(l gpio.Level) (output, error) {
	k.f.mu.Lock()
	defer k.f.mu.Unlock()
	if k.f.err != nil {
		return nil, k.f.err
	}
	if k.f.holder != "" {
		return nil, syscall.EBUSY
	}
	k.f.shown = append(k.f.shown, l)
	k.f.output, k.f.level, k.f.holder = true, l, kernelHeld
	return k, nil
}

func (k faultyKernel) Set(l gpio.Level) error {
	k.f.mu.Lock()
	defer k.f.mu.Unlock()
	if k.f.err == nil {
		k.f.shown = append(k.f.shown, l)
		k.f.level = l
	}
	return k.f.err
}

func (k faultyKernel) Close() error {
	k.f.mu.Lock()
	defer k.f.mu.Unlock()
	k.f.holder, k.f.output = "", false
	return nil
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

// busyLoop is how many waits without time end a busy loop, so that its test can
// say so.
const busyLoop = 5000

// WaitForEdge returns false at once on a negative timeout and waits for ever
// on 0.
func (f *faulty) WaitForEdge(timeout time.Duration) bool {
	f.mu.Lock()
	f.waits = append(f.waits, timeout)
	queue := f.queue
	f.mu.Unlock()
	if timeout < 0 {
		time.Sleep(time.Millisecond) // let virtual time pass in a busy loop
		return len(f.waits) > busyLoop
	}
	var expired <-chan time.Time
	if timeout > 0 {
		expired = time.After(timeout)
	}
	select {
	case <-queue:
		return true
	case <-expired:
		return false
	}
}
