package profile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"periph.io/x/conn/v3/gpio"
)

func TestEveryBuiltInProfileIsWhole(t *testing.T) {
	want := []string{"cm4", "generic", "lab", "rpi3", "rpi4", "rpi5", "zero2"}
	if got := Names(); !slices.Equal(got, want) {
		t.Fatalf("profiles %v, want %v", got, want)
	}
	for _, name := range want {
		p, err := Load(name)
		if err != nil {
			t.Error(err)
			continue
		}
		button, ok := p.Wire(ButtonGoLive)
		if !ok || button.Pull != gpio.PullUp || !button.ActiveLow || button.Output {
			t.Errorf("%s: button %+v", name, button)
		}
		lamp, ok := p.Wire(LampAir)
		if !ok || lamp.ActiveLow || !lamp.Output {
			t.Errorf("%s: lamp %+v", name, lamp)
		}
		if name != "generic" && (button.Position != 11 || lamp.Position != 13) {
			t.Errorf("%s: positions %d and %d", name, button.Position, lamp.Position)
		}
		if name != "lab" && len(p.Wires) != 2 {
			t.Errorf("%s: %d roles are fitted by default; what is not there would be waited for, or show nowhere", name, len(p.Wires))
		}
	}
}

func TestALampOnAPiIsDarkAtResetBecauseItsLineIsPulledDown(t *testing.T) {
	for _, name := range []string{"rpi3", "rpi4", "cm4", "rpi5", "zero2"} {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range p.Wires {
			// BCM283x and RP1: lines 0 to 8 are pulled up at reset, others down.
			pulledUp := len(w.Pin) == len("GPIO8") && w.Pin <= "GPIO8"
			if w.Output && pulledUp != w.ActiveLow {
				t.Errorf("%s: %s on %s shines from reset on", name, w.Role, w.Pin)
			}
		}
	}
}

func TestAModelFindsItsProfile(t *testing.T) {
	for model, want := range map[string]string{
		"Raspberry Pi 4 Model B Rev 1.4":        "rpi4",
		"Raspberry Pi Compute Module 4 Rev 1.0": "cm4",
		"Raspberry Pi 5 Model B Rev 1.0":        "rpi5",
		"Raspberry Pi 500 Rev 1.0":              "rpi5",
		"Raspberry Pi 3 Model B Plus Rev 1.3":   "rpi3",
		"Raspberry Pi Zero 2 W Rev 1.0":         "zero2",
		"Raspberry Pi Zero W Rev 1.1":           "",
		"Pine64 RockPro64 v2.1":                 "",
		"":                                      "",
	} {
		p, ok := Detect(model)
		if ok != (want != "") || p.Name != want {
			t.Errorf("%q: %q, want %q", model, p.Name, want)
		}
	}
}

func TestAProfileOfOnesOwnIsReadFromAFile(t *testing.T) {
	text, err := Source("generic")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mine.toml")
	changed := strings.Replace(string(text), "GPIO27", "gpiochip1.4", 1)
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if lamp, _ := p.Wire(LampAir); lamp.Pin != "gpiochip1.4" || p.Name != "mine" {
		t.Errorf("got %+v", p)
	}
}

func TestAProfileThatDoesNotExistIsAnsweredWithThoseThatDo(t *testing.T) {
	_, err := Load("rpi9")
	if err == nil || !strings.Contains(err.Error(), `"rpi9"`) || !strings.Contains(err.Error(), "rpi4") {
		t.Errorf("got %v", err)
	}
	if _, err = Load(filepath.Join(t.TempDir(), "gone.toml")); err == nil || !strings.Contains(err.Error(), "gone.toml") {
		t.Errorf("got %v", err)
	}
}
