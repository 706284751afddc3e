package sim

import (
	"strings"
	"testing"

	"periph.io/x/conn/v3/gpio"
)

func TestAFingerOnAButtonPullsItsPinLow(t *testing.T) {
	studio := New(nil)
	wantLevel(t, studio, GoLive, gpio.High, "at rest")
	must(t, studio.Press(GoLive))
	wantLevel(t, studio, GoLive, gpio.Low, "pressed")
	must(t, studio.Bounce(GoLive, 5))
	wantLevel(t, studio, GoLive, gpio.Low, "after a bounce under the finger")
	must(t, studio.Release(GoLive))
	wantLevel(t, studio, GoLive, gpio.High, "released")
}

func TestACutWireShowsOnlyThePull(t *testing.T) {
	studio := New(nil)
	must(t, studio.Press(GoLive))
	must(t, studio.Cut(GoLive))
	wantLevel(t, studio, GoLive, gpio.High, "cut while pressed")
	must(t, studio.Mend(GoLive))
	wantLevel(t, studio, GoLive, gpio.Low, "mended, the finger still there")
}

func TestACutWireOfANormallyClosedButtonLooksPressed(t *testing.T) {
	studio := New(nil)
	must(t, studio.NormallyClosed(GoLive))
	wantLevel(t, studio, GoLive, gpio.Low, "at rest")
	must(t, studio.Press(GoLive))
	wantLevel(t, studio, GoLive, gpio.High, "pressed")
	must(t, studio.Release(GoLive))
	must(t, studio.Cut(GoLive))
	wantLevel(t, studio, GoLive, gpio.High, "cut")
}

func TestALampIsDarkUntilTheProgramLightsIt(t *testing.T) {
	studio := New(nil)
	wantBrightness(t, studio, LampRed, 0)
	pin, err := studio.Pin(LampRed)
	must(t, err)
	must(t, pin.In(gpio.PullUp, gpio.NoEdge))
	wantBrightness(t, studio, LampRed, 0)
	must(t, pin.Out(gpio.High))
	wantBrightness(t, studio, LampRed, 1)
	must(t, pin.PWM(gpio.DutyMax/4, 0))
	wantBrightness(t, studio, LampRed, 0.25)
	must(t, pin.Halt())
	wantBrightness(t, studio, LampRed, 0.25)
}

func TestAFingerMovesNothingOnAPinThatTheProgramDrives(t *testing.T) {
	studio := New(nil)
	pin, err := studio.Pin(LampAir)
	must(t, err)
	must(t, pin.Out(gpio.High))
	must(t, studio.Press(LampAir))
	wantLevel(t, studio, LampAir, gpio.High, "driven high, pressed")
}

func TestAnUnknownRoleIsNamedTogetherWithTheOnesThereAre(t *testing.T) {
	studio := New(nil, "button.a", "lamp.b")
	err := studio.Press("button.golive")
	if err == nil || !strings.Contains(err.Error(), `"button.golive"`) || !strings.Contains(err.Error(), `"lamp.b"`) {
		t.Errorf("the error is %v", err)
	}
}

func wantLevel(t *testing.T, studio *Studio, role string, want gpio.Level, when string) {
	t.Helper()
	got, err := studio.Level(role)
	must(t, err)
	if got != want {
		t.Errorf("%s %s: %s, want %s", role, when, got, want)
	}
}

func wantBrightness(t *testing.T, studio *Studio, role string, want float64) {
	t.Helper()
	got, err := studio.Brightness(role)
	must(t, err)
	if got != want {
		t.Errorf("%s shines at %g, want %g", role, got, want)
	}
}
