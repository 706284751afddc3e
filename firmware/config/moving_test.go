package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatMovesIsRefusedOutsideItsRangesWithItsLine(t *testing.T) {
	for text, says := range map[string]string{
		"[turntable]\nmotor_steps = 3200":                     "turntable.motor_steps: 3200 must lie between 20 and 1000",
		"[turntable]\ngear = 0.0":                             "turntable.gear: 0 must lie between 0.1 and 1000",
		"[turntable]\nmicrosteps = 0":                         "turntable.microsteps: 0 must lie",
		"[turntable]\nspeed = 120.0":                          "turntable.speed: 120 must lie between 1 and 90",
		"[turntable]\nrun = 32":                               "turntable.run: 32 must lie between 0 and 31",
		"[turntable]\nhold = -1":                              "turntable.hold: -1 must lie",
		"[turntable]\nstall = 256":                            "turntable.stall: 256 must lie between 0 and 255",
		"[turntable]\naddress = 4":                            "turntable.address: 4 must lie between 0 and 3",
		"[turntable]\nsteps_per_turn = 3200":                  `unknown key "turntable.steps_per_turn"`,
		"[lens]\nzoom_low_us = 400":                           "lens.zoom_low_us: 400 must lie between 500",
		"[lens]\nfocus_low_us = 1800\nfocus_high_us = 1500":   "lens.focus_high_us: 1500 must lie between 1900 and 2500",
		"[lens]\nfocus_speed = 0.0":                           "lens.focus_speed: 0 must lie",
		"[lens]\nzoom_travel = 20":                            "lens.zoom_travel: 20 must lie between 100",
		"[turntable]\ngear = -3.5\n[lens]\nzoom_travel = 900": "",
	} {
		path := filepath.Join(t.TempDir(), "box.toml")
		whole := "[camera]\nurl = \"rtsp://camera/main\"\n[uplink]\nurl = \"rtsp://ingest/live\"\n" + text + "\n"
		if err := os.WriteFile(path, []byte(whole), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		switch {
		case says == "" && err != nil:
			t.Errorf("%s\n%v", text, err)
		case says != "" && (err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "box.toml:")):
			t.Errorf("%s\n%v, want %q with its line", text, err, says)
		}
	}
}
