package profile

import "slices"

// header40 is the 40-pin header of every Raspberry Pi since the B+: the
// physical position of each GPIO line. GPIO0 and GPIO1 (27 and 28) are missing
// on purpose: they belong to the identification EEPROM of add-on boards.
func header40() map[string]int {
	return map[string]int{
		"GPIO2": 3, "GPIO3": 5, "GPIO4": 7, "GPIO14": 8, "GPIO15": 10,
		"GPIO17": 11, "GPIO18": 12, "GPIO27": 13, "GPIO22": 15, "GPIO23": 16,
		"GPIO24": 18, "GPIO10": 19, "GPIO9": 21, "GPIO25": 22, "GPIO11": 23,
		"GPIO8": 24, "GPIO7": 26, "GPIO5": 29, "GPIO6": 31, "GPIO12": 32,
		"GPIO13": 33, "GPIO19": 35, "GPIO16": 36, "GPIO26": 37, "GPIO20": 38,
		"GPIO21": 40,
	}
}

// HeaderPins returns what stands on the pins 1 to 40 of a Raspberry Pi's
// header: a line, or the fixed purpose of the pin.
func HeaderPins() [40]string {
	pins := [40]string{
		0: "3V3", 1: "5V", 3: "5V", 5: "GND", 8: "GND", 13: "GND", 16: "3V3", 19: "GND",
		24: "GND", 26: "ID_SD", 27: "ID_SC", 29: "GND", 33: "GND", 38: "GND",
	}
	for line, position := range header40() {
		pins[position-1] = line
	}
	return pins
}

// Positions returns the pins of the header that the wire occupies; none where
// the board has no known header.
func (p Profile) Positions(w Wire) []int {
	var positions []int
	for _, line := range w.Header() {
		if at := header40()[line]; p.Pi40 && at > 0 {
			positions = append(positions, at)
		}
	}
	return positions
}

// usualLines returns the lines on which a Raspberry Pi brings out its first
// I2C bus and its serial port.
func usualLines(w Wire) []string {
	switch {
	case w.Kind == I2C && w.Bus == 1:
		return []string{"GPIO2", "GPIO3"}
	case w.Kind == Serial && slices.Contains([]string{"/dev/serial0", "/dev/ttyAMA0", "/dev/ttyS0"}, w.Device):
		return []string{"GPIO14", "GPIO15"}
	}
	return nil
}

// headerNamed returns the header that a profile names; "" is a board without a
// known one.
func headerNamed(name string) (map[string]int, bool) {
	switch name {
	case "":
		return nil, true
	case "rpi40":
		return header40(), true
	}
	return nil, false
}
