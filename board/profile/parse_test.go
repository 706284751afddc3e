package profile

import (
	"strings"
	"testing"

	"periph.io/x/conn/v3/gpio"
)

// good is a profile that has everything; the table below breaks it.
const good = `title = "bench" # for the table of mistakes
header = "rpi40"

[button.golive]
pin = "GPIO17"
pull = "up"
active = "low"
contact = "normally_open"

[lamp.air]
pin = "GPIO27"
active = "high"

[lamp.red]
pin = "GPIO22"
`

func TestAGoodProfileIsRead(t *testing.T) {
	p, err := Parse("bench", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Wires) != 3 || p.Title != "bench" {
		t.Errorf("got %+v", p)
	}
}

func TestEveryMistakeIsNamedWithItsLineAndRole(t *testing.T) {
	for _, c := range []struct {
		mistake, old, new string
		want              []string // all must be in the error
	}{
		{"unknown key", `pull = "up"`, `pul = "up"`, []string{"line 6", "button.golive.pul", "unknown key"}},
		{"unknown board key", `header = "rpi40"`, `heater = "rpi40"`, []string{"line 2", "heater", "unknown key"}},
		{"unknown group", `[lamp.red]`, `[lamb.red]`, []string{"line 14", "lamb", "unknown key"}},
		{"unknown role", `[lamp.red]`, `[lamp.rad]`, []string{"line 14", "lamp.rad", "no such role", "lamp.red"}},
		{"pin used twice", `"GPIO22"`, `"GPIO17"`, []string{"GPIO17", "used twice", "button.golive (line 5)", "lamp.red (line 15)"}},
		{"missing role", "[lamp.air]\npin = \"GPIO27\"\nactive = \"high\"", "", []string{"lamp.air is missing", "[lamp.air]"}},
		{"pin is a number", `"GPIO17"`, `17`, []string{"line 5", "button.golive.pin", "text in quotes"}},
		{"no pin", `pin = "GPIO17"`, ``, []string{"line 4", "button.golive.pin", "no name of a line"}},
		{"pin is not on the header", `"GPIO27"`, `"GPIO44"`, []string{"line 11", "lamp.air.pin", "GPIO44"}},
		{"pin belongs to the EEPROM", `"GPIO27"`, `"GPIO0"`, []string{"line 11", "GPIO0", "not a free line"}},
		{"pull on an output", `active = "high"`, `pull = "up"`, []string{"line 10", "lamp.air", "output", "pull"}},
		{"contact on an output", `active = "high"`, `contact = "normally_open"`, []string{"lamp.air", "contact"}},
		{"pull is nonsense", `pull = "up"`, `pull = "sideways"`, []string{"line 6", "button.golive.pull", "sideways", "up, down, none"}},
		{"active is nonsense", `active = "low"`, `active = "0"`, []string{"line 7", "button.golive.active", "low nor high"}},
		{"contact is nonsense", `"normally_open"`, `"sometimes"`, []string{"line 8", "button.golive.contact", "sometimes"}},
		{"pull against the contact", `pull = "up"`, `pull = "down"`, []string{"line 6", "contradicts"}},
		{"normally closed and pulled the old way", `"normally_open"`, `"normally_closed"`, []string{"line 6", "contradicts"}},
		{"unknown header", `"rpi40"`, `"rpi26"`, []string{"line 2", "header", "rpi26"}},
		{"truncated file", good[200:], "", []string{"line"}},
		{"table twice", `[lamp.red]`, `[lamp.air]`, []string{"line 14", "lamp.air"}},
		{"empty file", good, "", []string{"button.golive is missing"}},
		{"not TOML", good, "{}", []string{"line 1"}},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if c.mistake == "truncated file" {
			text = good[:200]
		}
		_, err := Parse("bench", []byte(text))
		if err == nil {
			t.Errorf("%s: accepted", c.mistake)
			continue
		}
		for _, want := range append(c.want, "board profile bench: ") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", c.mistake, err, want)
			}
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q is more than one line", c.mistake, err)
		}
	}
}

func TestThePullFollowsFromContactAndActiveLevel(t *testing.T) {
	for _, c := range []struct {
		lines string
		want  gpio.Pull
		low   bool
	}{
		{"", gpio.PullUp, true},
		{`active = "high"`, gpio.PullDown, false},
		{"active = \"high\"\ncontact = \"normally_closed\"", gpio.PullUp, false},
		{"active = \"low\"\ncontact = \"normally_closed\"", gpio.PullDown, true},
		{`pull = "none"`, gpio.Float, true},
	} {
		text := "[button.golive]\npin = \"A1\"\n" + c.lines + "\n[lamp.air]\npin = \"A2\"\n"
		p, err := Parse("bench", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", c.lines, err)
			continue
		}
		if w, _ := p.Wire(ButtonGoLive); w.Pull != c.want || w.ActiveLow != c.low {
			t.Errorf("%q: pull %v, active low %v", c.lines, w.Pull, w.ActiveLow)
		}
	}
}

func FuzzParseNeverAcceptsABrokenMap(f *testing.F) {
	f.Add(good)
	for _, name := range Names() {
		text, err := Source(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(rich)
	f.Add("[button]\ngolive = { pin = \"GPIO4\" }\n[lamp]\nair.pin = \"GPIO4\"")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse("fuzz", []byte(text))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		seen := map[string]Role{}
		for _, w := range p.Wires {
			if other, twice := seen[w.Endpoint()]; twice || w.Endpoint() == "" {
				t.Errorf("%s and %s share %q", other, w.Role, w.Endpoint())
			}
			seen[w.Endpoint()] = w.Role
			if w.Kinds&w.Kind == 0 {
				t.Errorf("%s is wired to %s", w.Role, w.Kind)
			}
		}
		for _, use := range Uses() {
			if _, ok := p.Wire(use.Role); use.Required && !ok {
				t.Errorf("%s is missing", use.Role)
			}
		}
	})
}
