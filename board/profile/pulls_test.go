package profile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"periph.io/x/conn/v3/gpio"
)

func TestAnOutputMustBePulledAgainstItsActiveLevel(t *testing.T) {
	const free = "[button.golive]\npin = \"GPIO17\"\n[lamp.air]\npin = \"GPIO27\"\nresistor = \"down\"\n"
	const pi = "header = \"rpi40\"\n" + free
	for _, c := range []struct {
		text string
		ok   bool
		says string
	}{
		{pi + "[turntable.enable]\npin = \"GPIO6\"", true, "pulled up at reset"},
		{pi + "[turntable.enable]\npin = \"GPIO8\"", true, "pulled up at reset"},
		{pi + "[turntable.enable]\npin = \"GPIO9\"", false, "GPIO2 to GPIO8"},
		{pi + "[turntable.enable]\npin = \"GPIO9\"\nresistor = \"up\"", true, "resistor up"},
		{pi + "[turntable.enable]\npin = \"GPIO6\"\nresistor = \"down\"", false, `to 3.3 V and write resistor = "up"`},
		{pi + "[turntable.enable]\npin = \"GPIO6\"\nactive = \"high\"", false, "GPIO9 to GPIO27"},
		{pi + "[turntable.enable]\npin = \"GPIO26\"\nactive = \"high\"", true, "pulled down at reset"},
		{pi + "[power.camera]\npin = \"GPIO4\"", false, "camera has power"},
		{free + "[deadman]\npin = \"GPIO21\"", false, "no pull is known"},
		{pi + "[lens.zoom.dir]\npin = \"GPIO22\"\n[lens.zoom.step]\npin = \"GPIO23\"", true, "pulled down at reset"},
		{pi + "[lens.focus.dir]\npin = \"GPIO22\"\n[lens.focus.step]\npin = \"GPIO4\"", false, "no step"},
		{free + "[deadman]\npin = \"GPIO21\"\nresistor = \"down\"", true, "resistor down"},
	} {
		p, err := Parse("bench", []byte(c.text))
		if err != nil {
			t.Error(err)
			continue
		}
		findings := CheckPulls(p)
		last := findings[0]
		if last.Role == LampAir {
			last = findings[1]
		}
		if len(findings) != 2 || last.OK != c.ok || !strings.Contains(fmt.Sprint(last), c.says) || last.OK != (last.Mend == "") {
			t.Errorf("%s\ngot %+v, want ok %v and %q", c.text, findings, c.ok, c.says)
		}
	}
}

func TestAMotorThatTurnsWithoutTheProgramNeedsItsEnableLine(t *testing.T) {
	const uart = good + "[turntable.uart]\nserial = \"/dev/ttyUSB1\"\n"
	for text, want := range map[string]bool{uart: false, uart + "[turntable.enable]\npin = \"GPIO6\"": true} {
		p, err := Parse("bench", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		findings := CheckPulls(p)
		if last := findings[len(findings)-1]; last.Role != TurntableUART || last.OK != want {
			t.Errorf("got %+v, want ok %v", last, want)
		}
	}
}

func TestAKernelThatKeepsTheOutputsOfADeadProgramIsNamed(t *testing.T) {
	for text, want := range map[string]bool{"Y\n": false, "N\n": true, "": false} {
		root := t.TempDir()
		dir := filepath.Join(root, "sys/module/pinctrl_rp1/parameters")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "persist_gpio_outputs"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, has := CheckRelease(root)
		if !has || f.OK != want || !strings.Contains(f.Mend, "strict_gpiod") {
			t.Errorf("%q: %+v, %v", text, f, has)
		}
	}
	if _, has := CheckRelease(t.TempDir()); has {
		t.Error("a kernel without the setting is judged")
	}
}

func TestThePageOfRolesSaysWhatTheProgramKnows(t *testing.T) {
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range Uses() {
		need := "-"
		if u.Output && u.Kinds == Pin && u.Safe != "" {
			w := Wire{Use: u, Kind: Pin, ActiveLow: u.usuallyLow}
			need = word(w.SafePull())
		}
		way, safe := "in", "-"
		if u.Output {
			way = "out"
		}
		if u.Safe != "" {
			safe = u.Safe
		} else if u.Holds {
			safe = "holds its last value"
		}
		row := fmt.Sprintf("| `%s` | %s | %s | %s | %s |", u.Role, way, u.Kinds, safe, need)
		if !strings.Contains(string(raw), row+"\n") {
			t.Errorf("README.md lacks the row\n%s", row)
		}
	}
}

func TestSafePullIsOnlyForOutputs(t *testing.T) {
	use, _ := useOf(EStop)
	if got := (Wire{Use: use, Kind: Pin}).SafePull(); got != gpio.PullNoChange {
		t.Errorf("an input needs %v", got)
	}
}
