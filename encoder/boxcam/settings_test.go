package boxcam

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestSettingsOutOfRangeAreRefusedWithTheRange(t *testing.T) {
	for _, tt := range []struct {
		settings Settings
		fps      int
		want     string // empty: accepted
	}{
		{Settings{}, 30, ""},
		{Settings{Shutter: 10 * time.Millisecond, Gain: 2, WhiteBalance: 5000, Lock: true}, 30, ""},
		{Settings{Shutter: time.Second / 30}, 30, ""},
		{Settings{Shutter: 40 * time.Millisecond}, 30, "choose 10µs to 33.333ms"},
		{Settings{Shutter: 40 * time.Millisecond}, 0, ""},
		{Settings{Shutter: 2 * time.Second}, 0, "10µs to 1s"},
		{Settings{Shutter: time.Microsecond}, 30, "choose 10µs"},
		{Settings{Shutter: -time.Millisecond}, 30, "choose 10µs"},
		{Settings{Gain: 0.5}, 30, "choose 1 to 64"},
		{Settings{Gain: 65}, 30, "choose 1 to 64"},
		{Settings{Gain: math.NaN()}, 30, "choose 1 to 64"},
		{Settings{WhiteBalance: 1900}, 30, "choose 2000 to 10000"},
		{Settings{WhiteBalance: 10001}, 30, "choose 2000 to 10000"},
		{Settings{WhiteBalance: -1}, 30, "choose 2000 to 10000"},
		{Settings{Exposure: 1, Shutter: 10 * time.Millisecond}, 30, ""},
		{Settings{Exposure: 5}, 30, "choose -4 to 4"},
		{Settings{Exposure: math.NaN()}, 30, "choose -4 to 4"},
		{Settings{Exposure: 1, Shutter: 10 * time.Millisecond, Gain: 2}, 30, "set one of the three to 0"},
	} {
		err := tt.settings.Check(tt.fps)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%+v at %d: %v", tt.settings, tt.fps, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%+v at %d: %v, want %q", tt.settings, tt.fps, err, tt.want)
		}
	}
}
