package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// scribe is a guard's process that writes down what it is told, and its end.
func scribe(t *testing.T) (*guardProcess, string) {
	path := filepath.Join(t.TempDir(), "heard")
	return &guardProcess{command: []string{"sh", "-c", "cat > " + path + "; echo . >> " + path}}, path
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func TestTheGuardHearsTheDaemonAndItsEnd(t *testing.T) {
	child, path := scribe(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- child.Run(ctx) }()
	await(t, "no process", func() bool { _, err := child.Write([]byte("m")); return err == nil })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("an end that was asked for: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "m.\n" {
		t.Errorf("heard %q, %v", text, err)
	}
	if _, err := child.Write([]byte("m")); !errors.Is(err, errNoGuard) {
		t.Errorf("written to a guard that is gone: %v", err)
	}
}

func TestAGuardThatEndsByItselfIsAnErrorAndNobodyMovesMeanwhile(t *testing.T) {
	child := &guardProcess{command: []string{"sh", "-c", "exit 3"}}
	if err := child.Run(t.Context()); !errors.Is(err, errNoGuard) {
		t.Errorf("%v", err)
	}
	if _, err := child.Write([]byte("m")); !errors.Is(err, errNoGuard) {
		t.Errorf("%v", err)
	}
}
