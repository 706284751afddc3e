package board

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pi4 is the part of a Raspberry Pi 4 that the probe looks at.
var pi4 = map[string]string{
	"proc/device-tree/model":                 "Raspberry Pi 4 Model B Rev 1.4\x00",
	"proc/device-tree/serial-number":         "10000000a1b2c3d4\x00",
	"proc/stat":                              "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n",
	"proc/meminfo":                           "MemTotal:        4000000 kB\nMemFree:          200000 kB\nMemAvailable:    3000000 kB\n",
	"sys/class/thermal/thermal_zone0/temp":   "61328\n",
	"sys/class/hwmon/hwmon0/name":            "cpu_thermal\n",
	"sys/class/hwmon/hwmon3/name":            "rpi_volt\n",
	"sys/class/hwmon/hwmon3/in0_lcrit_alarm": "0\n",
}

// fixture writes a machine as files; empty contents take a file away.
func fixture(t *testing.T, changes map[string]string) *Probe {
	t.Helper()
	files := maps.Clone(pi4)
	maps.Copy(files, changes)
	root := t.TempDir()
	for name, text := range files {
		if text != "" {
			put(t, root, name, text)
		}
	}
	p := NewProbe(root, root)
	p.status = func() (int32, error) { return 0, nil }
	return p
}

func put(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAPiTellsAllItsVitals(t *testing.T) {
	p := fixture(t, nil)
	first := p.Read()
	put(t, p.Root, "proc/stat", "cpu  150 10 120 780 110 5 10 5 77 0\n")
	got := p.Read()
	want := Vitals{
		Model: "Raspberry Pi 4 Model B Rev 1.4", Serial: "10000000a1b2c3d4",
		CPUPercent: 100 * 100. / 190., MemPercent: 25, TempC: 61.328,
		DiskFreeMB: got.DiskFreeMB, Power: PowerGood, ClockSane: true, ClockSynced: true,
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.DiskFreeMB <= 0 {
		t.Errorf("free space %d MB", got.DiskFreeMB)
	}
	if first.CPUPercent != Unknown {
		t.Errorf("CPU %v at the first look, which has nothing to compare with", first.CPUPercent)
	}
}

func TestAMachineThatTellsNothingIsUnknownNotAnError(t *testing.T) {
	p := NewProbe(t.TempDir(), filepath.Join(t.TempDir(), "gone"))
	p.status = func() (int32, error) { return 0, errors.New("not permitted") }
	p.Read()
	want := Vitals{CPUPercent: Unknown, MemPercent: Unknown, TempC: Unknown, DiskFreeMB: Unknown, ClockSane: true}
	if got := p.Read(); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestTheSupplyIsLowOnlyWhenTheMonitorSaysSo(t *testing.T) {
	const alarm = "sys/class/hwmon/hwmon3/in0_lcrit_alarm"
	for text, want := range map[string]Power{"1\n": PowerLow, "0\n": PowerGood, "": PowerUnknown, "x\n": PowerUnknown} {
		if got := fixture(t, map[string]string{alarm: text}).Read().Power; got != want {
			t.Errorf("alarm %q: %v, want %v", text, got, want)
		}
	}
	other := fixture(t, map[string]string{"sys/class/hwmon/hwmon3/name": "nct6775\n", alarm: "1\n"})
	if got := other.Read().Power; got != PowerUnknown {
		t.Errorf("another chip's alarm counts: %v", got)
	}
}

func TestAClockWithoutSenseIsNeverSynced(t *testing.T) {
	for _, c := range []struct {
		year         int
		status       int32
		err          error
		sane, synced bool
	}{
		{2027, 0, nil, true, true},
		{2027, unix.STA_UNSYNC, nil, true, false},
		{2027, unix.STA_PLL, nil, true, true},
		{2027, 0, errors.New("not permitted"), true, false},
		{1970, 0, nil, false, false},
		{2025, 0, nil, false, false},
	} {
		p := fixture(t, nil)
		p.now = func() time.Time { return time.Date(c.year, 5, 1, 0, 0, 0, 0, time.UTC) }
		p.status = func() (int32, error) { return c.status, c.err }
		if got := p.Read(); got.ClockSane != c.sane || got.ClockSynced != c.synced {
			t.Errorf("%+v: sane %v, synced %v", c, got.ClockSane, got.ClockSynced)
		}
	}
}

func TestNonsenseInProcIsUnknown(t *testing.T) {
	for _, c := range []struct{ file, text string }{
		{"proc/stat", "cpu  a b c d e f g h\n"},
		{"proc/stat", "cpu  1 2 3\n"},
		{"proc/stat", "intr 1 2 3 4 5 6 7 8 9\n"},
		{"proc/meminfo", "MemTotal: 0 kB\nMemAvailable: 0 kB\n"},
		{"proc/meminfo", "MemTotal: 5 kB\nMemAvailable: 9 kB\n"},
		{"proc/meminfo", "MemTotal:\nMemAvailable: much kB\n"},
		{"sys/class/thermal/thermal_zone0/temp", "warm\n"},
	} {
		p := fixture(t, map[string]string{c.file: c.text})
		p.Read()
		v := p.Read()
		got := map[string]float64{"proc/stat": v.CPUPercent, "proc/meminfo": v.MemPercent,
			"sys/class/thermal/thermal_zone0/temp": v.TempC}[c.file]
		if got != Unknown {
			t.Errorf("%s with %q reads %v", c.file, c.text, got)
		}
	}
}

func TestCountersThatFallAreNoLoad(t *testing.T) {
	p := fixture(t, map[string]string{"proc/stat": "cpu  500 0 100 700 100 0 0 0\n"})
	p.Read()
	for _, text := range []string{
		"cpu  100 0 100 700 100 0 0 0\n", // all less: another machine's
		"cpu  100 0 100 700 100 0 0 0\n", // nothing passed
	} {
		put(t, p.Root, "proc/stat", text)
		if got := p.Read().CPUPercent; got != Unknown {
			t.Errorf("%v %% from counters that did not rise", got)
		}
	}
}

func TestThisMachineIsReadToo(t *testing.T) {
	p := NewProbe("/", t.TempDir())
	p.Read()
	v := p.Read()
	if v.MemPercent <= 0 || v.MemPercent > 100 || v.DiskFreeMB == Unknown {
		t.Errorf("got %+v", v)
	}
	t.Logf("%+v", v)
}
