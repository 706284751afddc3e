package app

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studiobox/board/sim"
	"studiobox/firmware/health"
)

// serve runs a control socket until the test ends.
func serve(t *testing.T, press func(context.Context, string, time.Duration)) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "box.sock")
	c := &control{path: socket, press: press, snapshot: func() *health.Snapshot {
		return &health.Snapshot{Session: health.SessionPart{State: "idle"}}
	}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for range 100 {
		if _, err := os.Stat(socket); err == nil {
			return socket
		}
		time.Sleep(10 * time.Millisecond) // a real socket
	}
	t.Fatal("no socket")
	return ""
}

func pressOver(t *testing.T, socket, hold string) error {
	t.Helper()
	_, err := askControl(t.Context(), socket, http.MethodPost, "/press", url.Values{"button": {"golive"}, "hold": {hold}})
	return err
}

func TestAPressOnARealBoardIsRefusedBecauseAPressIsAFinger(t *testing.T) {
	err := pressOver(t, serve(t, nil), "1s")
	if err == nil || !strings.Contains(err.Error(), "a press is a finger") {
		t.Errorf("got %v", err)
	}
}

func TestAPressHoldsTheSimulatedPinForAsLongAsAsked(t *testing.T) {
	twin := sim.New(nil)
	begun := time.Now()
	if err := pressOver(t, serve(t, finger(twin)), "150ms"); err != nil {
		t.Fatal(err)
	}
	if held := time.Since(begun); held < 150*time.Millisecond {
		t.Errorf("held for %v only", held)
	}
	if level, err := twin.Level(sim.GoLive); err != nil || !level {
		t.Errorf("the line reads %v (%v) after the release, want high: released", level, err)
	}
}

func TestAPressWithoutAnEndIsRefused(t *testing.T) {
	socket := serve(t, finger(sim.New(nil)))
	for _, hold := range []string{"0s", "-1s", "2h", "long"} {
		if pressOver(t, socket, hold) == nil {
			t.Errorf("a hold of %q was accepted", hold)
		}
	}
}

func TestOnlyTheOwnerCanOpenTheControlSocket(t *testing.T) {
	info, err := os.Stat(serve(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		t.Errorf("the socket's mode is %v", mode)
	}
}

func TestASecondBoxOnTheSameSocketIsToldSo(t *testing.T) {
	socket := serve(t, nil)
	if _, err := listenControl(socket); err == nil || !strings.Contains(err.Error(), "already runs") {
		t.Errorf("got %v", err)
	}
}

func TestTheSocketOfADeadBoxIsTakenOver(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "box.sock")
	writeLeftover(t, socket)
	listener, err := listenControl(socket)
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
}

func writeLeftover(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestStatusWithoutABoxSaysHowToStartOne(t *testing.T) {
	_, err := askControl(t.Context(), filepath.Join(t.TempDir(), "none.sock"), http.MethodGet, "/status", nil)
	if err == nil || !strings.Contains(err.Error(), "studiobox demo") {
		t.Errorf("got %v", err)
	}
}
