package app

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"studiobox/board/profile"
	"studiobox/firmware/config"
	"studiobox/firmware/look"
)

func TestWhatNoticesABlockedTableIsToldForEachWayOfTurningIt(t *testing.T) {
	const home = "[turntable.home]\npin = \"GPIO5\"\n"
	const uart = "[turntable.uart]\nserial = \"/dev/serial0\"\n"
	const steps = "[turntable.step]\npin = \"GPIO20\"\nresistor = \"down\"\n[turntable.dir]\npin = \"GPIO26\"\n"
	for name, c := range map[string]struct {
		wiring, drive string
		gear          float64
		stall         int
		slow, fast    string
		ok            bool
	}{
		"direct":            {uart + home, "tmc2209", 1, 40, "home mark, within 20 s", "home mark, within 6 s", true},
		"geared":            {uart + home, "tmc2209", -12, 40, "home mark, within 20 s", "by its load, within 200 ms", true},
		"no threshold":      {uart + home, "tmc2209", 12, 0, "home mark, within 20 s", "home mark, within 6 s", true},
		"direct, blind":     {uart, "tmc2209", 1, 40, "by nothing", "by nothing", false},
		"steps":             {steps + home, "step", 1, 40, "home mark, within 20 s", "home mark, within 6 s", true},
		"steps, complained": {steps + "[turntable.diag]\npin = \"GPIO8\"\n", "step", 1, 40, "DIAG tells", "DIAG tells", true},
		"steps, blind":      {steps, "step", 1, 40, "by nothing", "by nothing", false},
	} {
		p, err := profile.Parse("bench", []byte("title = \"bench\"\n"+least+c.wiring))
		if err != nil {
			t.Fatal(err)
		}
		settings := config.Default().Turntable
		settings.Drive, settings.Gear, settings.Stall = c.drive, c.gear, c.stall
		findings := sightFindings(p, settings)
		if len(findings) != 2 || !strings.Contains(findings[0].found, c.slow) || !strings.Contains(findings[1].found, c.fast) || findings[0].ok != c.ok {
			t.Errorf("%s: %+v", name, findings)
		}
	}
	if p, err := profile.Parse("bench", []byte("title = \"bench\"\n"+least)); err != nil || sightFindings(p, config.Default().Turntable) != nil {
		t.Errorf("a box without a table is told of one, %v", err)
	}
}

func TestTheStartTellsOfWhichLooksABlockedTableIsNoticedLateOrNever(t *testing.T) {
	looks := map[string]look.Look{"dreamy": {Table: look.Slow}, "brisk": {Table: look.Stops}, "calm": {Table: look.Still}}
	for name, c := range map[string]struct {
		sight *sight
		level string
		looks int
	}{
		"felt from 20":  {&sight{from: 20, home: true}, "INFO", 1},
		"felt from 90":  {&sight{from: 90, home: true}, "INFO", 2},
		"never noticed": {&sight{from: 90}, "WARN", 2},
		"always felt":   {&sight{}, "", 0},
		"no such table": {nil, "", 0},
	} {
		var said bytes.Buffer
		c.sight.tell(looks, 60, slog.New(slog.NewTextHandler(&said, nil)))
		if n := strings.Count(said.String(), "level="+c.level); n != c.looks && c.looks > 0 || strings.Count(said.String(), "\n") != c.looks {
			t.Errorf("%s:\n%s", name, said.String())
		}
	}
}

func TestTheDoctorTellsWhatNoticesABlockedTable(t *testing.T) {
	dir := t.TempDir()
	board, settings := filepath.Join(dir, "bench.toml"), filepath.Join(dir, "box.toml")
	for path, text := range map[string]string{
		board: "title = \"bench\"\n" + least + chipTable,
		settings: "[box]\nboard = \"" + board + "\"\n[camera]\nurl = \"rtsp://camera/main\"\n[uplink]\nurl = \"rtsp://ingest/live\"\n" +
			"[turntable]\ndrive = \"tmc2209\"\ngear = 10.0\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var table bytes.Buffer
	if err := printFindings(&table, (&doctorCommand{Config: settings}).checkSettings(t.Context(), false)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"turntable blocked at 18 degrees/s", "noticed at the home mark, within 20 s", "turntable blocked at 60 degrees/s", "noticed by its load, within 200 ms"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the doctor does not say %q:\n%s", want, table.String())
		}
	}
}
