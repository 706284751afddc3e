package profile

import (
	"strings"
	"testing"
)

func TestARingOfALensIsMovedByAServoOrByAStepperWithBothItsLines(t *testing.T) {
	const plain = "[button.golive]\npin = \"GPIO17\"\n[lamp.air]\npin = \"GPIO27\"\nresistor = \"down\"\n"
	const step, dir, enable = "[lens.zoom.step]\npin = \"GPIO23\"\nresistor = \"down\"\n", "[lens.zoom.dir]\npin = \"GPIO22\"\n", "[lens.zoom.enable]\npin = \"GPIO24\"\nresistor = \"up\"\n"
	for text, says := range map[string]string{
		step + dir:          "",
		step + dir + enable: "",
		step:                "wire [lens.zoom.dir]",
		dir:                 "wire [lens.zoom.step]",
		enable:              "wire [lens.zoom.step] and [lens.zoom.dir]",
		step + dir + "[lens.zoom]\npwm = \"pwmchip0/1\"\n": "not by both",
		"[light.key.step]\npin = \"GPIO23\"\n":             "no such role",
	} {
		p, err := Parse("bench", []byte(plain+text))
		if says != "" {
			if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "line ") {
				t.Errorf("%s\n%v, want %q and a line", text, err, says)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s\n%v", text, err)
			continue
		}
		if w, ok := p.Wire(LensZoomEnable); ok && (!w.ActiveLow || !w.Output) {
			t.Errorf("the current of the motor: %+v", w)
		}
		for _, f := range CheckPulls(p) {
			if f.Role == LensZoomEnable && (!f.OK || !strings.Contains(f.Needed, "motor without current")) {
				t.Errorf("%+v", f)
			}
		}
	}
}
