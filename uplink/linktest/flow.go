package linktest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// FlowConfig describes a second user of the line.
type FlowConfig struct {
	// Congestion is the kernel's name of the sender's congestion control,
	// such as "cubic" or "bbr"; empty is this machine's default.
	Congestion string
	// At is when the flow begins, counted from the start of the line's Run.
	At time.Duration
	// For is how long it sends; 0 is until its Run ends.
	For time.Duration
}

// Flow is a long TCP transfer from the near to the far end that always has
// more to send: what somebody else's upload does to a shared line.
type Flow struct {
	cfg       FlowConfig
	line      *Line
	delivered atomic.Uint64
}

// Flow makes a second user of the line; its Run does the sending.
func (l *Line) Flow(cfg FlowConfig) *Flow { return &Flow{cfg: cfg, line: l} }

// Delivered is the number of payload bytes that the far end has received.
func (f *Flow) Delivered() uint64 { return f.delivered.Load() }

// Run waits for the flow's time and sends until that is over, ctx ends or the
// line closes, and then returns nil. An error says why it could not go on.
func (f *Flow) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(f.line.life, cancel)()
	if !f.await(ctx) {
		return nil
	}
	if f.cfg.For > 0 {
		ctx, cancel = context.WithTimeout(ctx, f.cfg.For)
		defer cancel()
	}
	sender, receiver, err := f.connect(ctx)
	if err == nil {
		f.transfer(ctx, sender, receiver)
	}
	if ctx.Err() != nil {
		return nil
	}
	if err == nil {
		err = errors.New("the connection broke")
	}
	return fmt.Errorf("line, second flow: %w", err)
}

// await waits for the line's start and then for the flow's time; false when
// ctx ends before.
func (f *Flow) await(ctx context.Context) bool {
	select {
	case <-f.line.started:
	case <-ctx.Done():
		return false
	}
	timer := time.NewTimer(time.Until(f.line.began.Add(f.cfg.At)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// connect makes the flow's connection over the line.
func (f *Flow) connect(ctx context.Context) (sender *net.TCPConn, receiver net.Conn, err error) {
	listener, err := f.line.Listen("tcp", net.JoinHostPort(f.line.FarAddr(), "0"))
	if err != nil {
		return nil, nil, err
	}
	defer listener.Close()
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	conn, err := f.line.Dial(ctx, "tcp", listener.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	sender = conn.(*net.TCPConn)
	if err = setCongestion(sender, f.cfg.Congestion); err == nil {
		receiver, err = listener.Accept()
	}
	if err != nil {
		sender.Close()
		return nil, nil, err
	}
	return sender, receiver, nil
}

// transfer sends until ctx ends or the connection breaks. What is on its way
// then is thrown away.
func (f *Flow) transfer(ctx context.Context, sender *net.TCPConn, receiver net.Conn) {
	_ = sender.SetLinger(0) // fails on a closed socket only
	finish := func() { sender.Close(); receiver.Close() }
	defer finish()
	defer context.AfterFunc(ctx, finish)()
	received := make(chan struct{})
	go func() {
		defer close(received)
		_, _ = io.Copy(&counter{&f.delivered}, receiver)
		sender.Close()
	}()
	block := make([]byte, 64<<10)
	for {
		if _, err := sender.Write(block); err != nil {
			break
		}
	}
	receiver.Close()
	<-received
}

// counter counts what is written to it.
type counter struct{ bytes *atomic.Uint64 }

func (c *counter) Write(p []byte) (int, error) {
	c.bytes.Add(uint64(len(p)))
	return len(p), nil
}

// setCongestion chooses a connection's congestion control; "" leaves it.
func setCongestion(conn *net.TCPConn, name string) error {
	if name == "" {
		return nil
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var refused error
	err = raw.Control(func(fd uintptr) {
		refused = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
	})
	if errors.Is(refused, unix.ENOENT) {
		return fmt.Errorf("this kernel has no congestion control %q", name)
	}
	return errors.Join(err, refused)
}
