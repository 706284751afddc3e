package app

import (
	"errors"
	"io"
	"strings"
	"testing"

	"go.bug.st/serial"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/i2c/i2ctest"

	"studiobox/board/profile"
	"studiobox/firmware/config"
	"studiobox/firmware/guard"
	"studiobox/firmware/look"
)

// bench is a board with every wire, and a chip on its I2C bus.
type bench struct{}

func (bench) Pin(r profile.Role) (gpio.PinIO, error)  { return &gpiotest.Pin{N: string(r)}, nil }
func (bench) Out(r profile.Role) (gpio.PinOut, error) { return &gpiotest.Pin{N: string(r)}, nil }
func (bench) I2C(profile.Role) (i2c.Bus, uint16, error) {
	return &i2ctest.Record{}, 0x40, nil
}
func (bench) Serial(r profile.Role) (serial.Port, error) {
	return nil, errors.New(string(r) + ": its adapter is gone")
}

const least = "[button.golive]\npin = \"GPIO17\"\n[lamp.air]\npin = \"GPIO27\"\nresistor = \"down\"\n"

// fit fits the wires of a map, beside the least that every box has.
func fit(t *testing.T, wiring string, change func(*config.Config)) (studioParts, error) {
	t.Helper()
	p, err := profile.Parse("bench", []byte("title = \"bench\"\n"+least+wiring))
	if err != nil {
		t.Fatal(err)
	}
	settings := config.Default()
	if change != nil {
		change(settings)
	}
	return fitStudio(bench{}, bench{}, guard.NewFeeder(io.Discard), p, settings)
}

func TestLampsAreFittedAsTheyAreWired(t *testing.T) {
	parts, err := fit(t, `
[light.key.warm]
pwm = "pwmchip0/0"
[light.key.cool]
pwm = "pwmchip0/1"
[bus.pca9685]
i2c = "i2c-1/0x40"
[light.rim]
channel = "pca9685/3"
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts.lamps) != 2 || parts.spans["key"] != (look.Span{Warm: 2700, Cool: 6500}) || parts.spans["rim"] != (look.Span{}) {
		t.Errorf("lamps %v, spans %v", parts.lamps, parts.spans)
	}
	if len(parts.others) != 2 || parts.others[0].Name != "bus.pca9685" || parts.others[1].Name != "lamps' memory" {
		t.Errorf("runs beside: %v", parts.others)
	}
}

func TestAStudioThatIsWiredInPartIsRefusedWithTheMend(t *testing.T) {
	const table = "[turntable.step]\npin = \"GPIO20\"\nresistor = \"down\"\n[turntable.dir]\npin = \"GPIO16\"\n"
	for name, tc := range map[string]struct {
		wiring, drive, says string
	}{
		"no enable":     {table, "step", "turntable.enable"},
		"another drive": {table, "pwm", "turntable.pwm is not wired"},
		"no UART":       {table, "tmc2209", "turntable.uart is not wired"},
	} {
		_, err := fit(t, tc.wiring, func(c *config.Config) { c.Turntable.Drive = tc.drive })
		if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", name, err, tc.says)
		}
	}
}

func TestATableIsFittedWhereItsMotorCanLoseItsPower(t *testing.T) {
	parts, err := fit(t, `
[turntable.step]
pin = "GPIO20"
resistor = "down"
[turntable.dir]
pin = "GPIO16"
[turntable.enable]
pin = "GPIO6"
resistor = "up"
`, nil)
	if err != nil || parts.table == nil {
		t.Fatalf("%+v, %v", parts, err)
	}
}

func TestABoxWithAButtonAndALampOnlyHasNoStudio(t *testing.T) {
	parts, err := fit(t, "", nil)
	if err != nil || parts.table != nil || len(parts.lamps) > 0 || len(parts.others) > 0 {
		t.Errorf("%+v, %v", parts, err)
	}
}
