package panel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"sync"
	"testing"
	"time"

	"studiobox/firmware/health"
)

// fakeBox is a box made of memory: it can be put into any state, and with live
// set it also answers to presses.
type fakeBox struct {
	mu      sync.Mutex
	picture health.Snapshot
	changed chan struct{}
	calls   []string
	down    time.Time // zero while no press is down
	record  *fakeRecord
	need    time.Duration // how long a press must last to go live
}

func newFakeBox() *fakeBox {
	return &fakeBox{changed: make(chan struct{}), picture: healthyPicture(time.Now()), record: &fakeRecord{}, need: time.Second}
}

func healthyPicture(now time.Time) health.Snapshot {
	checks := []health.CheckResult{}
	for _, code := range []string{"camera", "audio", "encoder", "ingest", "line", "clock", "disk", "temperature", "power"} {
		checks = append(checks, health.CheckResult{Code: code, OK: true})
	}
	return health.Snapshot{
		At: now, Version: "0.1.0", Demo: true,
		Session: health.SessionPart{State: "idle", Since: now, Lamp: "idle"},
		Camera: health.CameraPart{Connected: true, URL: "rtsp://192.168.1.20/main", Codec: "H.264",
			Audio: "AAC", Kbps: 4120, FPS: 25},
		Encoder: health.EncoderPart{Mode: "pass", Width: 1280, Height: 720},
		Uplink:  health.UplinkPart{URL: "rtsps://ingest.example/live"},
		Rate:    health.RatePart{TargetKbps: 3500, Reason: "start"},
		Board:   health.BoardPart{Model: "Raspberry Pi 4", CPUPercent: 23, MemPercent: 31, TempC: 54, DiskFreeMB: 9000, ClockSynced: true},
		Studio: health.StudioPart{Turntable: true, Light: true, LightLevel: 0.7, AngleDeg: 30,
			Looks: []string{"fabric", "gem", "gold", "k18-ring", "pearl", "platinum"}, Look: "gold"},
		Conditions: []health.Condition{},
		Ingest:     &health.IngestPart{DelayMs: -1},
		Line:       &health.LinePart{Available: true, Kbps: 6000},
		MQTT:       health.MQTTPart{Enabled: true, Connected: true},
		Checks:     checks,
	}
}

// edit changes the picture and tells those who wait.
func (b *fakeBox) edit(change func(*health.Snapshot)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.picture)
	b.picture.At = time.Now()
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *fakeBox) Snapshot() *health.Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	copied := b.picture
	return &copied
}

func (b *fakeBox) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

func (b *fakeBox) note(call string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, call)
}

func (b *fakeBox) noted() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.calls...)
}

// trust sets how long a press lasts without a word from the phone.
func (s *served) trust(patience time.Duration) {
	s.button.mu.Lock()
	defer s.button.mu.Unlock()
	s.button.patience = patience
}

// hold sets how long a press must last to go live.
func (b *fakeBox) hold(need time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.need = need
}

func (b *fakeBox) PressDown() {
	b.note("down")
	b.mu.Lock()
	b.down = time.Now()
	b.mu.Unlock()
}

func (b *fakeBox) PressUp() {
	b.note("up")
	b.mu.Lock()
	b.down = time.Time{}
	b.mu.Unlock()
}

func (b *fakeBox) Stop() {
	b.note("stop")
	b.edit(func(s *health.Snapshot) { s.Session = health.SessionPart{State: "idle", Lamp: "idle"} })
}

// SetTurntable refuses 66 degrees a second, as with the emergency stop pressed.
func (b *fakeBox) SetTurntable(v float64) error {
	b.note("turntable")
	if v == 66 {
		return fmt.Errorf("fake box: %w", ErrEStop)
	}
	b.edit(func(s *health.Snapshot) { s.Studio.SpeedDegS = v })
	return nil
}

// TurnBy refuses 66 degrees, for whatever reason.
func (b *fakeBox) TurnBy(deg float64) error {
	b.note("turn")
	if deg == 66 {
		return errors.New("fake box: it does not turn")
	}
	b.edit(func(s *health.Snapshot) { s.Studio.AngleDeg = math.Mod(s.Studio.AngleDeg+deg+360, 360) })
	return nil
}

func (b *fakeBox) SetLight(level float64) {
	b.note("light")
	b.edit(func(s *health.Snapshot) { s.Studio.LightLevel = level })
}

// SetLook refuses the pearl, whose lamp does not answer.
func (b *fakeBox) SetLook(name string) error {
	b.note("look")
	b.edit(func(s *health.Snapshot) { s.Studio.Look = name })
	if name == "pearl" {
		return errors.New("light.key does not answer")
	}
	return nil
}

func (b *fakeBox) SetLineKbps(kbps int) {
	b.note("line")
	b.edit(func(s *health.Snapshot) { s.Line.Kbps = kbps })
}

func (b *fakeBox) AllowRemoteStart(allowed bool) {
	b.note("remote")
	b.edit(func(s *health.Snapshot) { s.Session.RemoteStart = allowed })
}

// live lets the fake answer to presses as a box would, until ctx ends.
func (b *fakeBox) live(ctx context.Context) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	done := false // this press has done its work
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			b.mu.Lock()
			down, start := b.down, b.need
			b.mu.Unlock()
			b.edit(func(s *health.Snapshot) {
				s.Studio.AngleDeg = math.Mod(s.Studio.AngleDeg+s.Studio.SpeedDegS*0.05+360, 360)
				need, onAir := start, s.Session.OnAir
				if onAir {
					need = 1500 * time.Millisecond
				}
				switch {
				case down.IsZero():
					done = false
					s.Session.Hold = 0
					if s.Session.State == "checking" {
						s.Session.State, s.Session.Lamp = "idle", "idle"
					}
				case done:
				default:
					s.Session.Hold = min(1, float64(now.Sub(down))/float64(need))
					if !onAir {
						s.Session.State, s.Session.Lamp = "checking", "checking"
					}
					if s.Session.Hold == 1 {
						done = true
						b.toggle(s, now)
					}
				}
			})
		}
	}
}

func (b *fakeBox) toggle(s *health.Snapshot, now time.Time) {
	if s.Session.OnAir {
		s.Session = health.SessionPart{State: "idle", Lamp: "idle", Since: now}
		s.Ingest = &health.IngestPart{DelayMs: -1}
		return
	}
	s.Session = health.SessionPart{State: "live", Lamp: "on_air", OnAir: true, Hold: 1, Since: now, LiveSince: now}
	s.Ingest = &health.IngestPart{Publishing: true, Kbps: 3900, FPS: 25, DelayMs: 312}
}

// served is a page that runs on a loopback port for one test.
type served struct {
	*Panel
	box *fakeBox
	url string
	end func() // ends it now instead of with the test
}

type option func(*Config, *Deps)

func openLocal(cfg *Config, _ *Deps) { cfg.OpenLocal = true }

func newPanel(t testing.TB, box *fakeBox, listener net.Listener, options ...option) *Panel {
	t.Helper()
	cfg := Config{Listener: listener, Text: health.Text}
	deps := Deps{Snapshots: box, Presser: box, Stopper: box, Studio: box, Looks: box, Line: box, RemoteStart: box, Shows: box.record}
	for _, apply := range options {
		apply(&cfg, &deps)
	}
	page, err := New(cfg, deps, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// endsWithin is the second that a page has to end, for a machine that has other
// work to do as well.
const endsWithin = 5 * time.Second

// serve runs a page until the test ends, and fails the test when the page
// takes long to end.
func serve(t testing.TB, options ...option) *served {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	box := newFakeBox()
	page := newPanel(t, box, listener, options...)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- page.Run(ctx) }()
	end := sync.OnceFunc(func() {
		asked := time.Now()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		if took := time.Since(asked); took > endsWithin {
			t.Errorf("the page took %v to end", took)
		}
	})
	t.Cleanup(end)
	return &served{page, box, "http://" + listener.Addr().String(), end}
}
