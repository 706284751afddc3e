package tmc2209

import (
	"errors"
	"fmt"
)

// ErrChip is returned by Setup for a chip that is no TMC2209.
var ErrChip = errors.New("chip is no TMC2209")

// Config sets up a motor that moves by velocity.
type Config struct {
	// Run and Hold are the currents while moving and standing, 0 to 31 in
	// 32nds of the full scale that the sense resistors give.
	Run, Hold int
	// Stall is the load at which the motor counts as stalled, 1 to 255: where
	// SG_RESULT is at most twice this. 0 = no stall detection.
	Stall int
	// StallAbove is the speed in microsteps per second from which on the load
	// counts, see UsefulAbove; below it the DIAG output tells no stall. 0 = nowhere.
	StallAbove float64
	// Reverse makes positive speeds turn the motor the other way.
	Reverse bool
}

// Setup stops the motor, checks that the chip is a TMC2209 and configures it:
// microsteps of 1/256, StealthChop at every speed (StallGuard4 needs it).
func (c *Chip) Setup(cfg Config) error {
	if cfg.Run < 0 || cfg.Run > 31 || cfg.Hold < 0 || cfg.Hold > 31 || cfg.Stall < 0 || cfg.Stall > 255 || !(cfg.StallAbove >= 0) {
		return fmt.Errorf("tmc2209 %d: currents are 0 to 31, the stall level 0 to 255 and its speed 0 or more, not %+v", c.address, cfg)
	}
	pins, err := c.Read(IOIN)
	if err != nil {
		return err
	}
	if version := pins >> 24; version != chipVersion {
		return fmt.Errorf("tmc2209 %d: %w: version 0x%02x, want 0x%02x", c.address, ErrChip, version, chipVersion)
	}
	if cfg.Stall == 0 {
		cfg.StallAbove = 0 // a threshold of 0 is met by a load of 0
	}
	general := uint32(gconfPDNDisable | gconfMstepSelect | gconfMultistep)
	if cfg.Reverse {
		general |= gconfShaft
	}
	for _, w := range []struct {
		r     Register
		value uint32
	}{
		{VACTUAL, 0},
		{GCONF, general},
		{CHOPCONF, chopconf},
		// the current falls to Hold in 8 steps of 2^18 clocks
		{IHOLDIRUN, uint32(8<<16 | cfg.Run<<8 | cfg.Hold)},
		{TPWMTHRS, 0},
		{TCOOLTHRS, clocksPerStep(cfg.StallAbove)},
		{SGTHRS, uint32(cfg.Stall)},
		{GSTAT, gstatReset | gstatDriverError | gstatUndervoltage},
	} {
		if err := c.Write(w.r, w.value); err != nil {
			return err
		}
	}
	return nil
}

// SetVelocity turns the motor at a speed in microsteps per second. The chip
// has no ramps: small changes only. It keeps turning at the last speed when
// nobody writes again, so the enable line must be out of its hands.
func (c *Chip) SetVelocity(microstepsPerS float64) error {
	return c.Write(VACTUAL, velocityWord(microstepsPerS))
}

// Load is SG_RESULT: 0 for overload to 510 for none. It says something only
// above the speed of UsefulAbove.
func (c *Chip) Load() (int, error) {
	v, err := c.Read(SGRESULT)
	return int(v & 0x3FF), err
}

// Place is MSCNT, the place in the table of microsteps, 0 to 1023.
func (c *Chip) Place() (int, error) {
	v, err := c.Read(MSCNT)
	return int(v & 0x3FF), err
}

// Status is what the chip says of its health.
type Status struct {
	Restarted    bool // lost its registers
	Undervoltage bool // of the charge pump: the driver is off
	Short        bool // of a coil to ground or supply: the driver is off
	OpenLoad     bool // a coil seems cut; not reliable while standing
	Warm         bool // pre-warning, about 120 °C
	Hot          bool // the driver is off
	// AboveC is the highest threshold that the chip is above: 0 (less than
	// 120), 120, 143, 150 or 157 °C.
	AboveC int
	Stands bool // no step for 2^20 clocks
}

// Status reads GSTAT and DRV_STATUS.
func (c *Chip) Status() (Status, error) {
	general, err := c.Read(GSTAT)
	if err != nil {
		return Status{}, err
	}
	driver, err := c.Read(DRVSTATUS)
	if err != nil {
		return Status{}, err
	}
	s := Status{
		Restarted:    general&gstatReset != 0,
		Undervoltage: general&gstatUndervoltage != 0,
		Short:        driver&drvShorts != 0,
		OpenLoad:     driver&drvOpenLoad != 0,
		Warm:         driver&drvWarm != 0,
		Hot:          driver&drvHot != 0,
		Stands:       driver&drvStands != 0,
	}
	for _, t := range []struct {
		bit   uint32
		above int
	}{{drvT120, 120}, {drvT143, 143}, {drvT150, 150}, {drvT157, 157}} {
		if driver&t.bit != 0 {
			s.AboveC = t.above
		}
	}
	return s, nil
}
