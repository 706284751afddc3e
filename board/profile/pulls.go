package profile

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"periph.io/x/conn/v3/gpio"
)

// Finding is what was looked for, what was found, and the mend.
type Finding struct {
	Role                Role // "" = all outputs
	Part                string
	Found, Needed, Mend string
	OK                  bool
}

// CheckPulls tells for each output whether it rests when no program drives
// it: after a power-up, a crash or a kill only the pull on its line is left.
// What goes on without the program is told too.
func CheckPulls(p Profile) []Finding {
	var findings []Finding
	for _, w := range p.Wires {
		if need := w.SafePull(); need != gpio.PullNoChange {
			findings = append(findings, p.checkPull(w, need))
		}
	}
	_, enable := p.Wire(TurntableEnable)
	for _, role := range []Role{TurntablePWM, TurntableUART} {
		if w, ok := p.Wire(role); ok {
			findings = append(findings, Finding{
				Role: role, Part: fmt.Sprintf("%s on %s", role, w.Endpoint()),
				Found: "turns on when the program dies", Needed: "turntable.enable beside it", OK: enable,
				Mend: "wire turntable.enable: its pull stops the motor",
			})
		}
	}
	return findings
}

func (p Profile) checkPull(w Wire, need gpio.Pull) Finding {
	f := Finding{Role: w.Role, Part: fmt.Sprintf("%s on %s", w.Role, w.Pin), Needed: "pulled " + word(need) + ": " + w.Safe}
	rail, has := "ground", p.ResetPull(w.Pin)
	if need == gpio.PullUp {
		rail = "3.3 V"
	}
	switch {
	case w.Resistor != gpio.PullNoChange:
		f.OK, f.Found = w.Resistor == need, "resistor "+word(w.Resistor)
	case has != gpio.PullNoChange:
		f.OK, f.Found = has == need, "pulled "+word(has)+" at reset"
	default:
		f.Found = "no pull is known"
	}
	if !f.OK {
		f.Mend = fmt.Sprintf("solder 10 kΩ from %s to %s and write resistor = %q", w.Pin, rail, word(need))
		if p.Pi40 {
			f.Mend += ", or take one of " + map[gpio.Pull]string{gpio.PullUp: "GPIO2 to GPIO8", gpio.PullDown: "GPIO9 to GPIO27"}[need]
		}
	}
	return f
}

// ResetPull is the pull that the board itself has on a line from reset on;
// PullNoChange = not known. On every Raspberry Pi lines 0 to 8 are pulled up
// and 9 to 27 down (BCM2835 ARM Peripherals, table 6-31; RP1 Peripherals, pads
// of bank 0).
func (p Profile) ResetPull(line string) gpio.Pull {
	number, err := strconv.Atoi(strings.TrimPrefix(line, "GPIO"))
	switch {
	case !p.Pi40 || err != nil || number < 0 || number > 27:
		return gpio.PullNoChange
	case number <= 8:
		return gpio.PullUp
	default:
		return gpio.PullDown
	}
}

// CheckRelease tells whether the kernel lets go of outputs when a program
// dies: Raspberry Pi OS keeps them driven at their last level, against every
// pull, unless told otherwise. root is "/" or a tree of files that stands for a
// machine; false = this kernel has no such setting and lets go.
func CheckRelease(root string) (Finding, bool) {
	f := Finding{
		Part: "outputs of a dead program", Found: "released", Needed: "released, so that their pulls hold", OK: true,
		Mend: "add dtparam=strict_gpiod to /boot/firmware/config.txt and restart",
	}
	settings, err := filepath.Glob(filepath.Join(root, "sys/module/pinctrl_*/parameters/persist_gpio_outputs"))
	if err != nil || len(settings) == 0 {
		return Finding{}, false
	}
	for _, setting := range settings {
		if text, err := os.ReadFile(setting); err != nil || strings.TrimSpace(string(text)) != "N" {
			f.Found, f.OK = "kept at their last level", false
		}
	}
	return f, true
}

func word(pull gpio.Pull) string {
	switch pull {
	case gpio.PullUp:
		return "up"
	case gpio.PullDown:
		return "down"
	}
	return "-"
}
