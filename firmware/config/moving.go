package config

import "math"

// Turntable says what turns the ring. Which pins, the board's profile says.
type Turntable struct {
	Drive string `toml:"drive"` // step, pwm or tmc2209
	// MotorSteps are the full steps of one turn of the motor: 200 for 1.8 degrees
	// each. They mean the same for every drive.
	MotorSteps int `toml:"motor_steps"`
	// Gear is how many turns of the motor make one of the table; negative where
	// it turns the other way.
	Gear float64 `toml:"gear"`
	// Microsteps of a full step are what the motor driver is set to by its pins,
	// for step and pwm. A tmc2209 is told its own.
	Microsteps int `toml:"microsteps"`
	// Speed is the fastest that the table may turn, in deg/s.
	Speed float64 `toml:"speed"`

	// What follows is for a tmc2209 alone: currents while moving and standing, in
	// 32nds of full scale, the load that counts as a stall (0 = none does), and
	// its address on the line.
	Run     int `toml:"run"`
	Hold    int `toml:"hold"`
	Stall   int `toml:"stall"`
	Address int `toml:"address"`
}

// Lens says how zoom and focus are moved. Which pins, the board's profile says.
type Lens struct {
	ZoomLowUs    int     `toml:"zoom_low_us"`
	ZoomHighUs   int     `toml:"zoom_high_us"`
	ZoomReverse  bool    `toml:"zoom_reverse"`
	ZoomSpeed    float64 `toml:"zoom_speed"`
	ZoomTravel   int     `toml:"zoom_travel"`
	FocusLowUs   int     `toml:"focus_low_us"`
	FocusHighUs  int     `toml:"focus_high_us"`
	FocusReverse bool    `toml:"focus_reverse"`
	FocusSpeed   float64 `toml:"focus_speed"`
	FocusTravel  int     `toml:"focus_travel"`
}

// LensAxis is one ring of the lens.
type LensAxis struct {
	// LowUs and HighUs are a servo's pulses in µs at the two ends of its way.
	LowUs, HighUs int
	Reverse       bool    // the ring turns the other way
	Speed         float64 // whole ways per second, at most
	Travel        int     // a stepper's steps from stop to stop; 0 = not said
}

// Zoom is the ring of that name.
func (l Lens) Zoom() LensAxis {
	return LensAxis{l.ZoomLowUs, l.ZoomHighUs, l.ZoomReverse, l.ZoomSpeed, l.ZoomTravel}
}

// Focus is the ring of that name.
func (l Lens) Focus() LensAxis {
	return LensAxis{l.FocusLowUs, l.FocusHighUs, l.FocusReverse, l.FocusSpeed, l.FocusTravel}
}

func defaultTurntable() Turntable {
	return Turntable{
		Drive: "step", MotorSteps: 200, Gear: 1, Microsteps: 16, Speed: 60,
		// A small NEMA 17 motor on the usual 0.11 ohm resistors.
		Run: 16, Hold: 6, Stall: 40,
	}
}

func defaultLens() Lens {
	return Lens{
		ZoomLowUs: 1000, ZoomHighUs: 2000, ZoomSpeed: 0.5,
		FocusLowUs: 1000, FocusHighUs: 2000, FocusSpeed: 0.5,
	}
}

// checked is a key and what is wrong with its value; nil = nothing is.
type checked struct {
	key string
	err error
}

func (t Turntable) check() []checked {
	return []checked{
		{"turntable.drive", oneOf(t.Drive, "step", "pwm", "tmc2209")},
		{"turntable.motor_steps", number(float64(t.MotorSteps), 20, 1000, "full steps for one turn of the motor")},
		{"turntable.gear", number(math.Abs(t.Gear), 0.1, 1000, "turns of the motor, either way round")},
		{"turntable.microsteps", number(float64(t.Microsteps), 1, 256, "for one full step")},
		{"turntable.speed", number(t.Speed, 1, 90, "degrees per second")},
		{"turntable.run", number(float64(t.Run), 0, 31, "32nds of full scale")},
		{"turntable.hold", number(float64(t.Hold), 0, 31, "32nds of full scale")},
		{"turntable.stall", number(float64(t.Stall), 0, 255, "(0 = no stall is felt)")},
		{"turntable.address", number(float64(t.Address), 0, 3, "as the pins MS1 and MS2 say")},
	}
}

func (l Lens) check() []checked {
	return append(l.Zoom().check("lens.zoom"), l.Focus().check("lens.focus")...)
}

func (a LensAxis) check(name string) []checked {
	found := []checked{
		{name + "_low_us", number(float64(a.LowUs), 500, 2400, "µs; beyond them most servos meet their stops")},
		{name + "_high_us", number(float64(a.HighUs), float64(a.LowUs+100), 2500, "µs, above "+name+"_low_us; "+name+"_reverse turns the ring round")},
		{name + "_speed", number(a.Speed, 0.02, 5, "whole ways per second")},
	}
	if a.Travel != 0 {
		found = append(found, checked{name + "_travel", number(float64(a.Travel), 100, 100_000, "steps from stop to stop")})
	}
	return found
}
