package panel

import (
	"net"
	"testing"
	"time"
)

// The end may come at any moment of a new connection's first steps.
func TestADoorClosesAtOnceWhateverComesIn(t *testing.T) {
	for try := range 200 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		d := newDoor(listener)
		ended := make(chan struct{})
		go func() {
			d.run()
			close(ended)
		}()
		for _, first := range []string{"", "\x00", "G"} {
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write([]byte(first)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Duration(try) * time.Microsecond)
		d.close()
		select {
		case <-ended:
		case <-time.After(time.Second):
			t.Fatalf("try %d: the door is still open after a second", try)
		}
	}
}
