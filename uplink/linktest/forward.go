package linktest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"
)

// Forwarder carries what arrives on one network to an address on another: from
// the far end of a line to this machine's own network, or on to a line.
type Forwarder struct {
	// Dial reaches the address, once for each connection ("tcp") and for each
	// sender of datagrams ("udp").
	Dial func(ctx context.Context, network string) (net.Conn, error)
	Log  *slog.Logger
}

// datagramsIdle is how long a sender of datagrams is remembered, as by a NAT.
const datagramsIdle = 2 * time.Minute

// Connections forwards TCP until ctx ends, and closes the listener.
func (f *Forwarder) Connections(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var open sync.WaitGroup
	defer open.Wait()
	defer cancel()
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	defer listener.Close()
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("forward: %w", err)
		}
		open.Go(func() { f.connection(ctx, conn.(*net.TCPConn)) })
	}
}

// connection splices one connection until both ways are closed or ctx ends.
func (f *Forwarder) connection(ctx context.Context, from *net.TCPConn) {
	defer from.Close()
	conn, err := f.Dial(ctx, "tcp")
	if err != nil {
		if ctx.Err() == nil {
			f.Log.Warn("a connection is not forwarded", "error", err)
		}
		_ = from.SetLinger(0) // a reset says it better than an end
		return
	}
	to := conn.(*net.TCPConn)
	defer to.Close()
	defer context.AfterFunc(ctx, func() { from.Close(); to.Close() })()
	var back sync.WaitGroup
	back.Go(func() { splice(from, to) })
	splice(to, from)
	back.Wait()
}

// splice copies one way in the kernel and passes on its end: a close as a
// close, anything else as a reset.
func splice(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = to.SetLinger(0)
		to.Close()
		from.Close()
		return
	}
	_ = to.CloseWrite()
}

// Datagrams forwards UDP until ctx ends, and closes the socket. Answers go back
// to the sender whose datagrams they answer.
func (f *Forwarder) Datagrams(ctx context.Context, socket net.PacketConn) error {
	ctx, cancel := context.WithCancel(ctx)
	var answering sync.WaitGroup
	defer answering.Wait()
	defer cancel()
	defer context.AfterFunc(ctx, func() { socket.Close() })()
	defer socket.Close()
	senders := &senders{to: f, socket: socket, known: map[string]net.Conn{}}
	data := make([]byte, 64<<10)
	for {
		n, sender, err := socket.ReadFrom(data)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("forward: %w", err)
		}
		if conn := senders.conn(ctx, sender, &answering); conn != nil {
			_ = conn.SetReadDeadline(time.Now().Add(datagramsIdle))
			_, _ = conn.Write(data[:n]) // refused: nobody listens yet
		}
	}
}

// senders are the connected sockets of those who send datagrams.
type senders struct {
	to     *Forwarder
	socket net.PacketConn
	mu     sync.Mutex
	known  map[string]net.Conn
}

// conn is the socket of one sender, made at its first datagram; nil when it
// cannot be made.
func (s *senders) conn(ctx context.Context, sender net.Addr, answering *sync.WaitGroup) net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sender.String()
	if conn, ok := s.known[key]; ok {
		return conn
	}
	conn, err := s.to.Dial(ctx, "udp")
	if err != nil {
		s.to.Log.Warn("datagrams are not forwarded", "error", err)
		return nil
	}
	s.known[key] = conn
	answering.Go(func() {
		answer(ctx, s.socket, sender, conn)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.known, key)
	})
	return conn
}

// answer sends answers back until there have been none for a while.
func answer(ctx context.Context, socket net.PacketConn, sender net.Addr, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	data := make([]byte, 64<<10)
	for {
		n, err := conn.Read(data)
		if errors.Is(err, syscall.ECONNREFUSED) {
			continue // nobody listens yet
		}
		if err != nil {
			return
		}
		_, _ = socket.WriteTo(data[:n], sender) // lost, as datagrams may be
	}
}
