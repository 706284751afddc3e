package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPinsShowsAMapWithConflictsBeforeRefusingIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clash.toml")
	text := "header = \"rpi40\"\n[button.golive]\npin = \"GPIO17\"\n[lamp.air]\npin = \"GPIO17\"\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	view := pinsCommand{Board: path}
	err := view.Run(&environment{ctx: t.Context(), out: &out})
	if err == nil || !strings.Contains(err.Error(), "pin GPIO17 is used twice") {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{"ROLE", "!! pin GPIO17: button.golive and lamp.air", "GPIO17 11|12"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestPinsMeasuresTheJitterOfThisMachine(t *testing.T) {
	var out strings.Builder
	view := pinsCommand{Jitter: true, For: 20 * time.Millisecond}
	if err := view.Run(&environment{ctx: t.Context(), out: &out}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "p99") || !strings.Contains(out.String(), "real-time priority") {
		t.Errorf("got %q", out.String())
	}
}
