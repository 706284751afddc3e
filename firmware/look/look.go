// Package look is what one press sets together: light, table, lens and the
// camera's colours, under a name such as gold or pearl.
package look

import (
	_ "embed"
	"fmt"
	"time"

	"github.com/BurntSushi/toml"
)

// Fade is how long the lights take from one look to the next.
const Fade = 800 * time.Millisecond

// Look is one setting of the studio, as it stands in the file of settings.
type Look struct {
	// Lights are levels of perceived lightness, 0 to 100, by the lamp's name:
	// key, fill, rim, under. A lamp that is not named goes dark.
	Lights map[string]float64 `toml:"lights"`
	// Kelvin is the colour temperature of lamps that can mix one; 0 = as it is.
	Kelvin float64 `toml:"kelvin"`
	// Table is the move that goes with it; empty = the table goes on as it was.
	Table Table `toml:"table"`
	// Zoom and Focus are percent of the lens's way; nil = as they are.
	Zoom  *float64 `toml:"zoom"`
	Focus *float64 `toml:"focus"`

	// Of the camera's picture a look is whole: what it does not say here is
	// automatic, whatever the look before it had set.

	// WhiteBalance is what counts as white, 2000 to 10000 kelvin. Over ONVIF there
	// is none: such a camera is locked on a grey card.
	WhiteBalance float64 `toml:"white_balance"`
	// Shutter is the time of exposure, 1/20 to 1/10000 s or Calm.
	Shutter Shutter `toml:"shutter"`
	// Gain is a factor, 1 (none) to 64.
	Gain float64 `toml:"gain"`
	// Exposure corrects an automatic exposure, -4 to 4 stops. ONVIF has none.
	Exposure float64 `toml:"exposure"`
	// Lock freezes what the camera has found by itself for the rest, about three
	// seconds after the look was set; setting it again measures again.
	Lock bool `toml:"lock"`
}

//go:embed builtin.toml
var builtin string

// Builtin returns the looks that every box has, by name.
func Builtin() (map[string]Look, error) {
	looks := map[string]Look{}
	if _, err := toml.Decode(builtin, &looks); err != nil {
		return nil, fmt.Errorf("built-in looks: %w", err)
	}
	return looks, nil
}
