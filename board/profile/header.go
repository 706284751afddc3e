package profile

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
