package board

import (
	"path/filepath"
	"strconv"
	"strings"
)

// Throttling is what the firmware of a Raspberry Pi does to the processor now,
// and what it has done since the machine started.
type Throttling struct {
	Known         bool // false = this machine does not tell
	UnderVoltage  bool // below 4.63 V
	FrequencyCap  bool // held at its lowest clock
	Throttled     bool // slowed down by heat or supply
	SoftTempLimit bool // slowed down a little from 60 °C on (3B+)

	UnderVoltageSeen, FrequencyCapSeen, ThrottledSeen, SoftTempLimitSeen bool
}

// The firmware's bits; the same ones sixteen places up say that it has happened.
const (
	bitUnderVoltage = 1 << iota
	bitFrequencyCap
	bitThrottled
	bitSoftTempLimit
	seenShift = 16
)

// throttling reads the firmware's bits (Raspberry Pi documentation,
// vcgencmd get_throttled), in hexadecimal, with or without 0x.
func (p *Probe) throttling() Throttling {
	for _, file := range p.glob("sys/devices/platform/soc*/soc*:firmware/get_throttled") {
		bits, err := strconv.ParseUint(strings.TrimPrefix(p.text(file), "0x"), 16, 32)
		if err != nil {
			continue
		}
		now := func(bit uint64) bool { return bits&bit != 0 }
		seen := func(bit uint64) bool { return bits>>seenShift&bit != 0 }
		return Throttling{
			Known:        true,
			UnderVoltage: now(bitUnderVoltage), UnderVoltageSeen: seen(bitUnderVoltage),
			FrequencyCap: now(bitFrequencyCap), FrequencyCapSeen: seen(bitFrequencyCap),
			Throttled: now(bitThrottled), ThrottledSeen: seen(bitThrottled),
			SoftTempLimit: now(bitSoftTempLimit), SoftTempLimitSeen: seen(bitSoftTempLimit),
		}
	}
	return Throttling{}
}

// power asks the Pi's firmware through its hwmon driver, which is numbered by
// chance, and else takes the throttling bits.
func (p *Probe) power(t Throttling) Power {
	for _, name := range p.glob("sys/class/hwmon/hwmon*/name") {
		if p.text(name) != "rpi_volt" {
			continue
		}
		for _, alarm := range []string{"in0_lcrit_alarm", "in1_lcrit_alarm"} {
			switch p.text(filepath.Join(filepath.Dir(name), alarm)) {
			case "0":
				return PowerGood
			case "1":
				return PowerLow
			}
		}
	}
	switch {
	case !t.Known:
		return PowerUnknown
	case t.UnderVoltage:
		return PowerLow
	}
	return PowerGood
}

// glob returns the files under Root that match, as names that text takes.
func (p *Probe) glob(pattern string) []string {
	paths, _ := filepath.Glob(filepath.Join(p.Root, pattern)) // the patterns are well formed
	names := make([]string, 0, len(paths))
	for _, path := range paths {
		if name, err := filepath.Rel(p.Root, path); err == nil {
			names = append(names, name)
		}
	}
	return names
}
