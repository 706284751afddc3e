package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"studiobox/board/profile"
	"studiobox/drivers/power"
	"studiobox/encoder/rtspcam"
	"studiobox/firmware/config"
	"studiobox/firmware/health"
)

// hanging is a camera with a relay in its supply.
type hanging struct {
	pin *gpiotest.Pin

	mu            sync.Mutex
	good, refuses bool
	conditions    map[string]bool
}

func (h *hanging) is(good, refuses bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.good, h.refuses = good, refuses
}

// shows are the conditions that hold.
func (h *hanging) shows() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	held := maps.Clone(h.conditions)
	maps.DeleteFunc(held, func(_ string, bad bool) bool { return !bad })
	return fmt.Sprint(held)
}

// off counts the seconds of a time in which the camera has no power.
func (h *hanging) off(lasting time.Duration) (seconds int) {
	for end := time.Now().Add(lasting); time.Now().Before(end); {
		time.Sleep(time.Second)
		synctest.Wait()
		if h.pin.Read() == gpio.High { // High takes the power away
			seconds++
		}
	}
	return seconds
}

func onPower(t *testing.T, story func(h *hanging)) {
	synctest.Test(t, func(t *testing.T) {
		h := &hanging{pin: &gpiotest.Pin{N: "power.camera"}, conditions: map[string]bool{}}
		ask := func(what *bool) func() bool {
			return func() bool {
				h.mu.Lock()
				defer h.mu.Unlock()
				return *what
			}
		}
		c := &cameraPower{
			supply: power.New(power.Config{Pin: h.pin}), policy: power.NewPolicy(power.PolicyConfig{}),
			good: ask(&h.good), refuses: ask(&h.refuses), log: slog.New(slog.NewTextHandler(io.Discard, nil)),
			report: func(code string, bad bool, _ string) {
				h.mu.Lock()
				defer h.mu.Unlock()
				h.conditions[code] = bad
			},
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		story(h)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestACameraThatHangsLosesItsPowerForAMomentAndOneThatWorksNever(t *testing.T) {
	for hangs, want := range map[bool]int{true: 5, false: 0} {
		onPower(t, func(h *hanging) {
			h.is(!hangs, false)
			if off := h.off(100 * time.Second); off < want || off > want+1 {
				t.Errorf("hangs %v: without power for %d s of 100, want %d", hangs, off, want)
			}
		})
	}
}

func TestACameraThatRefusesUsKeepsItsPower(t *testing.T) {
	onPower(t, func(h *hanging) {
		h.is(false, true)
		if off := h.off(2 * time.Hour); off != 0 || h.shows() != "map[]" {
			t.Errorf("a camera with another password was without power for %d s; %s", off, h.shows())
		}
		h.is(false, false)
		if off := h.off(100 * time.Second); off < 5 {
			t.Error("a camera that hangs after its refusal keeps its power")
		}
	})
}

func TestAPowerCycleAndTheEndOfAllPowerCyclesAreToldAndForgotten(t *testing.T) {
	onPower(t, func(h *hanging) {
		h.is(false, false)
		h.off(70 * time.Second)
		if h.shows() != "map["+health.CameraPowerCycled+":true]" {
			t.Errorf("after the first cycle: %s", h.shows())
		}
		h.off(20 * time.Minute) // cycles at 1, 3 and 8 minutes: it may still help
		if h.shows() != "map["+health.CameraPowerCycled+":true]" {
			t.Errorf("between two cycles: %s", h.shows())
		}
		h.off(20 * time.Minute) // and at 23 minutes, the last for an hour
		if h.shows() != "map["+health.CameraPowerLimited+":true]" {
			t.Errorf("with no more cycles left: %s", h.shows())
		}
		h.is(true, false)
		h.off(16 * time.Minute)
		if h.shows() != "map[]" {
			t.Errorf("with pictures again: %s", h.shows())
		}
	})
}

// frozen is a camera that sends nothing.
type frozen struct{ filming }

func (frozen) Stats() rtspcam.Stats { return rtspcam.Stats{} }

func TestTheRelayOfABoxGoesOffAndOnForACameraThatHangs(t *testing.T) {
	for wiring, off := range map[string]gpio.Level{
		"[power.camera]\npin = \"GPIO12\"\nresistor = \"down\"\n":                 gpio.High,
		"[power.camera]\npin = \"GPIO12\"\nresistor = \"up\"\nactive = \"low\"\n": gpio.Low,
	} {
		synctest.Test(t, func(t *testing.T) {
			p, err := profile.Parse("loom", []byte("title = \"loom\"\n"+least+wiring))
			if err != nil {
				t.Fatal(err)
			}
			l := &loom{wires: map[profile.Role]*wire{}}
			extras, err := fitExtras(l, l, p)
			if err != nil {
				t.Fatal(err)
			}
			relay := l.wire(profile.PowerCamera)
			_ = relay.Pin.Out(!off) // as its pull holds it
			settings := config.Default()
			settings.Box.DataDir, settings.Camera.URL = t.TempDir(), "rtsp://camera/main"
			b := &box{
				cfg: boxConfig{Settings: settings, Hardware: hardware{extras: extras}}, picture: &picture{camera: frozen{}},
				log: slog.New(slog.NewTextHandler(io.Discard, nil)), tracker: health.NewTracker(health.Definitions()),
			}
			if err := b.makeStudio(); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- b.studio.Run(ctx) }()
			without := 0
			for range 100 {
				time.Sleep(time.Second)
				synctest.Wait()
				if relay.Read() == off {
					without++
				}
			}
			cancel()
			<-ended
			if without < 5 || without > 6 || relay.Read() == off {
				t.Errorf("the camera was without power for %d s of 100, and is at the end: %t", without, relay.Read() == off)
			}
			found := false
			for _, c := range b.tracker.Active(time.Now()) {
				found = found || c.Code == health.CameraPowerCycled
			}
			if !found {
				t.Error("nobody is told of it")
			}
		})
	}
}
