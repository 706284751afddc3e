package app

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/drivers/light"
)

// dimmer is a channel that remembers what it was dimmed to.
type dimmer struct{ first, last float64 }

func (d *dimmer) Dim(fraction float64) error {
	if d.first == 0 {
		d.first = fraction
	}
	d.last = fraction
	return nil
}

func (d *dimmer) Halt() error { return nil }

// life is one run of the program with one lamp, which is asked for a level.
func life(t *testing.T, m *lampMemory, level float64) *dimmer {
	t.Helper()
	channel := &dimmer{}
	lamp, err := light.New(light.Config{Name: "light.key", Emitters: []light.Emitter{{Channel: channel}}, Begin: m.held()["key"]})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- lamp.Run(ctx) }()
	go func() { ended <- m.keep(ctx, map[string]*light.Lamp{"key": lamp}) }()
	if err := lamp.Set(light.Look{Level: level, Fade: time.Second}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Second)
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	return channel
}

func TestAFadeAfterARestartBeginsWhereTheLampWasLeft(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		if first := life(t, &lampMemory{bootMemory{path: filepath.Join(dir, "lamps.json"), boot: "a"}}, 60); first.first > 0.05 {
			t.Errorf("the first fade ever began at %.2f", first.first)
		}
		again := life(t, &lampMemory{bootMemory{path: filepath.Join(dir, "lamps.json"), boot: "a"}}, 55)
		if left := light.Luminance(60); math.Abs(again.first-left) > 0.05 {
			t.Errorf("a fade after a restart began at %.2f, want near %.2f", again.first, left)
		}
		cold := life(t, &lampMemory{bootMemory{path: filepath.Join(dir, "lamps.json"), boot: "b"}}, 55)
		if cold.first > 0.05 {
			t.Errorf("after a restart of the computer, which left the lamp dark, a fade began at %.2f", cold.first)
		}
	})
}

func TestAMemoryThatCannotBeReadIsNone(t *testing.T) {
	m := &lampMemory{bootMemory{path: filepath.Join(t.TempDir(), "lamps.json"), boot: "a"}}
	if held := m.held(); len(held) != 0 {
		t.Errorf("held %v without a file", held)
	}
	if err := os.WriteFile(m.path, []byte(`{"boot":"a","shown":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if held := m.held(); len(held) != 0 {
		t.Errorf("held %v of half a file", held)
	}
}
