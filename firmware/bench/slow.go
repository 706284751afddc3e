package main

import (
	"net"
	"sync"
	"time"
)

const (
	// slowBuffer is the receive buffer of an ingest that reads slowly, in
	// bytes; the kernel's own would hide its slowness for seconds.
	slowBuffer = 64 << 10
	// slowGrain is how much it reads at a time, in bytes.
	slowGrain = 2048
	// slowCredit is how much reading it may catch up on.
	slowCredit = 20 * time.Millisecond
)

// pacer spreads reads over time.
type pacer struct {
	kbps int

	mu  sync.Mutex
	due time.Time
}

// read notes that bytes were read, and waits until they have taken their time.
func (p *pacer) read(bytes int) {
	p.mu.Lock()
	if earliest := time.Now().Add(-slowCredit); p.due.Before(earliest) {
		p.due = earliest
	}
	p.due = p.due.Add(time.Duration(bytes) * 8 * time.Millisecond / time.Duration(p.kbps))
	wait := time.Until(p.due)
	p.mu.Unlock()
	time.Sleep(wait)
}

// slowListener is an ingest whose processor reads so much and no more.
type slowListener struct {
	net.Listener
	pace *pacer
}

// Accept makes the next connection a slow one.
func (l *slowListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(slowBuffer) // fails on a closed connection only
	}
	return &slowConn{Conn: conn, pace: l.pace}, nil
}

type slowConn struct {
	net.Conn
	pace *pacer
}

// Read reads a little and takes its time.
func (c *slowConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p[:min(len(p), slowGrain)])
	c.pace.read(n)
	return n, err
}
