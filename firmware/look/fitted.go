package look

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Fitted is what a studio has.
type Fitted struct {
	// Lamps by name, with the colour temperatures that each can mix.
	Lamps              map[string]Span
	Table, Zoom, Focus bool
	Eye                Eye // the camera's
}

// Span is a range of colour temperatures in kelvin; zero for a lamp of one colour.
type Span struct{ Warm, Cool float64 }

var goodName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,23}$`)

// Check refuses a look of the business's own that asks for what is not there:
// better now than in front of viewers. The error is one line with its mend.
func (f Fitted) Check(name string, l Look) error {
	refuse := func(format string, values ...any) error {
		return fmt.Errorf("look %q: %s", name, fmt.Sprintf(format, values...))
	}
	if !goodName.MatchString(name) {
		return refuse("a look's name has 1 to 24 letters a-z, digits, - and _")
	}
	for _, lamp := range slices.Sorted(maps.Keys(l.Lights)) {
		level := l.Lights[lamp]
		if _, there := f.Lamps[lamp]; !there {
			return refuse("there is no lamp %q (there is %s); wire light.%s in the board's profile, or take it out", lamp, f.lamps(), lamp)
		}
		if !(level >= 0 && level <= 100) {
			return refuse("lights.%s is %v; a level is 0 to 100", lamp, level)
		}
	}
	switch _, moves := l.Table.Move(); {
	case l.Kelvin != 0 && !f.mixes(l.Kelvin):
		return refuse("no lamp mixes %v K (%s)", l.Kelvin, f.colours())
	case moves && !f.Table:
		return refuse("table = %q, but no turntable is fitted", l.Table)
	case !share(l.Zoom) || !share(l.Focus):
		return refuse("zoom and focus are percent, 0 to 100")
	case l.Zoom != nil && !f.Zoom:
		return refuse("there is no zoom; wire lens.zoom in the board's profile, name the camera's service in camera.onvif, or take it out")
	case l.Focus != nil && !f.Focus:
		return refuse("there is no focus; wire lens.focus in the board's profile, name the camera's service in camera.onvif, or take it out")
	}
	if err := f.Eye.check(l); err != nil {
		return refuse("%v", err)
	}
	return nil
}

// Fit is a built-in look without what is not there.
func (f Fitted) Fit(l Look) Look {
	lights := map[string]float64{}
	for lamp, level := range l.Lights {
		if _, there := f.Lamps[lamp]; there {
			lights[lamp] = level
		}
	}
	l.Lights = lights
	l.Kelvin = f.nearest(l.Kelvin)
	if _, moves := l.Table.Move(); moves && !f.Table {
		l.Table = AsItWas
	}
	if !f.Zoom {
		l.Zoom = nil
	}
	if !f.Focus {
		l.Focus = nil
	}
	return f.Eye.fit(l)
}

func (f Fitted) lamps() string {
	if len(f.Lamps) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(f.Lamps)), ", ")
}

// mixes tells whether every lamp that mixes colours has this one.
func (f Fitted) mixes(kelvin float64) bool {
	return f.colours() != noColours && f.nearest(kelvin) == kelvin
}

const noColours = "none has two colours"

func (f Fitted) colours() string {
	warm, cool := f.common()
	if cool == 0 {
		return noColours
	}
	return fmt.Sprintf("%v to %v K", warm, cool)
}

// nearest is the colour temperature that all lamps of two colours can mix which
// comes nearest; 0 without such lamps.
func (f Fitted) nearest(kelvin float64) float64 {
	warm, cool := f.common()
	if kelvin == 0 || cool == 0 {
		return 0
	}
	return max(warm, min(kelvin, cool))
}

func (f Fitted) common() (warm, cool float64) {
	for _, span := range f.Lamps {
		if span.Cool == 0 {
			continue
		}
		warm = max(warm, span.Warm)
		if cool == 0 || span.Cool < cool {
			cool = span.Cool
		}
	}
	return warm, cool
}

// share is true for a percentage, and for none.
func share(percent *float64) bool { return percent == nil || *percent >= 0 && *percent <= 100 }
