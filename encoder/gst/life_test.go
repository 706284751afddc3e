package gst

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/encoder/gst/internal/wire"
	"studiobox/encoder/unit"
)

// fakeChild plays the other end of a conversation: it does what is true.
type fakeChild struct {
	greets, reads, pongs, takes, pictures bool

	version int
	failure *wire.Failure
}

func (f fakeChild) live(conn net.Conn) {
	in, out := wire.NewReader(conn), wire.NewWriter(conn, time.Hour)
	send := func(k wire.Kind, value int64, payload []byte) {
		_ = out.Send(wire.Header{Kind: k, Value: value}, payload) // the box may be gone
	}
	for taken := int64(0); ; {
		h, err := in.Next()
		if err != nil || in.Payload(make([]byte, h.Size)) != nil {
			return
		}
		switch {
		case h.Kind == wire.Configure && f.failure != nil:
			body, _ := json.Marshal(f.failure)
			send(wire.Failed, 0, body)
			return
		case h.Kind == wire.Configure && f.greets:
			body, _ := json.Marshal(wire.Hello{Version: f.version, GStreamer: "1.0", Backend: "x264"})
			send(wire.Ready, 0, body)
		case h.Kind == wire.Ping && f.pongs:
			send(wire.Pong, 0, nil)
		case h.Kind == wire.Unit && f.takes:
			taken++
			send(wire.Taken, taken, nil)
			if f.pictures {
				send(wire.Unit, h.Value, []byte{0, 0, 1, 0x65})
			}
		}
		if !f.reads {
			return
		}
	}
}

// show lets a camera of 25 units per second speak to a fake child through a
// transcoder for at most a minute, and tells how serve ended and after how long.
func show(t *testing.T, s Settings, f fakeChild) (after time.Duration, err error) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	tc := NewTranscoder(TranscoderConfig{Worker: testWorker(), Codec: unit.H264, Settings: s},
		unit.SinkFunc(func(*unit.Unit) {}), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tc.begin()
	began := time.Now()
	var others sync.WaitGroup
	others.Go(func() { f.live(theirs) })
	others.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			tc.Put(&unit.Unit{PTS: time.Duration(i) * 40 * time.Millisecond, Key: i%50 == 0, NALUs: [][]byte{{0x65}}})
			time.Sleep(40 * time.Millisecond)
		}
	})
	err = tc.serve(ctx, ours, tc)
	after = time.Since(began)
	cancel()
	others.Wait()
	return after, err
}

func TestAChildThatHangsIsFoundOutInTime(t *testing.T) {
	healthy := fakeChild{version: wire.Version, greets: true, reads: true, pongs: true, takes: true, pictures: true}
	but := func(change func(*fakeChild)) fakeChild {
		f := healthy
		change(&f)
		return f
	}
	tests := []struct {
		name     string
		settings Settings
		child    fakeChild
		want     string
		from, to time.Duration
	}{
		{"a healthy one", Settings{}, healthy, "deadline exceeded", time.Minute, time.Minute},
		{"no word at the start", Settings{}, but(func(f *fakeChild) { f.greets, f.pongs = false, false }),
			"not ready after 30s", 30 * time.Second, 30500 * time.Millisecond},
		{"not ready, but answering", Settings{}, but(func(f *fakeChild) { f.greets = false }),
			"not ready after 30s", 30 * time.Second, 30500 * time.Millisecond},
		{"no answer", Settings{}, but(func(f *fakeChild) { f.pongs, f.takes = false, false }),
			"no answer for 900ms", 900 * time.Millisecond, 1200 * time.Millisecond},
		{"units are not taken", Settings{}, but(func(f *fakeChild) { f.takes = false }),
			"took nothing for 1s", time.Second, 1300 * time.Millisecond},
		{"units give no picture", Settings{}, but(func(f *fakeChild) { f.pictures = false }),
			"no picture came", time.Second, 1300 * time.Millisecond},
		{"units give no picture at a low frame rate", Settings{FPS: 1}, but(func(f *fakeChild) { f.pictures = false }),
			"no picture came", 3 * time.Second, 3300 * time.Millisecond},
		{"the socket is full", Settings{}, but(func(f *fakeChild) { f.reads = false }),
			"took no data for 900ms", 900 * time.Millisecond, 1200 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				after, err := show(t, tt.settings, tt.child)
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("serve returned %v, want %q", err, tt.want)
				}
				if hung := tt.to < time.Minute; hung != errors.Is(err, ErrHung) {
					t.Errorf("serve returned %v", err)
				}
				if after < tt.from || after > tt.to {
					t.Errorf("serve returned after %v, want %v to %v", after, tt.from, tt.to)
				}
			})
		})
	}
}

func TestWhatTheChildSaysAtItsEndIsTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := show(t, Settings{}, fakeChild{reads: true, failure: &wire.Failure{Text: "the sky fell"}})
		if err == nil || err.Error() != "the sky fell" {
			t.Errorf("serve returned %v", err)
		}
	})
}

func TestAnOldWorkerIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := show(t, Settings{}, fakeChild{reads: true, greets: true, version: wire.Version + 1})
		if !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("serve returned %v", err)
		}
	})
}

func TestAPauseOfOurOwnIsNotTheChildsFault(t *testing.T) {
	now := time.Now()
	w := newWatch(now)
	w.ready = true
	w.hear(now)
	w.give(now, true)
	now = now.Add(pingEvery)
	if err := w.verdict(now, quietLimit); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute) // we were stopped
	if err := w.verdict(now, quietLimit); err != nil {
		t.Errorf("verdict after a pause: %v", err)
	}
	var err error
	for range 6 {
		now = now.Add(pingEvery)
		err = w.verdict(now, quietLimit)
	}
	if !errors.Is(err, ErrHung) {
		t.Errorf("verdict on a child that stays silent: %v", err)
	}
}

// FuzzChild lets a child send anything: the box must neither panic nor go on.
func FuzzChild(f *testing.F) {
	seed := func(k wire.Kind, value int64, payload string) {
		ours, theirs := net.Pipe()
		go func() {
			_ = wire.NewWriter(theirs, time.Second).Send(wire.Header{Kind: k, Value: value}, []byte(payload))
			theirs.Close()
		}()
		b := make([]byte, 0, 256)
		for {
			n, err := ours.Read(b[len(b):cap(b)])
			b = b[:len(b)+n]
			if err != nil {
				break
			}
		}
		f.Add(b)
	}
	seed(wire.Ready, 0, `{"version":1,"gstreamer":"1.22.0","backend":"x264"}`)
	seed(wire.Unit, 40e6, "\x00\x00\x00\x01\x67\x42\x00\x00\x01\x65\x88")
	seed(wire.Frame, 40e6, "\x02\x00\x00\x00\x02\x00\x00\x00abcdef")
	seed(wire.Taken, 1, "")
	seed(wire.Failed, 0, `{"text":"x","part":"y","package":"z"}`)
	seed(wire.Configure, 0, "{}")
	f.Add([]byte{0xff, 0xff, 0xff, 0x01, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		quiet := slog.New(slog.DiscardHandler)
		tc := NewTranscoder(TranscoderConfig{Worker: testWorker(), Codec: unit.H264}, unit.SinkFunc(func(u *unit.Unit) {
			for _, n := range u.NALUs {
				if len(n) == 0 {
					t.Error("an empty NAL unit")
				}
			}
		}), quiet)
		dec := NewDecoder(DecoderConfig{Worker: testWorker(), Codec: unit.H264}, func(fr Frame) {
			if len(fr.I420) != wire.I420Size(fr.Width, fr.Height) {
				t.Errorf("%d bytes for %dx%d", len(fr.I420), fr.Width, fr.Height)
			}
		}, quiet)
		for _, j := range []struct {
			*child
			job
			*feed
		}{{&tc.child, tc, tc.feed}, {&dec.child, dec, dec.feed}} {
			j.marks.Put(40*time.Millisecond, mark{put: time.Now()})
			l := &life{child: j.child, job: j.job, watch: newWatch(time.Now()), reader: wire.NewReader(strings.NewReader(string(data)))}
			if err := l.read(); err == nil {
				t.Error("read ended without an error")
			}
		}
	})
}
