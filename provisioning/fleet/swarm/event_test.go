package swarm

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"studiobox/provisioning/contract"
)

// mute is a broker that takes one connection, greets, and acknowledges nothing.
// It returns the first event that it is told.
func mute(t *testing.T, listener net.Listener) contract.Event {
	t.Helper()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte{packets.Connack << 4, 2, 0, 0}); err != nil {
		t.Fatal(err)
	}
	var in []byte
	for {
		var chunk [512]byte
		if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(chunk[:])
		if err != nil {
			t.Fatal(err)
		}
		in = append(in, chunk[:n]...)
		at := bytes.Index(in, []byte(`{"v":1,"ts":`))
		for ; at >= 0; at = bytes.Index(in, []byte(`{"v":1,"ts":`)) {
			end := bytes.IndexByte(in[at:], '}')
			if end < 0 {
				break
			}
			if e, err := contract.ParseEvent(in[at : at+end+1]); err == nil {
				return e
			}
			in = in[at+end+1:]
		}
	}
}

func TestAnEventThatTheBrokerDidNotAcknowledgeIsSentAgain(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	pace := RealPace()
	pace.Retry, pace.RetryMax = time.Millisecond, time.Millisecond
	s, err := New(Config{Boxes: Roll(1, []string{"b-0001"}), Broker: "tcp://" + listener.Addr().String(), Pace: pace}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	first, again := mute(t, listener), mute(t, listener)
	if first.N != again.N || first.Epoch != again.Epoch || first.Code != again.Code {
		t.Errorf("first %+v, on the next connection %+v", first, again)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
