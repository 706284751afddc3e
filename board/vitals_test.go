package board

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const throttled = "sys/devices/platform/soc/soc:firmware/get_throttled"

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
	throttled:                                "80008\n",
	"sys/block/mmcblk0/device/life_time":     "0x02 0x03\n",
	"sys/block/mmcblk0/device/pre_eol_info":  "0x01\n",
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
		DiskWornPercent: 30, DiskLife: LifeNormal,
		Throttling: Throttling{Known: true, SoftTempLimit: true, SoftTempLimitSeen: true},
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
	want := Vitals{CPUPercent: Unknown, MemPercent: Unknown, TempC: Unknown, DiskFreeMB: Unknown, DiskWornPercent: Unknown, ClockSane: true}
	if got := p.Read(); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestTheSupplyIsLowOnlyWhenTheMonitorSaysSo(t *testing.T) {
	const alarm = "sys/class/hwmon/hwmon3/in0_lcrit_alarm"
	for text, want := range map[string]Power{"1\n": PowerLow, "0\n": PowerGood, "": PowerUnknown, "x\n": PowerUnknown} {
		if got := fixture(t, map[string]string{alarm: text, throttled: ""}).Read().Power; got != want {
			t.Errorf("alarm %q: %v, want %v", text, got, want)
		}
	}
	second := map[string]string{alarm: "", strings.Replace(alarm, "in0", "in1", 1): "1\n"}
	if got := fixture(t, second).Read().Power; got != PowerLow {
		t.Errorf("the alarm of another kernel's name: %v", got)
	}
	for text, want := range map[string]Power{"50005": PowerLow, "50000": PowerGood} {
		if got := fixture(t, map[string]string{alarm: "", throttled: text}).Read().Power; got != want {
			t.Errorf("no monitor, bits %s: %v, want %v", text, got, want)
		}
	}
	other := fixture(t, map[string]string{"sys/class/hwmon/hwmon3/name": "nct6775\n", alarm: "1\n", throttled: ""})
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

func TestEveryThrottlingBitIsReadNowAndSinceTheStart(t *testing.T) {
	for text, want := range map[string]Throttling{
		"0":          {Known: true},
		"0x1":        {Known: true, UnderVoltage: true},
		"2":          {Known: true, FrequencyCap: true},
		"4":          {Known: true, Throttled: true},
		"8":          {Known: true, SoftTempLimit: true},
		"10000":      {Known: true, UnderVoltageSeen: true},
		"20000":      {Known: true, FrequencyCapSeen: true},
		"40000":      {Known: true, ThrottledSeen: true},
		"80000":      {Known: true, SoftTempLimitSeen: true},
		"error":      {},
		"":           {},
		"-1":         {},
		"1fffff0000": {},
	} {
		if got := fixture(t, map[string]string{throttled: text}).Read().Throttling; got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func TestTheWorstDiskTellsItsWear(t *testing.T) {
	for _, c := range []struct {
		times, stage string
		worn         int
		life         Life
	}{
		{"0x01 0x01", "0x01", 30, LifeNormal}, // the other disk is worse
		{"0x0a 0x04", "0x02", 100, LifeWarning},
		{"0x05 0x0b", "0x03", 110, LifeUrgent},
		{"0x00 0x00", "0x00", 30, LifeNormal},
		{"0x0c 0xff", "0x04", 30, LifeNormal},
		{"new", "fine", 30, LifeNormal},
	} {
		v := fixture(t, map[string]string{
			"sys/block/mmcblk1/device/life_time": c.times, "sys/block/mmcblk1/device/pre_eol_info": c.stage,
		}).Read()
		if v.DiskWornPercent != c.worn || v.DiskLife != c.life {
			t.Errorf("%+v: %d %%, %v", c, v.DiskWornPercent, v.DiskLife)
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
