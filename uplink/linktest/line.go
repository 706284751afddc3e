package linktest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// Line is an emulated line between a near host (the box) and a far host (the
// ingest), each with real kernel sockets. Packets move while Run runs.
type Line struct {
	near, far *Host
	up, down  *lane
	begun     atomic.Bool     // by Run, or by a Close that came before it
	life      context.Context // ends with Close or Run, before the hosts do
	end       context.CancelFunc
	began     time.Time
	started   chan struct{} // closed when Run has set began
	done      chan struct{}
}

// New makes the two hosts. It needs CAP_SYS_ADMIN and CAP_NET_ADMIN, as root or
// within a user namespace; see Available. The caller calls Close, or Run to its end.
func New(cfg Config) (*Line, error) {
	if err := cfg.Up.check(); err != nil {
		return nil, fmt.Errorf("line, up: %w", err)
	}
	if err := cfg.Down.check(); err != nil {
		return nil, fmt.Errorf("line, down: %w", err)
	}
	near, err := newHost("10.77.0.1/30")
	if err != nil {
		return nil, fmt.Errorf("emulated line: %w", err)
	}
	far, err := newHost("10.77.0.2/30")
	if err != nil {
		near.close()
		return nil, fmt.Errorf("emulated line: %w", err)
	}
	l := &Line{near: near, far: far, started: make(chan struct{}), done: make(chan struct{})}
	l.life, l.end = context.WithCancel(context.Background())
	l.up, err = newLane(Up, newPipe(cfg.Up, cfg.Seed, 1), near.tun, far.tun, cfg.OnTick)
	if err == nil {
		l.down, err = newLane(Down, newPipe(cfg.Down, cfg.Seed, 2), far.tun, near.tun, cfg.OnTick)
	}
	if err != nil {
		l.release()
		return nil, fmt.Errorf("emulated line: %w", err)
	}
	return l, nil
}

// Available says in one line why a line cannot be made here, nil when it can.
func Available() error {
	line, err := New(Config{})
	if err != nil {
		return fmt.Errorf("%w (run as root, or within `unshare -rn` where /dev/net/tun may be opened)", err)
	}
	return line.Close()
}

// Near is the box's end of the line.
func (l *Line) Near() *Host { return l.near }

// Far is the ingest's end of the line.
func (l *Line) Far() *Host { return l.far }

// NearAddr is the address of the near end.
func (l *Line) NearAddr() string { return l.near.Addr() }

// FarAddr is the address of the far end.
func (l *Line) FarAddr() string { return l.far.Addr() }

// Dial connects from the near end.
func (l *Line) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return l.near.DialContext(ctx, network, address)
}

// Listen accepts connections at the far end.
func (l *Line) Listen(network, address string) (net.Listener, error) {
	return l.far.Listen(network, address)
}

// ListenPacket opens a datagram socket at the far end.
func (l *Line) ListenPacket(network, address string) (net.PacketConn, error) {
	return l.far.ListenPacket(network, address)
}

// Stats are the totals since the start of Run.
func (l *Line) Stats() Stats {
	return Stats{Up: l.up.counts(), Down: l.down.counts()}
}

// Run moves packets until ctx ends or Close is called, once in a line's life.
// It closes the line; both ways end within a millisecond or so.
func (l *Line) Run(ctx context.Context) error {
	if l.begun.CompareAndSwap(false, true) {
		return l.run(ctx)
	}
	if l.life.Err() != nil {
		return nil // Close came first
	}
	return errors.New("line: Run was called before")
}

func (l *Line) run(ctx context.Context) error {
	defer close(l.done)
	defer l.release()
	ends := make(chan error, 2)
	l.began = time.Now()
	close(l.started)
	go func() { ends <- l.up.run(l.began) }()
	go func() { ends <- l.down.run(l.began) }()
	running := 2
	var err error
	select {
	case <-ctx.Done():
	case <-l.life.Done():
	case err = <-ends:
		running--
	}
	l.up.quit()
	l.down.quit()
	for ; running > 0; running-- {
		err = errors.Join(err, <-ends)
	}
	return prefixed("line", err)
}

// Close ends Run, waits for it and gives everything back. It may be called
// at any time and any number of times.
func (l *Line) Close() error {
	l.end()
	if l.begun.CompareAndSwap(false, true) {
		l.release()
		close(l.done)
	}
	<-l.done
	return nil
}

func (l *Line) release() {
	l.end()
	for _, lane := range []*lane{l.up, l.down} {
		if lane != nil {
			lane.close()
		}
	}
	l.near.close()
	l.far.close()
}

// prefixed wraps an error, nil stays nil.
func prefixed(noun string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", noun, err)
}
