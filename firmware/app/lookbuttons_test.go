package app

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/board/sim"
	"studiobox/drivers/button"
	"studiobox/firmware/config"
)

func TestALookButtonSetsItsLookAndALongPressStopsTheTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		twin := sim.New(nil)
		parts, err := simulatedStudio(twin)
		if err != nil {
			t.Fatal(err)
		}
		pin, err := twin.Pin(sim.Look)
		if err != nil {
			t.Fatal(err)
		}
		parts.buttons = []lookLine{{button.Line{Name: "button.look1", Pin: pin, Config: button.Config{ActiveLow: true}}, "gold"}}
		s, err := newStudio(parts, config.Default(), slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		on := &set{s, t, twin}
		on.passes(500 * time.Millisecond)
		for _, press := range []struct {
			lasts   time.Duration
			turning bool
		}{{200 * time.Millisecond, true}, {1500 * time.Millisecond, false}} {
			pin.Press()
			on.passes(press.lasts)
			pin.Release()
			on.passes(4 * time.Second)
			if turning := on.speed() > 1; turning != press.turning || s.part().Look != "gold" {
				t.Errorf("after a press of %v: turning %t, look %q", press.lasts, turning, s.part().Look)
			}
		}
		cancel()
		<-ended
	})
}

func TestALookButtonThatIsStuckIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		twin := sim.New(nil)
		pin, err := twin.Pin(sim.Look)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		parts := studioParts{
			buttons:  []lookLine{{button.Line{Name: "button.look1", Pin: pin, Config: button.Config{ActiveLow: true}}, "gold"}},
			onButton: func(name string, kind button.Kind) { told = append(told, name+" "+kind.String()) },
		}
		s, err := newStudio(parts, config.Default(), slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(time.Second)
		pin.Press()
		time.Sleep(15 * time.Second)
		pin.Release()
		time.Sleep(time.Second)
		cancel()
		<-ended
		for _, kind := range []button.Kind{button.Stuck, button.Recovered} {
			if !slices.Contains(told, "button.look1 "+kind.String()) {
				t.Errorf("%v is not among %q", kind, told)
			}
		}
	})
}

func TestALookButtonWithoutItsLookIsRefusedAtStart(t *testing.T) {
	parts := studioParts{buttons: []lookLine{{button.Line{Name: "button.look1"}, "silver"}}}
	_, err := newStudio(parts, config.Default(), slog.Default())
	if err == nil || !strings.Contains(err.Error(), "silver") || !strings.Contains(err.Error(), "look1") {
		t.Errorf("%v", err)
	}
}
