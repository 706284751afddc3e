package app

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/board/sim"
	"studiobox/firmware/config"
	"studiobox/firmware/look"
)

// film is a camera that remembers what it was told last.
type film struct {
	told  look.Colours
	times int
}

func (f *film) Lock(c look.Colours) error {
	f.told = c
	f.times++
	return nil
}

// liveOnce runs a studio with memory for ten seconds and returns what became of it.
// boot is the computer's run; ask, if any, is pressed after five seconds.
func liveOnce(t *testing.T, dir, boot, ask string) (looks string, camera *film, speed float64, level float64) {
	t.Helper()
	twin := sim.New(nil)
	parts, err := simulatedStudio(twin)
	if err != nil {
		t.Fatal(err)
	}
	camera = &film{}
	parts.camera, parts.eye = camera, look.Eye{Exposes: true, OnBox: true, Calm: 20 * time.Millisecond}
	settings := config.Default()
	settings.Studio.Prefecture = 19
	s, err := newStudio(parts, settings, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	m := &lookMemory{bootMemory: bootMemory{path: filepath.Join(dir, "look.json"), boot: boot}, director: s.director, log: s.log}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- s.Run(ctx) }()
	go func() { ended <- m.Run(ctx) }()
	on := &set{s, t, twin}
	on.passes(5 * time.Second)
	if ask != "" {
		if err := s.SetLook(ask); err != nil {
			t.Fatal(err)
		}
	}
	on.passes(5 * time.Second)
	speed, level = on.speed(), s.parts.lamps["key"].Stats().Level
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	return s.part().Look, camera, speed, level
}

func TestALookOutlivesTheProgramButNothingMovesAndNotTheComputer(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		name, first, speed, _ := liveOnce(t, dir, "a", "gold")
		if name != "gold" || speed < 1 || first.told.WhiteBalance != 3800 || !first.told.Lock {
			t.Fatalf("before: look %q, table at %.1f, camera %+v", name, speed, first.told)
		}
		_, _, _, dark := liveOnce(t, t.TempDir(), "a", "")
		name, again, speed, level := liveOnce(t, dir, "a", "")
		if name != "gold" || again.told != first.told || again.times != 1 {
			t.Errorf("after a restart of the program: look %q, camera %+v, want %+v", name, again.told, first.told)
		}
		if speed != 0 || level != dark {
			t.Errorf("after a restart of the program the table turns at %.1f and the lamp is at %.0f, not %.0f", speed, level, dark)
		}
		if name, again, _, _ = liveOnce(t, dir, "a", "pearl"); name != "pearl" || again.times != 2 {
			t.Errorf("a look over it: %q", name)
		}
		if name, again, _, _ = liveOnce(t, dir, "b", ""); name != "" || again.times != 0 {
			t.Errorf("after a restart of the computer: look %q, camera %+v", name, again.told)
		}
	})
}

func TestALookThatIsThereNoMoreIsNotTakenUp(t *testing.T) {
	dir := t.TempDir()
	m := bootMemory{path: filepath.Join(dir, "look.json"), boot: "a"}
	if err := m.write("silver"); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		if name, camera, _, _ := liveOnce(t, dir, "a", ""); name != "" || camera.times != 0 {
			t.Errorf("look %q, camera %+v", name, camera.told)
		}
	})
}
