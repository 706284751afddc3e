package app

import (
	"strings"
	"testing"
	"time"

	"studiobox/firmware/config"
	"studiobox/firmware/look"
)

func TestALookWhoseShutterFlickersIsRefusedWithTheNearestThatDoesNot(t *testing.T) {
	for name, tc := range map[string]struct {
		prefecture int // 19 Yamanashi has 50 Hz, 27 Osaka 60
		fraction   int // of a second
		says       string
	}{
		"50 Hz, whole periods": {19, 50, ""},
		"50 Hz, no whole one":  {19, 120, "mains"},
		"60 Hz, whole periods": {27, 60, ""},
		"60 Hz, no whole one":  {27, 100, "mains"},
	} {
		settings := config.Default()
		settings.Camera.URL = "csi:0 1280x720@25"
		settings.Studio.Prefecture = tc.prefecture
		l := look.Look{Shutter: look.Shutter(time.Second / time.Duration(tc.fraction))}
		err := checkShutter("ring", l, settings)
		switch {
		case tc.says == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s: %v, want one line with %q", name, err, tc.says)
		}
		if err == nil {
			continue
		}
		_, offered, _ := strings.Cut(err.Error(), "shutter = ")
		if l.Shutter.UnmarshalText([]byte(strings.Trim(offered, "\""))) != nil || checkShutter("ring", l, settings) != nil {
			t.Errorf("%s: what is offered, %s, is refused too", name, offered)
		}
	}
}

func TestALookThatSetsNoShutterIsNotJudged(t *testing.T) {
	if err := checkShutter("gold", look.Look{}, config.Default()); err != nil {
		t.Error(err)
	}
}
