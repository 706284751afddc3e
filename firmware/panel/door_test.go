package panel

import (
	"net"
	"sync"
	"testing"
	"time"
)

// latecomers are connections during whose very first step the door closes.
type latecomers struct {
	net.Listener
	close func()
}

func (l latecomers) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &latecomer{conn, sync.OnceFunc(l.close)}, nil
}

type latecomer struct {
	net.Conn
	close func()
}

func (l *latecomer) SetReadDeadline(t time.Time) error {
	l.close()
	return l.Conn.SetReadDeadline(t)
}

func TestADoorClosesAtOnceThoughSomeoneIsJustComingIn(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var d *door
	d = newDoor(latecomers{listener, func() { d.close() }})
	ended := make(chan struct{})
	go func() {
		d.run()
		close(ended)
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("the door is still open long after it was closed")
	}
}
