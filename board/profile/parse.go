package profile

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
	"periph.io/x/conn/v3/gpio"
)

// document is the file as written.
type document struct {
	Title  string           `toml:"title"`
	Models []string         `toml:"models"`
	Header string           `toml:"header"`
	Button map[string]entry `toml:"button"`
	Lamp   map[string]entry `toml:"lamp"`
}

type entry struct {
	Pin     string `toml:"pin"`
	Pull    string `toml:"pull"`
	Active  string `toml:"active"`
	Contact string `toml:"contact"`
}

// Parse reads a profile and refuses everything that it does not understand:
// a typo must not leave a button dead in a studio. Every error is one line
// that names the profile, the line and the role or key.
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
		return Profile{}, p.fault(unknown[0].String(), "unknown key; a role has pin, pull, active, contact, a board has title, models, header")
	}
	header, ok := headerNamed(doc.Header)
	if !ok {
		return Profile{}, p.fault("header", "%q is unknown: want rpi40, or leave it out", doc.Header)
	}
	p.header = header
	wires, err := p.wires(map[string]map[string]entry{"button": doc.Button, "lamp": doc.Lamp})
	if err != nil {
		return Profile{}, err
	}
	return Profile{Name: p.name, Title: doc.Title, Models: doc.Models, Wires: wires}, nil
}

// wires checks every entry and brings them into the order of Uses.
func (p *parser) wires(groups map[string]map[string]entry) ([]Wire, error) {
	found := map[Role]entry{}
	for _, role := range p.rolesWritten(groups) {
		if _, ok := useOf(role); !ok {
			return nil, p.fault(string(role), "no such role; there are %s", roleNames())
		}
		group, item, _ := strings.Cut(string(role), ".")
		found[role] = groups[group][item]
	}
	var wires []Wire
	takenBy := map[string]Role{}
	for _, use := range Uses() {
		e, ok := found[use.Role]
		switch {
		case !ok && use.Required:
			return nil, fmt.Errorf("role %s is missing: add a table [%s] with its pin", use.Role, use.Role)
		case !ok:
			continue
		}
		w, err := p.wire(use, e)
		if err != nil {
			return nil, err
		}
		if other, taken := takenBy[w.Pin]; taken {
			return nil, fmt.Errorf("pin %s is used twice: by %s (line %d) and by %s (line %d)", w.Pin,
				other, p.lineOf(string(other)+".pin"), use.Role, p.lineOf(string(use.Role)+".pin"))
		}
		takenBy[w.Pin] = use.Role
		wires = append(wires, w)
	}
	return wires, nil
}

var lineName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.+-]*$`)

// wire checks one entry.
func (p *parser) wire(use Use, e entry) (Wire, error) {
	key := string(use.Role)
	if !lineName.MatchString(e.Pin) {
		return Wire{}, p.fault(key+".pin", "%q is no name of a line, such as GPIO17", e.Pin)
	}
	w := Wire{Use: use, Pin: e.Pin, Position: p.header[e.Pin], ActiveLow: !use.Output}
	if p.header != nil && w.Position == 0 {
		return Wire{}, p.fault(key+".pin", "%s is not a free line on this board's header", e.Pin)
	}
	switch e.Active {
	case "":
	case "low", "high":
		w.ActiveLow = e.Active == "low"
	default:
		return Wire{}, p.fault(key+".active", "%q is neither low nor high", e.Active)
	}
	if use.Output {
		if e.Pull != "" || e.Contact != "" {
			return Wire{}, p.fault(key, "an output takes neither pull nor contact")
		}
		return w, nil
	}
	err := p.input(&w, e)
	return w, err
}

// input checks what only inputs have.
func (p *parser) input(w *Wire, e entry) error {
	key := string(w.Role)
	switch e.Contact {
	case "", "normally_open":
	case "normally_closed":
		w.NormallyClosed = true
	default:
		return p.fault(key+".contact", "%q is neither normally_open nor normally_closed", e.Contact)
	}
	// An open contact leaves the line to the pull. That must read as released
	// with a contact that closes, as pressed with one that opens.
	fits := gpio.PullDown
	if w.ActiveLow != w.NormallyClosed {
		fits = gpio.PullUp
	}
	switch e.Pull {
	case "":
		w.Pull = fits
	case "none":
		w.Pull = gpio.Float
	case "up", "down":
		w.Pull = gpio.PullDown
		if e.Pull == "up" {
			w.Pull = gpio.PullUp
		}
		if w.Pull != fits {
			return p.fault(key+".pull", "%s contradicts active and contact: an open line would read wrongly", e.Pull)
		}
	default:
		return p.fault(key+".pull", "%q is none of up, down, none", e.Pull)
	}
	return nil
}
