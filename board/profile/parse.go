package profile

import (
	"fmt"

	"github.com/BurntSushi/toml"
)

// document is the file as written.
type document struct {
	Title     string           `toml:"title"`
	Models    []string         `toml:"models"`
	Header    string           `toml:"header"`
	Button    map[string]entry `toml:"button"`
	Lamp      map[string]entry `toml:"lamp"`
	Turntable map[string]entry `toml:"turntable"`
	Light     map[string]entry `toml:"light"`
	Lens      map[string]entry `toml:"lens"`
	Power     map[string]entry `toml:"power"`
	Bus       map[string]entry `toml:"bus"`
	EStop     *entry           `toml:"estop"`
	Deadman   *entry           `toml:"deadman"`
	Buzzer    *entry           `toml:"buzzer"`
	Display   *entry           `toml:"display"`
}

// entry is what stands in a role's table.
type entry struct {
	wiring
	Warm   *wiring `toml:"warm"` // a light of two channels has a table for each
	Cool   *wiring `toml:"cool"`
	Step   *wiring `toml:"step"` // and a lens's stepper one for each line
	Dir    *wiring `toml:"dir"`
	Enable *wiring `toml:"enable"`
}

type wiring struct {
	Pin      string   `toml:"pin"`
	PWM      string   `toml:"pwm"`
	Channel  string   `toml:"channel"`
	I2C      string   `toml:"i2c"`
	Serial   string   `toml:"serial"`
	Lines    []string `toml:"lines"`
	Pull     string   `toml:"pull"`
	Active   string   `toml:"active"`
	Contact  string   `toml:"contact"`
	Resistor string   `toml:"resistor"`
}

// Parse reads a profile and refuses everything that it does not understand:
// a typo must not leave a button dead in a studio. Every error is one line
// that names the profile, the line and the role or key. What two roles want is
// refused with a *ConflictError.
func Parse(name string, text []byte) (Profile, error) {
	p := parser{name: name, text: string(text)}
	profile, err := p.parse()
	if err != nil {
		return Profile{}, fmt.Errorf("board profile %s: %w", name, err)
	}
	return profile, nil
}

type parser struct {
	name, text string
	header     map[string]int
}

func (p *parser) parse() (Profile, error) {
	var doc document
	meta, err := toml.Decode(p.text, &doc)
	if err != nil {
		return Profile{}, syntax(err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return Profile{}, p.fault(unknown[0].String(), "unknown key; a role has pin, pwm, channel, i2c or serial, and lines, pull, active, contact, resistor; a board has title, models, header")
	}
	header, ok := headerNamed(doc.Header)
	if !ok {
		return Profile{}, p.fault("header", "%q is unknown: want rpi40, or leave it out", doc.Header)
	}
	p.header = header
	wires, err := p.wires(doc.roles())
	if err != nil {
		return Profile{}, err
	}
	profile := Profile{Name: p.name, Title: doc.Title, Models: doc.Models, Pi40: header != nil, Wires: wires}
	if err := p.refuseConflict(profile); err != nil {
		return Profile{}, err
	}
	return profile, nil
}

// roles returns every table of a role, flat.
func (d document) roles() map[Role]wiring {
	roles := map[Role]wiring{}
	add := func(r Role, w *wiring) {
		if w != nil {
			roles[r] = *w
		}
	}
	one := func(r Role, e *entry) {
		if e == nil {
			return
		}
		parts := map[Role]*wiring{".warm": e.Warm, ".cool": e.Cool, ".step": e.Step, ".dir": e.Dir, ".enable": e.Enable}
		whole := true
		for name, part := range parts {
			add(r+name, part)
			whole = whole && part == nil
		}
		// [light.key.warm] alone makes a table light.key too, an empty one.
		if whole || !e.empty() {
			add(r, &e.wiring)
		}
	}
	for group, items := range map[Role]map[string]entry{
		"button": d.Button, "lamp": d.Lamp, "turntable": d.Turntable, "light": d.Light,
		"lens": d.Lens, "power": d.Power, "bus": d.Bus,
	} {
		for item, e := range items {
			one(group+"."+Role(item), &e)
		}
	}
	for r, e := range map[Role]*entry{EStop: d.EStop, Deadman: d.Deadman, Buzzer: d.Buzzer, Display: d.Display} {
		one(r, e)
	}
	return roles
}

func (w wiring) empty() bool {
	return w.Pin+w.PWM+w.Channel+w.I2C+w.Serial+w.Pull+w.Active+w.Contact+w.Resistor == "" && len(w.Lines) == 0
}

// wires checks every table and brings the roles into the order of Uses.
func (p *parser) wires(found map[Role]wiring) ([]Wire, error) {
	for _, role := range p.rolesWritten(found) {
		if _, ok := useOf(role); !ok {
			return nil, p.fault(string(role), "no such role; there are %s", roleNames())
		}
	}
	var wires []Wire
	for _, use := range Uses() {
		w, ok := found[use.Role]
		switch {
		case !ok && use.Required:
			return nil, fmt.Errorf("role %s is missing: add a table [%s] with its pin", use.Role, use.Role)
		case !ok:
			continue
		}
		wire, err := p.wire(use, w)
		if err != nil {
			return nil, err
		}
		wires = append(wires, wire)
	}
	return wires, p.together(wires)
}

// together checks what roles ask of each other.
func (p *parser) together(wires []Wire) error {
	profile := Profile{Wires: wires}
	has := func(r Role) bool { _, ok := profile.Wire(r); return ok }
	for _, w := range wires {
		bus := w.OnBus()
		if bus != "" && !has(bus) {
			use, _ := useOf(bus)
			return p.fault(string(w.Role)+".channel", "%s needs its bus: add a table [%s] with %s", w.Endpoint(), bus, use.Kinds.examples())
		}
	}
	for _, light := range []Role{LightKey, LightFill} {
		warm, cool := has(light+".warm"), has(light+".cool")
		switch {
		case warm != cool:
			half := light + ".cool"
			if warm {
				half = light + ".warm"
			}
			return p.fault(string(half), "warm and cool come together: wire both, or [%s] alone", light)
		case warm && has(light):
			return p.fault(string(light), "is one channel, or warm and cool, not both: take one of them out")
		}
	}
	return p.lenses(has)
}

// lenses checks what moves each ring: a servo, or a stepper with both its lines.
func (p *parser) lenses(has func(Role) bool) error {
	for _, ring := range []Role{LensZoom, LensFocus} {
		step, dir, enable := has(ring+".step"), has(ring+".dir"), has(ring+".enable")
		switch {
		case step && !dir:
			return p.fault(string(ring+".step"), "a stepper needs its direction: wire [%s.dir]", ring)
		case !step && dir:
			return p.fault(string(ring+".dir"), "a stepper needs its steps: wire [%s.step]", ring)
		case !step && enable:
			return p.fault(string(ring+".enable"), "a stepper needs its steps: wire [%s.step] and [%s.dir]", ring, ring)
		case step && has(ring):
			return p.fault(string(ring), "is moved by a servo, or by a stepper, not by both: take one of them out")
		}
	}
	return nil
}
