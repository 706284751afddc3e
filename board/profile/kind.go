package profile

import "strings"

// Kind is how a role is wired; as a set it says which ways a role allows.
type Kind uint8

// The ways of wiring.
const (
	// Pin is a line of a GPIO chip.
	Pin Kind = 1 << iota
	// PWM is a channel of a PWM unit of the kernel.
	PWM
	// PCA9685 is a channel of that chip, which is the role bus.pca9685.
	PCA9685
	// DMX is a channel of a DMX512 line, which is the role bus.dmx.
	DMX
	// I2C is a device at an address of a bus.
	I2C
	// Serial is a serial port.
	Serial
)

// kindKey is a kind with the key under which a profile writes it, the
// beginning of the value where the key alone does not tell, how an error calls
// it, and an example.
type kindKey struct {
	kind                       Kind
	key, prefix, name, example string
}

func kindKeys() []kindKey {
	return []kindKey{
		{Pin, "pin", "", "a pin", `pin = "GPIO17"`},
		{PWM, "pwm", "", "a pwm channel", `pwm = "pwmchip0/1"`},
		{PCA9685, "channel", "pca9685/", "a channel of bus.pca9685", `channel = "pca9685/3"`},
		{DMX, "channel", "dmx/", "a channel of bus.dmx", `channel = "dmx/12"`},
		{I2C, "i2c", "", "an i2c address", `i2c = "i2c-1/0x3c"`},
		{Serial, "serial", "", "a serial port", `serial = "/dev/ttyUSB0"`},
	}
}

// String names the kinds of a set, as an error does.
func (k Kind) String() string {
	return k.join(func(kk kindKey) string { return kk.name })
}

// examples shows how a profile wires a role of these kinds.
func (k Kind) examples() string {
	return k.join(func(kk kindKey) string { return kk.example })
}

// key is the one under which a profile writes a single kind.
func (k Kind) key() string {
	for _, kk := range kindKeys() {
		if kk.kind == k {
			return kk.key
		}
	}
	return ""
}

// kindOf returns the kind of a key and its value; 0 = none.
func kindOf(key, value string) Kind {
	for _, kk := range kindKeys() {
		if kk.key == key && strings.HasPrefix(value, kk.prefix) {
			return kk.kind
		}
	}
	return 0
}

func (k Kind) join(text func(kindKey) string) string {
	var parts []string
	for _, kk := range kindKeys() {
		if k&kk.kind != 0 {
			parts = append(parts, text(kk))
		}
	}
	return strings.Join(parts, " or ")
}
