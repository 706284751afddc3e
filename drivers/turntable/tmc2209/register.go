package tmc2209

import "math"

// Register is the address of one register (chapter 5).
type Register byte

// The registers in use.
const (
	GCONF     Register = 0x00 // general configuration
	GSTAT     Register = 0x01 // reset, driver error, charge pump; a written 1 clears
	IFCNT     Register = 0x02 // counts accepted writes, modulo 256
	IOIN      Register = 0x06 // levels of the pins, and the version of the chip
	IHOLDIRUN Register = 0x10 // currents
	TPWMTHRS  Register = 0x13 // StealthChop below this speed; 0 = always
	TCOOLTHRS Register = 0x14 // StallGuard's DIAG output while TSTEP is at most this
	VACTUAL   Register = 0x22 // velocity; 0 hands the motor to the STEP pin
	SGTHRS    Register = 0x40 // stall where SG_RESULT is at most twice this
	SGRESULT  Register = 0x41 // load: 0 = overload .. 510 = none
	MSCNT     Register = 0x6A // place in the microstep table, 0 to 1023
	CHOPCONF  Register = 0x6C // chopper and microstep resolution
	DRVSTATUS Register = 0x6F // temperature, shorts, open load
)

// Bits of GCONF.
const (
	gconfShaft       = 1 << 3 // turn the other way
	gconfPDNDisable  = 1 << 6 // the PDN pin is the UART
	gconfMstepSelect = 1 << 7 // microsteps from CHOPCONF, not from the pins
	gconfMultistep   = 1 << 8 // default: smooth step pulses
)

// chopconf is the reset value of CHOPCONF, TOFF 3, HSTRT 5, 256 microsteps and
// interpolation, but with a blank time of 24 clocks (TBL 1) instead of 16: the
// one value that both the register table (0 or 1) and the chapter on the chopper
// (1 or 2) recommend for most applications.
const chopconf = 0x10000053 | 1<<15

// Microsteps is how many microsteps a full step has while the chip moves by
// velocity: the finest, so that the table turns silently.
const Microsteps = 256

// Cycle is the microsteps of one turn of the microstep table, four full steps.
// MSCNT counts within it, and INDEX pulses once each.
const Cycle = 4 * Microsteps

// Bits of GSTAT.
const (
	gstatReset = 1 << iota
	gstatDriverError
	gstatUndervoltage
)

// Bits of DRV_STATUS.
const (
	drvWarm     = 1 << 0 // overtemperature pre-warning, about 120 °C
	drvHot      = 1 << 1 // overtemperature, the driver is off
	drvShorts   = 0xF << 2
	drvOpenLoad = 3 << 6
	drvT120     = 1 << 8
	drvT143     = 1 << 9
	drvT150     = 1 << 10
	drvT157     = 1 << 11
	drvStands   = 1 << 31
)

// ClockHz is the frequency of the chip's own clock. It is trimmed at the
// factory and off by a few per cent, so that a position has to be read back.
const ClockHz = 12_000_000

const (
	vactualTop  = 1<<23 - 1
	chipVersion = 0x21
)

// velocityWord is VACTUAL for a speed in microsteps per second, in steps of
// ClockHz/2^24 = 0.715/s (chapter 14), cut to what 24 bits hold.
func velocityWord(perSecond float64) uint32 {
	v := perSecond * (1 << 24) / ClockHz
	v = min(max(v, -vactualTop), vactualTop)
	return uint32(int32(math.Round(v))) & 0xFFFFFF
}

// UsefulAbove is the speed in microsteps per second above which the load of a
// motor with so many full steps per turn says something: one turn per second.
// Many motors give less back EMF below it than StallGuard4 needs (chapter 11.5).
func UsefulAbove(fullSteps int) float64 { return float64(fullSteps) * Microsteps }

// maxTSTEP is the slowest that TSTEP and TCOOLTHRS can tell: 20 bits.
const maxTSTEP = 1<<20 - 1

// clocksPerStep is TSTEP at a speed in microsteps per second: the clocks from one
// microstep of 1/256 to the next. 0, which no motor reaches, for no speed.
func clocksPerStep(perSecond float64) uint32 {
	if !(perSecond > 0) {
		return 0
	}
	return uint32(min(ClockHz/perSecond, maxTSTEP))
}

// Velocity is the speed in microsteps per second that a VACTUAL word stands for.
func Velocity(word uint32) float64 {
	signed := int32(word<<8) >> 8
	return float64(signed) * ClockHz / (1 << 24)
}
