package link_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"studiobox/uplink/link"
	"studiobox/uplink/linktest"
)

// TestWhatIsOnItsWayIsOutstandingAndNotUnsent needs a line with a delay: on
// loopback bytes are acknowledged before anyone can look.
func TestWhatIsOnItsWayIsOutstandingAndNotUnsent(t *testing.T) {
	if err := linktest.Available(); err != nil {
		t.Skip("needs an emulated line: ", err)
	}
	direction := linktest.Direction{Delay: 150 * time.Millisecond}
	line, err := linktest.New(linktest.Config{Up: direction, Down: direction})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- line.Run(ctx) }()
	defer func() { cancel(); <-done; line.Close() }()
	listener, err := line.Listen("tcp", line.FarAddr()+":9000")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if far, err := listener.Accept(); err == nil {
			defer far.Close()
			_, _ = io.Copy(io.Discard, far)
		}
	}()
	conn, err := line.Dial(t.Context(), "tcp", line.FarAddr()+":9000")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	before, err := link.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(make([]byte, 5000)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	on, err := link.Read(raw)
	if err != nil || on.Unacked != 5000 || on.Unsent != 0 || on.Acked != before.Acked {
		t.Errorf("on its way: %+v, %v", on, err)
	}
	time.Sleep(600 * time.Millisecond)
	off, err := link.Read(raw)
	if err != nil || off.Outstanding() != 0 || off.Acked != before.Acked+5000 || off.MinRTT < 290*time.Millisecond {
		t.Errorf("arrived: %+v, %v", off, err)
	}
}
