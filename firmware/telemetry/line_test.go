package telemetry

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// line is a TCP relay in front of a broker that a test can cut.
type line struct {
	listener net.Listener
	target   string
	accepted atomic.Int64
	watch    *customs     // may be nil
	limit    func() int64 // bytes towards the broker after which a connection is cut; may be nil

	mute atomic.Bool // nothing that the broker says arrives

	mu     sync.Mutex
	broken bool
	conns  map[net.Conn]bool
}

// newLine relays to the target until the test ends.
func newLine(t *testing.T, target string) *line { return (&line{target: target}).open(t) }

// open begins to relay.
func (l *line) open(t *testing.T) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.listener, l.conns = listener, map[net.Conn]bool{}
	var relays sync.WaitGroup
	relays.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			l.accepted.Add(1)
			relays.Go(func() { l.relay(near) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		l.cut(true)
		relays.Wait()
	})
	return l
}

func (l *line) url() string { return "tcp://" + l.listener.Addr().String() }

// relay copies both ways until either end or the line breaks.
func (l *line) relay(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer far.Close()
	if !l.hold(near, far) {
		return
	}
	up, down := io.Reader(near), io.Reader(far)
	if l.watch != nil {
		up, down = l.watch.between(near, far)
	}
	if l.limit != nil {
		up = io.LimitReader(up, l.limit())
	}
	done := make(chan struct{}, 2)
	go func() { io.Copy(far, up); done <- struct{}{} }()
	go func() { io.Copy(hushed{near, &l.mute}, down); done <- struct{}{} }()
	<-done
	if l.limit != nil {
		near.(*net.TCPConn).SetLinger(0) // a cut, and no goodbye
		far.(*net.TCPConn).SetLinger(0)
	}
	near.Close()
	far.Close()
	<-done
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, near)
	delete(l.conns, far)
}

// hushed is the way to the box.
type hushed struct {
	io.Writer
	mute *atomic.Bool
}

// Write loses everything while the line is mute.
func (h hushed) Write(p []byte) (int, error) {
	if h.mute.Load() {
		return len(p), nil
	}
	return h.Writer.Write(p)
}

// hold makes the two ends subject to cuts; false while the line is broken.
func (l *line) hold(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range conns {
		if !l.broken {
			l.conns[c] = true
		}
	}
	return !l.broken
}

// cut ends every connection without a goodbye. A broken line stays so.
func (l *line) cut(broken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = broken
	for c := range l.conns {
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
}
