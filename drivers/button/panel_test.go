package button

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
)

// floating leaves a test pin at the level that it has; a pull would set it.
var floating = Config{Pull: gpio.Float}

// watch runs a panel while play moves its pins, and returns what was told.
func watch(t *testing.T, lines []Line, play func()) (events, gestures []string) {
	t.Helper()
	p, err := NewPanel(lines...)
	if err != nil {
		t.Fatal(err)
	}
	p.OnEvent = func(name string, e Event) { events = append(events, name+" "+e.Kind.String()) }
	p.OnGesture = func(name string, g Gesture) { gestures = append(gestures, name+" "+g.Meaning.String()) }
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	play()
	cancel()
	if err := errors.Join(<-done, p.Halt()); err != nil {
		t.Fatal(err)
	}
	return events, gestures
}

func TestAPanelTellsWhichOfSeveralButtonsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		golive, look1, look2 := &gpiotest.Pin{L: gpio.High}, &gpiotest.Pin{}, &gpiotest.Pin{}
		lines := []Line{
			{Name: "golive", Pin: golive, Config: Config{ActiveLow: true}},
			{Name: "look1", Pin: look1},
			{Name: "look2", Pin: look2, Config: Config{NormallyClosed: true, Pull: gpio.Float}},
		}
		events, gestures := watch(t, lines, func() {
			time.Sleep(time.Second)
			_ = golive.Out(gpio.Low)
			time.Sleep(100 * ms)
			_ = look1.Out(gpio.High) // while golive is down
			time.Sleep(100 * ms)
			_ = look2.Out(gpio.High)
			time.Sleep(100 * ms)
			_ = look1.Out(gpio.Low)
			time.Sleep(1200 * ms)
			_ = look2.Out(gpio.Low)
			time.Sleep(100 * ms)
			_ = golive.Out(gpio.High)
			time.Sleep(100 * ms)
		})
		if want := []string{
			"golive up", "look1 up", "look2 up", "golive down", "look1 down", "look2 down", "look1 up", "look2 up", "golive up",
		}; !slices.Equal(events, want) {
			t.Errorf("events %v, want %v", events, want)
		}
		if want := []string{"look1 press", "look2 long_press", "golive long_press"}; !slices.Equal(gestures, want) {
			t.Errorf("gestures %v, want %v", gestures, want)
		}
		if golive.P != gpio.PullUp || look1.P != gpio.PullDown || look2.P != gpio.Float {
			t.Errorf("pulls %v %v %v", golive.P, look1.P, look2.P)
		}
	})
}

func TestAPanelMissesNoPressOf50MsWhateverItsOtherButtonsDo(t *testing.T) {
	for _, other := range []gpio.Level{gpio.High, gpio.Low} { // stuck, at rest
		for first := range 2 {
			synctest.Test(t, func(t *testing.T) {
				pin := &gpiotest.Pin{}
				lines := []Line{{Name: "other", Pin: &gpiotest.Pin{L: other}, Config: floating}, {Name: "look1", Pin: pin}}
				lines[0], lines[first] = lines[first], lines[0]
				_, gestures := watch(t, lines, func() {
					time.Sleep(12 * time.Second)
					pressWithoutEdges(pin, 40)
				})
				if len(gestures) != 40 {
					t.Errorf("%d gestures of 40 presses: %v", len(gestures), gestures)
				}
			})
		}
	}
}

func TestNothingIsMeantByALineThatIsPressedAtPowerOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &gpiotest.Pin{L: gpio.High}
		_, gestures := watch(t, []Line{{Name: "look1", Pin: pin, Config: floating}}, func() {
			time.Sleep(3 * time.Second)
			_ = pin.Out(gpio.Low)
			time.Sleep(time.Second)
		})
		if len(gestures) != 0 {
			t.Errorf("gestures %v", gestures)
		}
	})
}

func TestAPanelNamesEveryPinThatRefuses(t *testing.T) {
	p, err := NewPanel(
		Line{Name: "look1", Pin: &deadPin{gpiotest.Pin{N: "GPIO5"}}},
		Line{Name: "look2", Pin: &gpiotest.Pin{}},
		Line{Name: "look3", Pin: &deadPin{gpiotest.Pin{N: "GPIO6"}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	err = p.Run(t.Context())
	if want := "button look1 on GPIO5: line is busy\nbutton look3 on GPIO6: line is busy"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestAPanelOfNothingRunsToItsEnd(t *testing.T) {
	p, err := NewPanel()
	if err == nil {
		err = p.Run(t.Context())
	}
	if err != nil {
		t.Error(err)
	}
}

func TestAPanelRefusesLinesThatCannotBeToldApart(t *testing.T) {
	pin := &gpiotest.Pin{}
	for _, lines := range [][]Line{
		{{Name: "look1", Pin: pin}, {Name: "look1", Pin: pin}}, {{Pin: pin}}, {{Name: "look1"}},
	} {
		if _, err := NewPanel(lines...); err == nil || !strings.Contains(err.Error(), "button panel") {
			t.Errorf("%v: %v", lines, err)
		}
	}
}
