package ingesttest

import (
	"net"
	"sync"
	"time"
)

// gate is a listener whose connections can be held, slowed and reset.
type gate struct {
	net.Listener
	readBuffer int

	mu      sync.Mutex
	changed *sync.Cond
	stalled bool
	refuse  bool
	kbps    int // 0 = no limit
	count   int
	conns   map[*gateConn]struct{}
}

func newGate(readBuffer int) *gate {
	g := &gate{readBuffer: readBuffer, conns: map[*gateConn]struct{}{}}
	g.changed = sync.NewCond(&g.mu)
	return g
}

// Stall makes the ingest stop reading from all its connections, or go on.
// Their sockets stay open: the publisher sees its window close.
func (s *Server) Stall(on bool) { s.gate.set(func(g *gate) { g.stalled = on }) }

// Refuse resets new connections as soon as they are made, or accepts again.
func (s *Server) Refuse(on bool) { s.gate.set(func(g *gate) { g.refuse = on }) }

// Limit makes each connection read at most the given rate; 0 lifts the limit.
func (s *Server) Limit(kbps int) { s.gate.set(func(g *gate) { g.kbps = kbps }) }

// Reset breaks all connections with RST, as a crashed host or a firewall does.
func (s *Server) Reset() {
	for _, c := range s.gate.all() {
		if tcp, ok := c.Conn.(interface{ SetLinger(int) error }); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
}

// DropAll closes all connections in order, as a restarting ingest does.
func (s *Server) DropAll() {
	for _, c := range s.gate.all() {
		_ = c.Close()
	}
}

func (g *gate) set(change func(*gate)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(g)
	g.changed.Broadcast()
}

// open lets every held reader go, for good.
func (g *gate) open() { g.set(func(g *gate) { g.stalled, g.kbps = false, 0 }) }

func (g *gate) all() []*gateConn {
	g.mu.Lock()
	defer g.mu.Unlock()
	conns := make([]*gateConn, 0, len(g.conns))
	for c := range g.conns {
		conns = append(conns, c)
	}
	return conns
}

func (g *gate) accepted() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count
}

// Accept returns the next connection that is not refused.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := g.admit(conn); c != nil {
			return c, nil
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
}

func (g *gate) admit(conn net.Conn) *gateConn {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refuse {
		return nil
	}
	if tcp, ok := conn.(*net.TCPConn); ok && g.readBuffer > 0 {
		_ = tcp.SetReadBuffer(g.readBuffer)
	}
	c := &gateConn{Conn: conn, gate: g}
	g.conns[c] = struct{}{}
	g.count++
	return c
}

// gateConn asks its gate before it reads.
type gateConn struct {
	net.Conn
	gate   *gate
	due    time.Time // of a limited reader: when what it has read has passed
	closed bool      // guarded by gate.mu
}

// Read waits while the ingest is stalled, also with what arrived meanwhile, and
// spreads its reads when it is limited.
func (c *gateConn) Read(p []byte) (int, error) {
	kbps, ok := c.wait()
	if !ok {
		return 0, net.ErrClosed
	}
	if kbps > 0 {
		p = p[:min(len(p), 1024)]
	}
	n, err := c.Conn.Read(p)
	if _, ok := c.wait(); !ok {
		return 0, net.ErrClosed
	}
	if kbps > 0 {
		c.spread(n, kbps)
	}
	return n, err
}

// catchUp is how much a limited reader that woke late may make good.
const catchUp = 100 * time.Millisecond

// spread waits until all that was read is due at the rate.
func (c *gateConn) spread(n, kbps int) {
	if least := time.Now().Add(-catchUp); c.due.Before(least) {
		c.due = least
	}
	c.due = c.due.Add(time.Duration(n) * 8 * time.Millisecond / time.Duration(kbps))
	time.Sleep(time.Until(c.due))
}

// wait returns the rate limit once reading is allowed; false when the
// connection was closed meanwhile.
func (c *gateConn) wait() (kbps int, ok bool) {
	c.gate.mu.Lock()
	defer c.gate.mu.Unlock()
	for c.gate.stalled && !c.closed {
		c.gate.changed.Wait()
	}
	return c.gate.kbps, !c.closed
}

// Close frees a held reader too.
func (c *gateConn) Close() error {
	c.gate.mu.Lock()
	c.closed = true
	delete(c.gate.conns, c)
	c.gate.changed.Broadcast()
	c.gate.mu.Unlock()
	return c.Conn.Close()
}
