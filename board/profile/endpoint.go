package profile

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"periph.io/x/conn/v3/gpio"
)

var (
	lineName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.+-]*$`)
	portName = regexp.MustCompile(`^/dev/[A-Za-z0-9][A-Za-z0-9_./:+-]*$`)
)

// wire checks one table.
func (p *parser) wire(use Use, e wiring) (Wire, error) {
	key := string(use.Role)
	w := Wire{Use: use, ActiveLow: use.usuallyLow || (!use.Output && !use.usuallyHigh)}
	if err := p.endpoint(&w, e); err != nil {
		return Wire{}, err
	}
	switch {
	case e.Active == "":
	case w.Kind&(Pin|PWM) == 0:
		return Wire{}, p.fault(key+".active", "only a pin or a pwm channel has an active level: take the key out")
	case e.Active == "low", e.Active == "high":
		w.ActiveLow = e.Active == "low"
	default:
		return Wire{}, p.fault(key+".active", "%q is neither low nor high", e.Active)
	}
	if use.Output || w.Kind != Pin {
		if e.Pull != "" || e.Contact != "" {
			return Wire{}, p.fault(key, "an output takes neither pull nor contact")
		}
		return w, p.resistor(&w, e)
	}
	if e.Resistor != "" {
		return Wire{}, p.fault(key+".resistor", `an input has no resistor: write pull = "none" where the circuit has its own`)
	}
	return w, p.input(&w, e)
}

// endpoint finds the one key that says where the role is wired.
func (p *parser) endpoint(w *Wire, e wiring) error {
	role := string(w.Role)
	var given []string
	for _, k := range []struct{ key, value string }{
		{"pin", e.Pin}, {"pwm", e.PWM}, {"channel", e.Channel}, {"i2c", e.I2C}, {"serial", e.Serial},
	} {
		if k.value != "" {
			given = append(given, k.key, k.value)
		}
	}
	switch {
	case len(given) == 0 && w.Kinds == Pin:
		given = []string{"pin", ""}
	case len(given) == 0:
		return p.fault(role, "is wired to nothing: add %s", w.Kinds.examples())
	case len(given) > 2:
		return p.fault(role, "is wired to both %s and %s: take one out", given[0], given[2])
	}
	w.Kind = kindOf(given[0], given[1])
	if w.Kinds&w.Kind == 0 {
		name := w.Kind.String()
		if w.Kind == 0 {
			name = strconv.Quote(given[1])
		}
		return p.fault(role+"."+given[0], "%s is of the wrong kind: wire it to %s (%s)", name, w.Kinds, w.Kinds.examples())
	}
	if err := w.end(given[1]); err != nil {
		return p.fault(role+"."+given[0], "%v", err)
	}
	return p.lines(w, e.Lines)
}

// end reads the value of the key.
func (w *Wire) end(value string) error {
	before, after, _ := strings.Cut(value, "/")
	number := func(text string, low, high int) (int, error) {
		n, err := strconv.ParseInt(text, 0, 32)
		if err != nil || int(n) < low || int(n) > high {
			return 0, fmt.Errorf("%q wants a number from %d to %d after its last stroke, as %s", value, low, high, w.Kind.examples())
		}
		return int(n), nil
	}
	var err error
	switch w.Kind {
	case Pin:
		w.Pin = value
		if !lineName.MatchString(value) {
			return fmt.Errorf("%q is no name of a line, such as GPIO17", value)
		}
	case PWM:
		w.Chip = before
		if !lineName.MatchString(before) {
			return fmt.Errorf("%q is no pwm channel, such as pwmchip0/1", value)
		}
		w.Channel, err = number(after, 0, 63)
	case PCA9685:
		w.Channel, err = number(after, 0, 15)
	case DMX:
		coarse, fine, wide := strings.Cut(after, "+")
		if w.Channel, err = number(coarse, 1, 512); err == nil && wide {
			w.Wide = true
			if next, wrong := number(fine, 2, 512); wrong != nil || next != w.Channel+1 {
				err = fmt.Errorf("%q: the second slot of a 16-bit fixture is the one after the first, as dmx/12+13", value)
			}
		}
	case I2C:
		bus, addr := 0, 0
		if bus, err = strconv.Atoi(strings.TrimPrefix(before, "i2c-")); err != nil || bus < 0 || bus > 255 {
			return fmt.Errorf("%q is no address on a bus, such as i2c-1/0x3c", value)
		}
		addr, err = number(after, 0x03, 0x77)
		w.Bus, w.Addr = bus, uint16(addr)
	case Serial:
		w.Device = value
		if !portName.MatchString(value) || strings.Contains(value, "..") {
			return fmt.Errorf("%q is no serial port, such as /dev/ttyUSB0", value)
		}
	}
	return err
}

// lines notes which lines of the header the wire occupies.
func (p *parser) lines(w *Wire, lines []string) error {
	key := string(w.Role) + ".lines"
	switch {
	case w.Kind == Pin && len(lines) > 0:
		return p.fault(key, "a pin is its own line: take the key out")
	case w.Kind&(PCA9685|DMX) != 0 && len(lines) > 0:
		return p.fault(key, "a channel of a bus occupies no line: take the key out")
	case w.Kind == PWM && len(lines) == 0 && p.header != nil:
		return p.fault(string(w.Role), `say on which line the channel comes out: lines = ["GPIO18"]`)
	case len(lines) == 0 && p.header != nil:
		lines = usualLines(*w)
	}
	w.Lines = slices.Clone(lines)
	for _, line := range w.Header() {
		if !lineName.MatchString(line) {
			return p.fault(key, "%q is no name of a line, such as GPIO17", line)
		}
		if p.header != nil && p.header[line] == 0 {
			return p.fault(string(w.Role)+"."+w.Kind.key(), "%s is not a free line on this board's header", line)
		}
	}
	if w.Kind == Pin {
		w.Position = p.header[w.Pin]
	}
	return nil
}

// resistor reads what is soldered to an output.
func (p *parser) resistor(w *Wire, e wiring) error {
	key := string(w.Role) + ".resistor"
	switch {
	case e.Resistor == "":
	case w.Kind != Pin:
		return p.fault(key, "only a pin has a resistor: take the key out")
	case e.Resistor == "up":
		w.Resistor = gpio.PullUp
	case e.Resistor == "down":
		w.Resistor = gpio.PullDown
	default:
		return p.fault(key, "%q is neither up nor down", e.Resistor)
	}
	return nil
}
