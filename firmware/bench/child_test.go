package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func here(fn func() error) error { return fn() }

func TestAChildEndsWhenItsLeashDoes(t *testing.T) {
	c, err := startChild(here, filepath.Join(t.TempDir(), "log"), "camera", "--clip", shortClip(t))
	if err != nil {
		t.Fatal(err)
	}
	var ready cameraReady
	if err := c.hear(&ready, startWithin); err != nil || !strings.HasPrefix(ready.URL, "rtsp://127.0.0.1:") {
		t.Fatalf("said %+v, %v", ready, err)
	}
	if err := c.end(); err != nil {
		t.Errorf("ended with %v", err)
	}
	if err := c.end(); err != nil {
		t.Errorf("ended again with %v", err)
	}
}

func TestAChildThatEndsEarlyIsTold(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	c, err := startChild(here, log, "camera", "--clip", "/no/such/file")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	if err := c.watch(ctx); err == nil || !strings.Contains(err.Error(), log) {
		t.Errorf("watched: %v", err)
	}
	if err := c.hear(new(cameraReady), time.Minute); err == nil {
		t.Error("it said something")
	}
	if err := c.end(); err == nil {
		t.Error("its failure is not told")
	}
	if text, _ := os.ReadFile(log); !strings.Contains(string(text), "no such file") {
		t.Errorf("logged %q", text)
	}
}
