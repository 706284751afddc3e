package profile

import (
	"regexp"
	"strings"
	"testing"
)

var example = regexp.MustCompile(`^# (\[[a-z0-9.]+\]|[a-z0-9]+ = .+)$`)

// uncommented is a profile with the "# " off its examples that stand under the
// wanted roles; a nil map wants all.
func uncommented(text string, wanted map[Role]bool) string {
	var out []string
	on := false
	for _, line := range strings.Split(text, "\n") {
		if match := example.FindStringSubmatch(line); match != nil {
			line = match[1]
			if head, isTable := strings.CutPrefix(line, "["); isTable {
				on = wanted == nil || wanted[Role(strings.TrimSuffix(head, "]"))]
			}
			if !on {
				continue
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestEveryExampleLineOfAProfileParsesWhenItsHashIsTakenOff(t *testing.T) {
	for _, name := range Names() {
		if name == "lab" {
			continue
		}
		raw, err := Source(name)
		if err != nil {
			t.Fatal(err)
		}
		all, err := Parse(name, []byte(uncommented(string(raw), nil)))
		if err != nil {
			t.Errorf("all examples together: %v", err)
			continue
		}
		// One light shows one channel, the other shows two: three roles are left;
		// and the lens, which takes the place of another part, on a pwm channel or
		// on three pins for each ring.
		if missing := len(Uses()) - len(all.Wires); missing != 11 {
			t.Errorf("%s: %d roles have no example, want light.fill, light.key.warm, light.key.cool, and the eight of the lens only", name, missing)
		}
		for _, w := range all.Wires {
			wanted := map[Role]bool{w.Role: true, w.OnBus(): true}
			if base, two := strings.CutSuffix(string(w.Role), ".warm"); two {
				wanted[Role(base+".cool")] = true
			}
			if base, two := strings.CutSuffix(string(w.Role), ".cool"); two {
				wanted[Role(base+".warm")] = true
			}
			p, err := Parse(name, []byte(uncommented(string(raw), wanted)))
			if err != nil {
				t.Errorf("the example of %s alone: %v", w.Role, err)
			} else if _, ok := p.Wire(w.Role); !ok {
				t.Errorf("%s: the example of %s did not come out", name, w.Role)
			}
		}
	}
}

func TestNoExampleNeedsAResistorThatItDoesNotName(t *testing.T) {
	for _, name := range Names() {
		raw, err := Source(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Parse(name, []byte(uncommented(string(raw), nil)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range CheckPulls(p) {
			if !f.OK && (p.Pi40 || f.Role == TurntableEnable) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

func TestTheLaboratoryWiresWhatItsStoriesNeed(t *testing.T) {
	p, err := Load("lab")
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []Role{ButtonGoLive, LampAir, EStop, Deadman, TurntableStep, TurntableDir, TurntableEnable, TurntableHome, PowerCamera} {
		if w, ok := p.Wire(role); !ok || w.Kind != Pin {
			t.Errorf("%s: %+v", role, w)
		}
	}
	// Its pins are those of the Pi's examples, so one wiring page serves both.
	raw, err := Source("rpi4")
	if err != nil {
		t.Fatal(err)
	}
	pi, err := Parse("rpi4", []byte(uncommented(string(raw), nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range p.Wires {
		if other, _ := pi.Wire(w.Role); other.Pin != w.Pin || other.ActiveLow != w.ActiveLow {
			t.Errorf("%s is on %s here, on %s on the Pi", w.Role, w.Pin, other.Pin)
		}
	}
}
