package publish

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"studiobox/uplink/link"
)

// socket is the TCP connection to the ingest. Its writes count, and block
// while the kernel holds more unsent bytes than link.Tune allows.
type socket struct {
	net.Conn
	raw     syscall.RawConn // nil when the connection is no kernel socket
	meter   *link.Meter     // of raw
	written atomic.Uint64   // bytes the kernel took

	// Of the one write under way; fields, so that a write allocates nothing.
	rest []byte
	fail error
	send func(fd uintptr) bool
}

func newSocket(conn net.Conn) *socket {
	s := &socket{Conn: conn}
	if kernel, ok := conn.(syscall.Conn); ok {
		if raw, err := kernel.SyscallConn(); err == nil {
			s.raw, s.meter = raw, link.NewMeter(raw)
			s.send = s.sendSome
		}
	}
	return s
}

// Write hands p to the kernel. Callers take turns.
func (s *socket) Write(p []byte) (int, error) {
	if s.raw == nil {
		n, err := s.Conn.Write(p)
		s.written.Add(uint64(n))
		return n, err
	}
	s.rest, s.fail = p, nil
	err := s.raw.Write(s.send)
	n := len(p) - len(s.rest)
	s.rest = nil
	return n, errors.Join(err, s.fail)
}

// sendSome is called by the runtime's poller whenever the socket is writable.
// MSG_EOR keeps the kernel from merging this write into the last unsent
// segment: merging skips the check against TCP_NOTSENT_LOWAT, and up to 64 kB
// would pile up where they can no longer be dropped.
func (s *socket) sendSome(fd uintptr) bool {
	for len(s.rest) > 0 {
		n, err := unix.SendmsgN(int(fd), s.rest, nil, nil, unix.MSG_EOR|unix.MSG_NOSIGNAL)
		switch {
		case err == nil:
			s.rest = s.rest[n:]
			s.written.Add(uint64(n))
		case errors.Is(err, unix.EAGAIN):
			return false
		case errors.Is(err, unix.EINTR):
		default:
			s.fail = err
			return true
		}
	}
	return true
}

// sample is what the kernel says about the connection; ok is false when it is
// no kernel socket or closed.
func (s *socket) sample() (sample link.Sample, ok bool) {
	if s.raw == nil {
		return link.Sample{}, false
	}
	sample, err := s.meter.Read()
	if err != nil {
		return link.Sample{}, false
	}
	written := s.written.Load()
	sample.Kernel = sample.Kernel && believable(sample, written)
	if !sample.Kernel {
		// The ioctl is older than tcpi_bytes_acked and says the same.
		sample.Acked = written - min(written, uint64(sample.Outstanding()))
		sample.Delivered, sample.Cwnd = 0, 0
	}
	return sample, true
}

// moment is more bytes than can be written or acknowledged while the kernel is
// asked.
const moment = 1 << 20

// believable tells whether TCP_INFO agrees with what was written. Sandboxes and
// emulated kernels answer in full length, with fields that stay zero.
func believable(s link.Sample, written uint64) bool {
	sum := s.Acked + uint64(s.Outstanding())
	if sum > written+moment || sum+moment < written {
		return false
	}
	return s.Acked < moment || s.Busy > 0 && s.RTT > 0 && s.Cwnd > 0
}

// abort resets the connection: the ingest must not wait for a goodbye that the
// line swallowed. It may be called more than once, from anywhere.
func (s *socket) abort() {
	if tcp, ok := s.Conn.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	_ = s.Conn.Close()
}

// control is the RTSP connection as the library sees it: the socket, or TLS
// over it. Media is written to it beside the library's requests, one whole
// message at a time.
type control struct {
	net.Conn
	socket *socket

	mu sync.Mutex // held for one message

	greeting int           // bytes of the peer's first answer that were checked
	answered atomic.Bool   // the peer speaks RTSP
	reply    chan struct{} // filled by every read
	polite   atomic.Bool   // wait for the answer to TEARDOWN before closing
	parted   atomic.Bool   // it came
}

// farewell is how long the ingest may take to answer a TEARDOWN.
const farewell = 250 * time.Millisecond

func newControl(stream net.Conn, socket *socket) *control {
	return &control{Conn: stream, socket: socket, reply: make(chan struct{}, 1)}
}

// Write sends one whole message.
func (c *control) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.polite.Load() { // p is the TEARDOWN; what came before answers something else
		select {
		case <-c.reply:
		default:
		}
	}
	return c.Conn.Write(p)
}

// Read fails at once when the peer's first bytes are no RTSP, which would
// otherwise be skipped in silence until a timeout.
func (c *control) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	const greeting = "RTSP/"
	for i := 0; i < n && c.greeting < len(greeting); i++ {
		if p[i] != greeting[c.greeting] {
			return 0, ErrNotRTSP
		}
		c.greeting++
	}
	if c.greeting == len(greeting) {
		c.answered.Store(true)
	}
	select {
	case c.reply <- struct{}{}:
	default:
	}
	return n, err
}

// SetWriteDeadline does nothing: the library would lengthen the deadlines that
// the session sets.
func (c *control) SetWriteDeadline(time.Time) error { return nil }

// part makes Close wait for the answer to a TEARDOWN, which the library is about
// to send.
func (c *control) part() { c.polite.Store(true) }

// Close resets the connection.
func (c *control) Close() error {
	if c.polite.Load() {
		select {
		case <-c.reply:
			c.parted.Store(true)
		case <-time.After(farewell):
		}
	}
	c.socket.abort()
	return nil
}
