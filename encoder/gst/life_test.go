package gst

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/encoder/gst/internal/wire"
	"studiobox/encoder/unit"
)

// fakeChild is the other end of a conversation, played by a test.
type fakeChild struct {
	in  *wire.Reader
	out *wire.Writer

	pongs, takes, pictures bool
	taken                  int64
}

// converse serves a transcoder with a fake child and returns what serve
// returned, and when. play answers one message; false ends the child's reading.
func converse(t *testing.T, s Settings, units int, greet, play func(*fakeChild, wire.Header) bool) (error, time.Duration) {
	t.Helper()
	ours, theirs := net.Pipe()
	tc := NewTranscoder(TranscoderConfig{Worker: testWorker(), Codec: unit.H264, Settings: s},
		newCollector(), slog.New(slog.DiscardHandler))
	tc.begin()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	began := time.Now()
	go func() { ended <- tc.serve(ctx, ours, tc) }()
	go func() {
		// The camera: 25 units per second, each on time.
		for i := range units {
			tc.Put(&unit.Unit{PTS: time.Duration(i) * 40 * time.Millisecond, Key: i == 0, NALUs: [][]byte{{0x65}}})
			time.Sleep(40 * time.Millisecond)
		}
	}()
	f := &fakeChild{in: wire.NewReader(theirs), out: wire.NewWriter(theirs, time.Hour)}
	go func() {
		for greet(f, wire.Header{}) {
			h, err := f.in.Next()
			if err != nil || f.in.Payload(make([]byte, h.Size)) != nil {
				return
			}
			if !play(f, h) {
				return
			}
		}
	}()
	err := <-ended
	took := time.Since(began)
	theirs.Close()
	synctest.Wait()
	return err, took
}

// hello greets once.
func hello() func(*fakeChild, wire.Header) bool {
	done := false
	return func(f *fakeChild, _ wire.Header) bool {
		if done {
			return true
		}
		done = true
		h, err := f.in.Next()
		if err != nil || f.in.Payload(make([]byte, h.Size)) != nil {
			return false
		}
		body, err := json.Marshal(wire.Hello{Version: wire.Version, GStreamer: "1.0", Backend: "x264"})
		return err == nil && f.out.Send(wire.Header{Kind: wire.Ready}, body) == nil
	}
}

// answers plays a child that does some of what it should.
func answers(pongs, takes, pictures bool) func(*fakeChild, wire.Header) bool {
	return func(f *fakeChild, h wire.Header) bool {
		var err error
		switch {
		case h.Kind == wire.Ping && pongs:
			err = f.out.Send(wire.Header{Kind: wire.Pong}, nil)
		case h.Kind == wire.Unit && takes:
			f.taken++
			if err = f.out.Send(wire.Header{Kind: wire.Taken, Value: f.taken}, nil); err == nil && pictures {
				err = f.out.Send(wire.Header{Kind: wire.Unit, Value: h.Value}, []byte{0, 0, 1, 0x65})
			}
		}
		return err == nil
	}
}

func TestAHungChildIsFoundOutInTime(t *testing.T) {
	deaf := func(*fakeChild, wire.Header) bool { return false }
	tests := []struct {
		name     string
		settings Settings
		greet    func(*fakeChild, wire.Header) bool
		play     func(*fakeChild, wire.Header) bool
		want     string // part of the error; empty is no hang
		from, to time.Duration
	}{
		{"it does everything", Settings{}, hello(), answers(true, true, true), "", 0, 0},
		{"it answers no ping", Settings{}, hello(), answers(false, false, false), "no answer", time.Second / 2, 1200 * time.Millisecond},
		{"it takes no unit", Settings{}, hello(), answers(true, false, false), "took nothing", time.Second, 1400 * time.Millisecond},
		{"it gives no picture", Settings{}, hello(), answers(true, true, false), "no picture", time.Second, 1600 * time.Millisecond},
		{"it gives few pictures as told", Settings{FPS: 1}, hello(), answers(true, true, false), "no picture", 3 * time.Second, 3400 * time.Millisecond},
		{"it reads nothing", Settings{}, hello(), deaf, "took no data", time.Second / 2, 1100 * time.Millisecond},
		{"it is slow to start", Settings{}, func(f *fakeChild, _ wire.Header) bool {
			_, err := f.in.Next()
			return err == nil && f.in.Payload(make([]byte, 1)) == nil && false
		}, deaf, "took no data", time.Second / 2, 1100 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const show = 10 * time.Second
				ctx, cancel := context.WithTimeout(t.Context(), show)
				defer cancel()
				_ = ctx
				err, took := converse(t, tt.settings, 200, tt.greet, tt.play)
				if !errors.Is(err, ErrHung) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("serve returned %v, want a hang with %q", err, tt.want)
				}
				if took < tt.from || took > tt.to {
					t.Errorf("it took %v, want %v to %v", took, tt.from, tt.to)
				}
			})
		})
	}
}

var _ = bytes.NewReader
var _ io.Reader
