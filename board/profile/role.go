package profile

// Role is what a pin, a channel, an address or a port is for, independent of
// the board.
type Role string

// The roles of the box.
const (
	ButtonGoLive    Role = "button.golive"
	ButtonLook1     Role = "button.look1"
	ButtonLook2     Role = "button.look2"
	ButtonLook3     Role = "button.look3"
	ButtonLook4     Role = "button.look4"
	EStop           Role = "estop"
	Deadman         Role = "deadman"
	LampAir         Role = "lamp.air"
	LampRed         Role = "lamp.red"
	LampGreen       Role = "lamp.green"
	LampBlue        Role = "lamp.blue"
	Buzzer          Role = "buzzer"
	Display         Role = "display"
	TurntableEnable Role = "turntable.enable"
	TurntableStep   Role = "turntable.step"
	TurntableDir    Role = "turntable.dir"
	TurntableHome   Role = "turntable.home"
	TurntableIndex  Role = "turntable.index"
	TurntableDiag   Role = "turntable.diag"
	TurntablePWM    Role = "turntable.pwm"
	TurntableUART   Role = "turntable.uart"
	LightKey        Role = "light.key"
	LightKeyWarm    Role = "light.key.warm"
	LightKeyCool    Role = "light.key.cool"
	LightFill       Role = "light.fill"
	LightFillWarm   Role = "light.fill.warm"
	LightFillCool   Role = "light.fill.cool"
	LightRim        Role = "light.rim"
	LightUnder      Role = "light.under"
	LensZoom        Role = "lens.zoom"
	LensFocus       Role = "lens.focus"
	LensZoomStep    Role = "lens.zoom.step"
	LensZoomDir     Role = "lens.zoom.dir"
	LensZoomEnable  Role = "lens.zoom.enable"
	LensFocusStep   Role = "lens.focus.step"
	LensFocusDir    Role = "lens.focus.dir"
	LensFocusEnable Role = "lens.focus.enable"
	PowerCamera     Role = "power.camera"
	BusPCA9685      Role = "bus.pca9685"
	BusDMX          Role = "bus.dmx"
)

// Use is what the box knows of a role before any board is known.
type Use struct {
	Role     Role
	Kinds    Kind // the ways in which it may be wired
	Output   bool // the box drives it
	Required bool
	// Holds: it keeps its last value when everything else comes to rest.
	Holds bool
	// Safe is the state that must hold when no program runs; "" = any will do.
	Safe    string
	Purpose string

	usuallyHigh bool // an input that is active high unless the profile differs
	usuallyLow  bool // an output that is active low unless the profile differs
	onlyClosed  bool // an input whose contact must be normally closed
}

// Uses returns all roles in the order in which people read them.
func Uses() []Use {
	button := func(r Role, purpose string) Use { return Use{Role: r, Kinds: Pin, Purpose: purpose} }
	output := func(r Role, safe, purpose string) Use {
		return Use{Role: r, Kinds: Pin, Output: true, Safe: safe, Purpose: purpose}
	}
	current := func(r Role, purpose string) Use {
		return Use{Role: r, Kinds: Pin, Output: true, usuallyLow: true, Safe: "motor without current", Purpose: purpose}
	}
	channel := func(r Role, kinds Kind, purpose string) Use {
		return Use{Role: r, Kinds: kinds, Output: true, Holds: true, Purpose: purpose}
	}
	golive, air := button(ButtonGoLive, "hold to go live, hold to stop"), output(LampAir, "dark", "on-air lamp")
	golive.Required, air.Required = true, true
	const lamp = PWM | PCA9685 | DMX
	return []Use{
		golive,
		button(ButtonLook1, "look 1"), button(ButtonLook2, "look 2"),
		button(ButtonLook3, "look 3"), button(ButtonLook4, "look 4"),
		{Role: EStop, Kinds: Pin, usuallyHigh: true, onlyClosed: true, Purpose: "reads the emergency stop back"},
		output(Deadman, "still", "toggles while the daemon lives"),
		air,
		output(LampRed, "dark", "status light, red"), output(LampGreen, "dark", "status light, green"),
		output(LampBlue, "dark", "status light, blue"),
		output(Buzzer, "silent", "buzzer"),
		{Role: Display, Kinds: I2C, Output: true, Purpose: "small display"},
		current(TurntableEnable, "current for the motor"),
		output(TurntableStep, "no step", "one pulse, one step"), output(TurntableDir, "", "direction of the steps"),
		{Role: TurntableHome, Kinds: Pin, Purpose: "home sensor of the table"},
		{Role: TurntableIndex, Kinds: Pin, usuallyHigh: true, Purpose: "pulses of the motor driver's INDEX"},
		{Role: TurntableDiag, Kinds: Pin, usuallyHigh: true, Purpose: "stall or fault of the motor driver"},
		{Role: TurntablePWM, Kinds: PWM, Output: true, Purpose: "steps made by a PWM unit"},
		{Role: TurntableUART, Kinds: Serial, Output: true, Purpose: "motor driver on one wire"},
		channel(LightKey, lamp, "key light"),
		channel(LightKeyWarm, lamp, "key light, warm"), channel(LightKeyCool, lamp, "key light, cool"),
		channel(LightFill, lamp, "fill light"),
		channel(LightFillWarm, lamp, "fill light, warm"), channel(LightFillCool, lamp, "fill light, cool"),
		channel(LightRim, lamp, "rim light"), channel(LightUnder, lamp, "light under the table"),
		channel(LensZoom, PWM, "servo of the zoom"), channel(LensFocus, PWM, "servo of the focus"),
		output(LensZoomStep, "no step", "stepper of the zoom"), output(LensZoomDir, "", "its direction"), current(LensZoomEnable, "its current"),
		output(LensFocusStep, "no step", "stepper of the focus"), output(LensFocusDir, "", "its direction"), current(LensFocusEnable, "its current"),
		output(PowerCamera, "camera has power", "relay that takes the camera's power away"),
		{Role: BusPCA9685, Kinds: I2C, Output: true, Purpose: "16 PWM channels"},
		{Role: BusDMX, Kinds: Serial, Output: true, Purpose: "512 DMX channels"},
	}
}

func useOf(r Role) (Use, bool) {
	for _, u := range Uses() {
		if u.Role == r {
			return u, true
		}
	}
	return Use{}, false
}
