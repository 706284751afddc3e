package profile

import (
	"errors"
	"strings"
	"testing"

	"periph.io/x/conn/v3/gpio"
)

// rich wires something of every kind; the tables below break it.
const rich = good + `
[estop]
pin = "GPIO16"
[turntable.enable]
pin = "GPIO6"
[turntable.uart]
serial = "/dev/serial0"
[light.key]
pwm = "fe20c000.pwm/1"
lines = ["GPIO19"]
[bus.pca9685]
i2c = "i2c-1/0x40"
[light.fill.warm]
channel = "pca9685/0"
[light.fill.cool]
channel = "pca9685/15"
[bus.dmx]
serial = "/dev/ttyUSB0"
[light.rim]
channel = "dmx/512"
[light.under]
channel = "dmx/12+13"
[display]
i2c = "1/0x3c"
`

func TestEveryKindOfWireIsRead(t *testing.T) {
	p, err := Parse("bench", []byte(rich))
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[Role]struct {
		kind  Kind
		end   string
		lines string
	}{
		EStop:         {Pin, "GPIO16", "GPIO16"},
		TurntableUART: {Serial, "/dev/serial0", "GPIO14 GPIO15"},
		LightKey:      {PWM, "fe20c000.pwm/1", "GPIO19"},
		LightFillCool: {PCA9685, "pca9685/15", ""},
		LightRim:      {DMX, "dmx/512", ""},
		LightUnder:    {DMX, "dmx/12+13", ""},
		Display:       {I2C, "i2c-1/0x3c", "GPIO2 GPIO3"},
		BusDMX:        {Serial, "/dev/ttyUSB0", ""},
	} {
		w, ok := p.Wire(role)
		if !ok || w.Kind != want.kind || w.Endpoint() != want.end || strings.Join(w.Header(), " ") != want.lines {
			t.Errorf("%s: %+v, want %+v", role, w, want)
		}
	}
}

func TestEveryWrongWireIsRefusedWithItsRoleAndTheMend(t *testing.T) {
	for _, c := range []struct {
		mistake, old, new string
		want              []string
	}{
		{"light on a pin", `pwm = "fe20c000.pwm/1"`, `pin = "GPIO19"`, []string{"light.key.pin", "a pin is of the wrong kind", "pwm = "}},
		{"estop on a pwm channel", `pin = "GPIO16"`, `pwm = "pwmchip0/1"`, []string{"estop.pwm", "wrong kind", "wire it to a pin"}},
		{"display on a port", `i2c = "1/0x3c"`, `serial = "/dev/ttyUSB1"`, []string{"display.serial", "wrong kind", "i2c"}},
		{"servo over DMX", `[light.rim]`, `[lens.zoom]`, []string{"lens.zoom.channel", "a channel of bus.dmx is of the wrong kind"}},
		{"unknown bus", `"dmx/512"`, `"dali/5"`, []string{"light.rim.channel", `"dali/5" is of the wrong kind`, "dmx/12"}},
		{"two wires", `pwm = "fe20c000.pwm/1"`, "pwm = \"fe20c000.pwm/1\"\nchannel = \"dmx/4\"", []string{"light.key", "both pwm and channel"}},
		{"no wire", `channel = "dmx/512"`, ``, []string{"light.rim", "wired to nothing", "pca9685/3"}},
		{"channel is no number", `fe20c000.pwm/1"`, `fe20c000.pwm"`, []string{"light.key.pwm", "from 0 to 63"}},
		{"channel beyond the chip", `"pca9685/15"`, `"pca9685/16"`, []string{"light.fill.cool.channel", "from 0 to 15"}},
		{"channel below the line", `"dmx/512"`, `"dmx/0"`, []string{"light.rim.channel", "from 1 to 512"}},
		{"fine slot apart", `"dmx/12+13"`, `"dmx/12+14"`, []string{"light.under.channel", "the one after the first", "dmx/12+13"}},
		{"fine slot beyond the line", `"dmx/12+13"`, `"dmx/512+513"`, []string{"light.under.channel", "the one after the first"}},
		{"fine slot of another", `"dmx/512"`, `"dmx/13"`, []string{"channel dmx/13 is used twice", "light.rim", "light.under"}},
		{"address beyond the bus", `"1/0x3c"`, `"1/0x80"`, []string{"display.i2c", "from 3 to 119"}},
		{"bus is no number", `"1/0x3c"`, `"main/0x3c"`, []string{"display.i2c", "no address on a bus"}},
		{"port is no path", `"/dev/ttyUSB0"`, `"COM3"`, []string{"bus.dmx.serial", "no serial port", "/dev/ttyUSB0"}},
		{"no bus", "[bus.dmx]\nserial = \"/dev/ttyUSB0\"\n", "", []string{"light.rim.channel", "needs its bus", "[bus.dmx]", "serial = "}},
		{"half a light", "[light.fill.cool]\nchannel = \"pca9685/15\"\n", "", []string{"light.fill", "come together"}},
		{"a light too many", "[light.rim]", "[light.fill]", []string{"light.fill", "not both"}},
		{"pwm without its line", "lines = [\"GPIO19\"]\n", "", []string{"light.key", "on which line", "lines = "}},
		{"line is not on the header", `["GPIO19"]`, `["GPIO45"]`, []string{"light.key", "GPIO45", "not a free line"}},
		{"lines of a pin", `pin = "GPIO16"`, "pin = \"GPIO16\"\nlines = [\"GPIO16\"]", []string{"estop.lines"}},
		{"open emergency stop", `pin = "GPIO16"`, "pin = \"GPIO16\"\ncontact = \"normally_open\"", []string{"estop.contact", "normally_closed"}},
		{"resistor is nonsense", `pin = "GPIO6"`, "pin = \"GPIO6\"\nresistor = \"10k\"", []string{"turntable.enable.resistor", "up nor down"}},
		{"resistor of an input", `pin = "GPIO16"`, "pin = \"GPIO16\"\nresistor = \"up\"", []string{"estop.resistor", `pull = "none"`}},
		{"active level of a port", `serial = "/dev/serial0"`, "serial = \"/dev/serial0\"\nactive = \"low\"", []string{"turntable.uart.active"}},
		{"pull of a display", `i2c = "1/0x3c"`, "i2c = \"1/0x3c\"\npull = \"up\"", []string{"display", "neither pull nor contact"}},
		{"pwm on a used pin", `["GPIO19"]`, `["GPIO6"]`, []string{"pin GPIO6 is used twice", "turntable.enable", "light.key"}},
		{"button on the bus", `pin = "GPIO6"`, `pin = "GPIO3"`, []string{"pin GPIO3 is used twice", "display", "turntable.enable"}},
		{"channel used twice", `"pca9685/15"`, `"pca9685/0"`, []string{"channel pca9685/0 is used twice", "light.fill.warm", "light.fill.cool"}},
		{"address used twice", `"1/0x3c"`, `"1/0x40"`, []string{"address i2c-1/0x40 is used twice", "display", "bus.pca9685"}},
		{"port used twice", `"/dev/ttyUSB0"`, `"/dev/serial0"`, []string{"/dev/serial0 is used twice", "turntable.uart", "bus.dmx"}},
	} {
		if !strings.Contains(rich, c.old) {
			t.Fatalf("%s: nothing to break", c.mistake)
		}
		_, err := Parse("bench", []byte(strings.Replace(rich, c.old, c.new, 1)))
		if err == nil {
			t.Errorf("%s: accepted", c.mistake)
			continue
		}
		for _, want := range append(c.want, "board profile bench: ", "line ") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", c.mistake, err, want)
			}
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q is more than one line", c.mistake, err)
		}
	}
}

func TestAProfileInConflictCanStillBeShown(t *testing.T) {
	_, err := Parse("bench", []byte(strings.Replace(rich, `"GPIO6"`, `"GPIO17"`, 1)))
	var clash *ConflictError
	if !errors.As(err, &clash) {
		t.Fatalf("got %v", err)
	}
	conflicts := clash.Draft.Conflicts()
	want := Conflict{"pin GPIO17", ButtonGoLive, TurntableEnable}
	if len(conflicts) != 1 || conflicts[0] != want {
		t.Errorf("got %v, want %v", conflicts, want)
	}
}

func TestAnEmergencyStopThatIsCutReadsAsPressed(t *testing.T) {
	p, err := Parse("bench", []byte(rich))
	if err != nil {
		t.Fatal(err)
	}
	stop, _ := p.Wire(EStop)
	cut := stop.Pull == gpio.PullUp // the level of a line that only its pull holds
	if pressed := cut != stop.ActiveLow; !pressed || !stop.NormallyClosed || stop.Pull != gpio.PullUp {
		t.Errorf("a cut wire reads as released, or the contact does not go to ground: %+v", stop)
	}
}
