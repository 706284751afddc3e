package board

import (
	"strconv"
	"strings"
)

// Life is what a disk says of the blocks that it keeps in reserve.
type Life uint8

// The answers of a disk.
const (
	LifeUnknown Life = iota // SD cards do not tell
	LifeNormal
	LifeWarning // four fifths of the reserve are used
	LifeUrgent  // nine tenths are
)

// wear reads the worst of the eMMC disks (JEDEC JESD84-B51, 7.4: registers
// DEVICE_LIFE_TIME_EST and PRE_EOL_INFO). The percentage is the upper end of
// the tenth that the disk names: 10 to 100, 110 beyond its life.
func (p *Probe) wear() (percent int, life Life) {
	percent = Unknown
	for _, file := range p.glob("sys/block/*/device/life_time") {
		for _, estimate := range strings.Fields(p.text(file)) { // two kinds of cells
			if tenths, ok := hex(estimate, 11); ok {
				percent = max(percent, 10*tenths)
			}
		}
	}
	for _, file := range p.glob("sys/block/*/device/pre_eol_info") {
		if stage, ok := hex(p.text(file), int(LifeUrgent)); ok {
			life = max(life, Life(stage))
		}
	}
	return percent, life
}

// hex reads a register from 1 to most; 0 means that it is not defined.
func hex(text string, most int) (int, bool) {
	n, err := strconv.ParseInt(text, 0, 16)
	return int(n), err == nil && n >= 1 && int(n) <= most
}
