package broker

import (
	"io"
	"log/slog"
	"net"
	"testing"
	"time"
)

func TestAStrangerWhoSaysNothingIsSentAway(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := newDoor(Door{Name: "test", Listener: listener}, newGuard(Config{}, slog.New(slog.DiscardHandler)))
	d.hello = 50 * time.Millisecond
	go d.Serve(func(_ string, conn net.Conn) error {
		_, err := io.ReadAll(conn)
		return err
	})
	defer d.shut()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after its time: %v, want the end of the connection", err)
	}
}
