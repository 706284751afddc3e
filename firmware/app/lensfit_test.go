package app

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"studiobox/board/profile"
	"studiobox/firmware/config"
	"studiobox/firmware/guard"
)

// lensLoom is a loom with a conductor, which may hang.
type lensLoom struct {
	*loom
	hangs atomic.Bool
}

// onLens fits a lens, runs it, and plays a story.
func onLens(t *testing.T, wiring string, settings config.Lens, story func(l *lensLoom, parts studioParts)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p, err := profile.Parse("loom", []byte("title = \"loom\"\n"+least+wiring))
		if err != nil {
			t.Fatal(err)
		}
		l := &lensLoom{loom: &loom{wires: map[profile.Role]*wire{}}}
		cfg := config.Default()
		cfg.Lens = settings
		l.feeder = guard.NewFeeder(l.loom)
		parts, err := fitStudio(l, l, l.feeder, p, cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, part := range parts.others {
			running.Go(func() { _ = part.Run(ctx) })
		}
		s := &studio{parts: parts}
		running.Go(func() { // as the conductor does
			for ; ctx.Err() == nil && !l.hangs.Load(); time.Sleep(conductorTick) {
				s.keepAlive(time.Now())
			}
		})
		story(l, parts)
		cancel()
		running.Wait()
	})
}

const zoomStepper = `
[lens.zoom.step]
pin = "GPIO20"
resistor = "down"
[lens.zoom.dir]
pin = "GPIO26"
[lens.zoom.enable]
pin = "GPIO6"
resistor = "up"
`

func TestAFittedLensIsMovedByItsStepper(t *testing.T) {
	for _, reverse := range []bool{false, true} {
		lens := config.Default().Lens
		lens.ZoomTravel, lens.ZoomSpeed, lens.ZoomReverse = 1000, 1, reverse
		onLens(t, zoomStepper, lens, func(l *lensLoom, parts studioParts) {
			if parts.zoom == nil || parts.focus != nil {
				t.Fatalf("zoom %v, focus %v", parts.zoom, parts.focus)
			}
			_ = l.wire(profile.LensZoomEnable).Pin.Out(gpio.High) // as its pull holds it
			if err := parts.zoom.To(1); err != nil {
				t.Fatal(err)
			}
			time.Sleep(30 * time.Second)
			// To its stop, a tenth further than its travel, and back but for the margin.
			if rises, _, _ := l.wire(profile.LensZoomStep).told(); rises != 1100+980 {
				t.Errorf("%d steps, want 1100 to the stop and 980 from there", rises)
			}
			if l.wire(profile.LensZoomEnable).Read() != gpio.Low {
				t.Error("the motor has no current")
			}
			if towards := bool(l.wire(profile.LensZoomDir).Read()); towards == reverse {
				t.Errorf("reverse %t: DIR is %t on the way to 1", reverse, towards)
			}
		})
	}
}

func TestAFittedServoStaysWithinItsPulsesAtItsSpeed(t *testing.T) {
	for _, c := range []struct {
		reverse        bool
		first, last, s int // µs, and seconds of the way
	}{{false, 1200, 1700, 10}, {true, 1700, 1200, 10}} {
		lens := config.Default().Lens
		lens.FocusLowUs, lens.FocusHighUs, lens.FocusReverse, lens.FocusSpeed = 1200, 1700, c.reverse, 0.1
		onLens(t, "[lens.focus]\npwm = \"pwmchip0/1\"\n", lens, func(l *lensLoom, parts studioParts) {
			pulse := func() int {
				_, duty, _ := l.wire(profile.LensFocus).told()
				return int((float64(duty)*20_000/float64(gpio.DutyMax)+5)/10) * 10
			}
			_ = parts.focus.To(0)
			time.Sleep(time.Second)
			if pulse() != c.first {
				t.Errorf("reverse %t: %d µs at 0, want %d", c.reverse, pulse(), c.first)
			}
			_ = parts.focus.To(1)
			time.Sleep(5 * time.Second)
			if middle := pulse(); middle < 1440 || middle > 1460 {
				t.Errorf("%d µs after half the time of a whole way", middle)
			}
			time.Sleep(5500 * time.Millisecond)
			if pulse() != c.last {
				t.Errorf("reverse %t: %d µs at 1, want %d", c.reverse, pulse(), c.last)
			}
		})
	}
}

func TestAStepperOfALensIsRefusedWithoutItsTravelOrWithTooMuchSpeed(t *testing.T) {
	for says, change := range map[string]func(*config.Lens){
		"lens.zoom_travel is not set": func(*config.Lens) {},
		"lower it to 0.4":             func(l *config.Lens) { l.ZoomTravel = 5000 },
	} {
		_, err := fit(t, zoomStepper, func(c *config.Config) { change(&c.Lens) })
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want one line with %q", err, says)
		}
	}
}

func TestALensStandsWhenTheConductorHangs(t *testing.T) {
	lens := config.Default().Lens
	lens.ZoomSpeed = 0.1
	onLens(t, "[lens.zoom]\npwm = \"pwmchip0/0\"\n", lens, func(l *lensLoom, parts studioParts) {
		_ = parts.zoom.To(0)
		time.Sleep(2 * time.Second)
		_ = parts.zoom.To(1)
		time.Sleep(3 * time.Second)
		_, before, _ := l.wire(profile.LensZoom).told()
		l.hangs.Store(true)
		time.Sleep(time.Second)
		_, stood, _ := l.wire(profile.LensZoom).told()
		if way := float64(stood-before) / float64(gpio.DutyMax) * 20; way > 0.06 {
			t.Errorf("it went on for %.0f µs of its pulse, half a second's way is 50", way*1000)
		}
		time.Sleep(600 * time.Millisecond)
		if _, now, _ := l.wire(profile.LensZoom).told(); now != stood {
			t.Error("it moves without a conductor")
		}
	})
}
