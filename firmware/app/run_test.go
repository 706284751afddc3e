package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A watchdog that was opened and is not fed restarts the machine: whoever has to
// mend the settings must have the time for it.
func TestAStartThatFailsDoesNotArmTheWatchdog(t *testing.T) {
	dir := t.TempDir()
	dog := filepath.Join(dir, "watchdog")
	if err := os.WriteFile(dog, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	start := func(line string) string {
		text := `[box]
id = "SB-TEST01"
board = "sim"
data_dir = "` + dir + `"
watchdog = "` + dog + `"
[camera]
url = "rtsp://127.0.0.1:1/main"
[uplink]
url = "rtsp://127.0.0.1:2/live"
[panel]
listen = "127.0.0.1:0"
[studio]
` + line
		path := filepath.Join(dir, "box.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := runCommand{Config: path, Socket: filepath.Join(dir, "control")}
		err := c.Run(&environment{ctx: t.Context(), log: slog.New(slog.DiscardHandler)})
		if err == nil {
			t.Fatal("it started")
		}
		return err.Error()
	}
	if told := start(`looks = "nosuch.toml"`); !strings.Contains(told, "nosuch.toml") || strings.Contains(told, "watchdog") {
		t.Errorf("without its looks: %s", told)
	}
	if text, _ := os.ReadFile(dog); len(text) > 0 {
		t.Errorf("the watchdog was written to: %q", text)
	}
	if told := start(""); !strings.Contains(told, "watchdog") {
		t.Errorf("with a watchdog that is none: %s", told)
	}
}
