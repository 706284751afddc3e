package gcc

import (
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// profile is what one direction of a line is like: a rate, a drop-tail queue,
// loss, and a delay.
type profile struct {
	kbps  func(at time.Duration) float64 // 0 = nothing is served
	queue time.Duration                  // at the present rate, or the last above zero
	delay time.Duration
	loss  float64
}

// wire is one direction at work, in virtual time.
type wire struct {
	profile
	began  time.Time
	random *rand.Rand
	wake   chan struct{}
	air    chan datagram // on the way
	out    chan []byte   // come through

	mu    sync.Mutex
	waits [][]byte // in the queue
	bytes int
	rate  float64 // last above zero
}

type datagram struct {
	data []byte
	due  time.Time
}

func newWire(p profile) *wire {
	return &wire{
		profile: p, began: time.Now(), random: rand.New(rand.NewPCG(3, 4)),
		wake: make(chan struct{}, 1), air: make(chan datagram, 1<<16), out: make(chan []byte, 1<<16),
	}
}

// headers is what IPv4 and UDP add.
const headers = 28

// put queues a datagram, or drops it.
func (w *wire) put(b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if rate := w.kbps(time.Since(w.began)); rate > 0 {
		w.rate = rate
	}
	if w.bytes > int(w.rate*1000/8*w.queue.Seconds()) {
		return
	}
	w.waits = append(w.waits, append([]byte(nil), b...))
	w.bytes += len(b) + headers
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// head is the datagram to serve next.
func (w *wire) head() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waits) == 0 {
		return nil
	}
	return w.waits[0]
}

// served takes the head off, and tells whether it got lost on the air.
func (w *wire) served() (lost bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes -= len(w.waits[0]) + headers
	w.waits = w.waits[1:]
	return w.random.Float64() < w.loss
}

// serve moves datagrams through the rate, one after the other.
func (w *wire) serve(stop <-chan struct{}) {
	for {
		head := w.head()
		if head == nil {
			select {
			case <-stop:
				return
			case <-w.wake:
			}
			continue
		}
		rate := w.kbps(time.Since(w.began))
		if rate == 0 {
			time.Sleep(time.Millisecond)
			continue
		}
		time.Sleep(time.Duration(float64((len(head)+headers)*8) / rate * float64(time.Millisecond)))
		if !w.served() {
			w.air <- datagram{head, time.Now().Add(w.delay)}
		}
	}
}

// fly delays them, without a limit to how many.
func (w *wire) fly(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case d := <-w.air:
			time.Sleep(time.Until(d.due))
			w.out <- d.data
		}
	}
}

// end is a socket at one end of two wires.
type end struct {
	net.Conn // what is not needed
	in, to   *wire

	mu       sync.Mutex
	deadline time.Time
	changed  chan struct{}
}

func newEnd(in, to *wire) *end { return &end{in: in, to: to, changed: make(chan struct{})} }

func (e *end) SetReadDeadline(at time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.deadline = at
	close(e.changed)
	e.changed = make(chan struct{})
	return nil
}

func (e *end) Read(b []byte) (int, error) {
	for {
		e.mu.Lock()
		deadline, changed := e.deadline, e.changed
		e.mu.Unlock()
		var over <-chan time.Time
		if !deadline.IsZero() {
			timer := time.NewTimer(time.Until(deadline))
			defer timer.Stop()
			over = timer.C
		}
		select {
		case d := <-e.in.out:
			return copy(b, d), nil
		case <-over:
			return 0, os.ErrDeadlineExceeded
		case <-changed:
		}
	}
}

func (e *end) Write(b []byte) (int, error) { e.to.put(b); return len(b), nil }
func (e *end) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := e.Read(b)
	return n, &net.UDPAddr{}, err
}
func (e *end) WriteTo(b []byte, _ net.Addr) (int, error) { return e.Write(b) }
func (e *end) Close() error                              { return nil }

// simulate runs GCC over a line in virtual time and gives what came out. The
// other direction has the same delay and no limits.
func simulate(t *testing.T, lasting time.Duration, up profile) (pictures []got) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		down := profile{kbps: func(time.Duration) float64 { return 100_000 }, queue: time.Second, delay: up.delay}
		there, back := newWire(up), newWire(down)
		stop := make(chan struct{})
		var running sync.WaitGroup
		for _, w := range []*wire{there, back} {
			running.Go(func() { w.serve(stop) })
			running.Go(func() { w.fly(stop) })
		}
		t.Cleanup(func() { close(stop); running.Wait() })
		r := newRig(t, newEnd(back, there), newEnd(there, back))
		time.Sleep(lasting)
		pictures = r.pictures()
	})
	return pictures
}
