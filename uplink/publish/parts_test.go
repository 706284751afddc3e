package publish

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"studiobox/encoder/unit"
	"studiobox/uplink/link"
)

func TestRedactHidesPasswordKeyAndQuery(t *testing.T) {
	for address, want := range map[string]string{
		"rtsp://user:pass@ingest.example:8554/live/streamkey?token=t": "rtsp://ingest.example:8554/live/***",
		"rtsps://ingest.example/streamkey":                            "rtsps://ingest.example/***",
		"rtsp://ingest.example":                                       "rtsp://ingest.example/***",
		"rtsp://ingest.example/a/b/streamkey/":                        "rtsp://ingest.example/a/b/***",
		"rtsp://user:p%zz@host/x":                                     "(ingest address hidden)",
		"streamkey":                                                   "(ingest address hidden)",
	} {
		if got := Redact(address); got != want {
			t.Errorf("Redact(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestABadAddressIsRefusedWithoutBeingRepeated(t *testing.T) {
	for _, cfg := range []Config{
		{URL: "http://user:secret@host/live"}, {URL: "rtsp://user:secret%zz@host/live"}, {URL: "rtsp:///live"}, {URL: ""},
		{URL: "rtsp://host/live", Transport: "sctp"}, {URL: "rtsps://user:secret@host/live", Transport: "udp"},
	} {
		if _, err := New(cfg, nil); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestSilenceCountsOnlyWhileSomethingIsOutstanding(t *testing.T) {
	start := time.Now()
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	var a acks
	for _, step := range []struct {
		s           float64
		acked       uint64
		outstanding bool
		quiet       float64
	}{
		{0, 0, true, 0}, {1, 0, true, 1}, {1.5, 100, true, 0}, {3, 100, true, 1.5}, {3.5, 100, false, 0}, {9, 100, false, 0}, {10, 100, true, 1}, {11, 101, true, 0},
	} {
		if quiet := a.observe(at(step.s), step.acked, step.outstanding); quiet != time.Duration(step.quiet*float64(time.Second)) {
			t.Errorf("at %v s: quiet for %v, want %v s", step.s, quiet, step.quiet)
		}
	}
	if !a.last.Equal(at(11)) {
		t.Errorf("last rose at %v", a.last.Sub(start))
	}
}

func TestTheRateIsOfTheLastSecond(t *testing.T) {
	var a acks
	start := time.Now()
	now := start
	for n := range 100 {
		now = start.Add(time.Duration(n) * 50 * time.Millisecond)
		a.observe(now, uint64(max(0, n-50))*12_500, true) // 2 Mbit/s from 2.5 s on
		if n == 40 && a.kbps(now) != 0 {
			t.Errorf("%d kbit/s before anything was acknowledged", a.kbps(now))
		}
	}
	if kbps := a.kbps(now); kbps != 2000 {
		t.Errorf("%d kbit/s, want 2000", kbps)
	}
}

func TestTheKernelsBacklogIsAsOldAsItsOldestUnit(t *testing.T) {
	var b backlog
	if _, waits := b.oldest(0); waits {
		t.Error("an empty backlog waits")
	}
	for n := range 300 { // more than it has room for
		b.add(uint64(n+1)*1000, time.Duration(n)*time.Millisecond)
	}
	for _, c := range []struct {
		sent  uint64
		at    time.Duration
		waits bool
	}{{200_000, 200 * time.Millisecond, true}, {200_500, 200 * time.Millisecond, true}, {299_999, 299 * time.Millisecond, true}, {300_000, 0, false}} {
		if at, waits := b.oldest(c.sent); at != c.at || waits != c.waits {
			t.Errorf("%d bytes sent: %v, %v", c.sent, at, waits)
		}
	}
}

func TestTheKernelHoldsLittleThatCanNoLongerBeDropped(t *testing.T) {
	for _, size := range []int{1460, interleavedBatch} {
		conn := stuck(t)
		for err := error(nil); err == nil; {
			_, err = conn.Write(make([]byte, size))
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
		}
		sample, ok := conn.sample()
		if !ok || sample.Unsent == 0 || sample.Unsent > link.MostUnsent {
			t.Errorf("writes of %d bytes leave %d unsent", size, sample.Unsent)
		}
		if written := int(conn.written.Load()); int(sample.Acked)+sample.Outstanding()-written > 1 {
			t.Errorf("%d bytes written, %d acknowledged, %d outstanding", written, sample.Acked, sample.Outstanding())
		}
	}
}

// stuck is a tuned connection whose peer does not read and whose writes give
// up after a moment.
func stuck(t *testing.T) *socket {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	peer, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); peer.Close() })
	s := newSocket(conn)
	if err := link.Tune(s.raw, ""); err != nil {
		t.Fatal(err)
	}
	_ = s.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	return s
}

func TestNTPTimeHasABinaryFraction(t *testing.T) {
	at := time.Date(2024, 5, 6, 7, 8, 9, 750_000_000, time.UTC)
	if got := toNTP(at); got>>32 != uint64(at.Unix())+2208988800 || got&0xffffffff != 0xc0000000 {
		t.Errorf("%#x", got)
	}
}

func TestTheWallClockFollowsSlowlyAndJumpsWhenItIsSet(t *testing.T) {
	base := time.Date(1970, 1, 1, 0, 0, 10, 0, time.UTC)
	var w wallClock
	w.note(&unit.Unit{PTS: 0, Captured: base})
	w.note(&unit.Unit{PTS: time.Second, Captured: base.Add(time.Second + 256*time.Millisecond)})
	if w.offset != 10*time.Second+time.Millisecond {
		t.Errorf("after a late picture the offset is %v", w.offset)
	}
	set := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	w.note(&unit.Unit{PTS: 2 * time.Second, Captured: set})
	if w.offset != time.Duration(set.UnixNano())-2*time.Second {
		t.Errorf("after the clock was set the offset is %v", w.offset)
	}
}

func TestASteadyFlowAllocatesNothing(t *testing.T) {
	q := newQueue(DefaultMaxAge)
	picture := newTrack(unit.Video, unit.Format{Codec: unit.H264}, 96, 90000)
	sound := newTrack(unit.Audio, unit.Format{Codec: unit.AAC}, 97, 48000)
	carrier := carrier{wire: newInterleaved(loopback(t)), tracks: []*track{picture, sound}, due: time.Now().Add(time.Hour)}
	video := &unit.Unit{Track: unit.Video, Key: true, Captured: time.Now(), NALUs: [][]byte{{0x67, 1}, make([]byte, 30_000)}}
	audio := &unit.Unit{Track: unit.Audio, Frame: make([]byte, 300)}
	now := time.Now()
	flow := func() {
		q.put(video, 0)
		q.put(audio, 0)
		for u := q.begin(0); u != nil; u = q.begin(0) {
			if err := carrier.carry(u, now); err != nil {
				t.Fatal(err)
			}
			q.done()
		}
	}
	flow()
	if n := testing.AllocsPerRun(200, flow); n != 0 {
		t.Errorf("%v allocations for a picture and a sound", n)
	}
}

func TestAnObservationAllocatesNothing(t *testing.T) {
	p := observed(t)
	if n := testing.AllocsPerRun(200, func() { p.Observe(time.Now()) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
