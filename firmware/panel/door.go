package panel

import (
	"net"
	"sync"
	"time"
)

// peekLimit is how long a new connection may keep silent before it is closed.
const peekLimit = 5 * time.Second

// door lets HTTP and ICE over TCP come in at one port. A browser's request
// begins with the letter of a method; an ICE frame begins with the high byte
// of a 16-bit length (RFC 4571), and its first frame, a STUN binding request,
// is far shorter than the 8 kB where that byte would become a letter.
type door struct {
	listener net.Listener
	pages    *side
	media    *side
	failed   chan error

	mu     sync.Mutex
	open   map[net.Conn]struct{} // being peeked at, or handed to media
	closed bool
	wait   sync.WaitGroup
}

func newDoor(listener net.Listener) *door {
	d := &door{listener: listener, failed: make(chan error, 1), open: map[net.Conn]struct{}{}}
	d.pages = newSide(listener.Addr())
	d.media = newSide(listener.Addr())
	return d
}

// run accepts until close is called or the listener fails.
func (d *door) run() {
	defer d.wait.Wait()
	var pause time.Duration
	for {
		conn, err := d.listener.Accept()
		if err == nil {
			pause = 0
			if d.track(conn) {
				d.wait.Go(func() { d.sort(conn) })
			}
			continue
		}
		if temporary, ok := err.(interface{ Temporary() bool }); ok && temporary.Temporary() {
			pause = min(max(2*pause, 5*time.Millisecond), time.Second) // out of file descriptors: wait for some
			select {
			case <-time.After(pause):
				continue
			case <-d.pages.done:
			}
		}
		d.failed <- err
		return
	}
}

// sort reads the first byte and passes the connection to its side.
func (d *door) sort(conn net.Conn) {
	first := make([]byte, 1)
	_ = conn.SetReadDeadline(time.Now().Add(peekLimit))
	n, err := conn.Read(first)
	if err != nil || n == 0 {
		d.untrack(conn)
		_ = conn.Close()
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	peeked := &peekedConn{Conn: conn, first: first, onClose: func() { d.untrack(conn) }}
	if first[0] < ' ' {
		if !d.media.offer(peeked) {
			_ = peeked.Close()
		}
		return
	}
	d.untrack(conn) // from here on the HTTP server answers for it
	if !d.pages.offer(peeked) {
		_ = peeked.Close()
	}
}

func (d *door) track(conn net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		_ = conn.Close()
		return false
	}
	d.open[conn] = struct{}{}
	return true
}

func (d *door) untrack(conn net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, conn)
}

// close ends accepting, both sides and every connection that came to media or
// has not said yet what it is. Those of pages are left to the HTTP server. It
// closes and sets no deadline, which sort may be about to move.
func (d *door) close() {
	_ = d.listener.Close()
	_ = d.pages.Close()
	_ = d.media.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for conn := range d.open {
		_ = conn.Close()
	}
}

// side is one of the two listeners behind the door.
type side struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newSide(addr net.Addr) *side {
	return &side{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

func (s *side) offer(conn net.Conn) bool {
	select {
	case s.conns <- conn:
		return true
	case <-s.done:
		return false
	}
}

// Accept waits for the next connection of this side.
func (s *side) Accept() (net.Conn, error) {
	select {
	case conn := <-s.conns:
		return conn, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

// Addr is the address that both sides share.
func (s *side) Addr() net.Addr { return s.addr }

// Close ends Accept; the shared listener stays open.
func (s *side) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}

// peekedConn gives back the byte that was read to tell what it carries.
type peekedConn struct {
	net.Conn
	first   []byte
	onClose func()
}

// Read returns the peeked byte first.
func (c *peekedConn) Read(b []byte) (int, error) {
	if len(c.first) > 0 && len(b) > 0 {
		n := copy(b, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

// Close closes the connection and forgets it.
func (c *peekedConn) Close() error {
	c.onClose()
	return c.Conn.Close()
}
