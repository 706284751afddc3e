package linktest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// forwarding forwards from loopback to an address until the test ends, and
// returns where.
func forwarding(t *testing.T, to string, log *slog.Logger) string {
	t.Helper()
	f := &Forwarder{Log: log, Dial: func(ctx context.Context, network string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, to)
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := net.ListenPacket("udp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	for _, run := range []func() error{
		func() error { return f.Connections(ctx, listener) },
		func() error { return f.Datagrams(ctx, socket) },
	} {
		parts.Go(func() {
			if err := run(); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { cancel(); parts.Wait() })
	return listener.Addr().String()
}

// listening accepts one connection and hands it to the test.
func listening(t *testing.T) (string, chan *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	conns := make(chan *net.TCPConn, 1)
	go func() {
		if conn, err := listener.Accept(); err == nil {
			conns <- conn.(*net.TCPConn)
		}
	}()
	return listener.Addr().String(), conns
}

func dialTCP(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn.(*net.TCPConn)
}

func TestAForwardedConnectionKeepsItsBytesAndItsHalfClose(t *testing.T) {
	address, conns := listening(t)
	near := dialTCP(t, forwarding(t, address, slog.New(slog.DiscardHandler)))
	question := bytes.Repeat([]byte("question"), 100_000)
	go func() { _, _ = near.Write(question); _ = near.CloseWrite() }()
	far := <-conns
	got, err := io.ReadAll(far)
	if err != nil || !bytes.Equal(got, question) {
		t.Fatalf("%d bytes arrived of %d: %v", len(got), len(question), err)
	}
	_, _ = far.Write([]byte("answer")) // after the other way has closed
	far.Close()
	if got, err := io.ReadAll(near); err != nil || string(got) != "answer" {
		t.Errorf("%q came back: %v", got, err)
	}
}

func TestAResetIsForwardedAsAReset(t *testing.T) {
	address, conns := listening(t)
	near := dialTCP(t, forwarding(t, address, slog.New(slog.DiscardHandler)))
	far := <-conns
	_ = far.SetLinger(0)
	far.Close()
	if _, err := io.ReadAll(near); err == nil {
		t.Error("a reset arrived as an orderly end")
	}
}

func TestAnAddressThatRefusesIsToldAndTheConnectionReset(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	var log syncBuffer
	near, err := net.Dial("tcp", forwarding(t, listener.Addr().String(), slog.New(slog.NewTextHandler(&log, nil))))
	if err == nil { // the reset may come sooner than the dialler looks
		defer near.Close()
		_ = near.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.ReadAll(near); err == nil {
			t.Error("a connection that was not forwarded ended in good order")
		}
	}
	eventually(t, "the reason is told", func() bool { return strings.Contains(log.String(), "connection refused") })
}

// syncBuffer is a log that a test reads while it is written.
type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestAnswersToDatagramsGoToWhoAsked(t *testing.T) {
	echo, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		var data [100]byte
		for {
			n, from, err := echo.ReadFrom(data[:])
			if err != nil {
				return
			}
			_, _ = echo.WriteTo(data[:n], from)
		}
	}()
	address := forwarding(t, echo.LocalAddr().String(), slog.New(slog.DiscardHandler))
	for _, word := range []string{"one", "two", "three"} {
		conn, err := net.Dial("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		for range 3 {
			var data [100]byte
			_, _ = conn.Write([]byte(word))
			if n, err := conn.Read(data[:]); err != nil || string(data[:n]) != word {
				t.Errorf("asked %q, heard %q: %v", word, data[:n], err)
			}
		}
	}
}
