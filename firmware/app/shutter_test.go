package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"studiobox/board/profile"
	"studiobox/drivers/light/flicker"
	"studiobox/firmware/config"
	"studiobox/firmware/look"
)

// kernelPWM is what the kernel's PWM does with the setting that holds without one.
var kernelPWM = flicker.Source{Name: pwmSetting, Hertz: 20000, Tolerance: crystal}

// lit is the scene of some settings and lamps.
func lit(t *testing.T, settings *config.Config, lamps ...flicker.Source) flicker.Scene {
	t.Helper()
	scene, err := sceneOf(settings, lamps)
	if err != nil {
		t.Fatal(err)
	}
	return scene
}

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
		"between two":          {27, 49, "mains"},
	} {
		settings := config.Default()
		settings.Camera.URL = "csi:0 1280x720@25"
		settings.Studio.Prefecture = tc.prefecture
		scene := lit(t, settings, kernelPWM)
		l := look.Look{Shutter: look.Shutter(time.Second / time.Duration(tc.fraction))}
		err := checkShutter("ring", l, scene)
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
		if l.Shutter.UnmarshalText([]byte(strings.Trim(offered, "\""))) != nil || checkShutter("ring", l, scene) != nil {
			t.Errorf("%s: what is offered, %s, is refused too", name, offered)
		}
	}
}

func TestWhereNoShutterIsSafeTheOtherMendIsTold(t *testing.T) {
	for name, tc := range map[string]struct {
		prefecture, mainsHz int
		lamps               []flicker.Source
		says                string // empty = it is safe
	}{
		"nobody said where it stands":          {0, 0, []flicker.Source{kernelPWM}, "studio.prefecture"},
		"a prefecture with both":               {20, 0, []flicker.Source{kernelPWM}, "studio.mains_hz"},
		"the same, where that was said":        {20, 50, []flicker.Source{kernelPWM}, ""},
		"a chip without a crystal":             {19, 0, []flicker.Source{kernelPWM, {Name: "PCA9685", Hertz: 1526, Tolerance: uncrystalled}}, "(PCA9685) by a pwm channel"},
		"no whole number of its periods fits":  {19, 0, []flicker.Source{{Name: pwmSetting, Hertz: 1327, Tolerance: crystal}}, "write light.pwm_hz = 6588"},
		"and with the frequency that was told": {19, 0, []flicker.Source{{Name: pwmSetting, Hertz: 6588, Tolerance: crystal}}, ""},
		"a slow fixture on the line":           {19, 0, []flicker.Source{{Name: dmxSetting, Hertz: 1300, Tolerance: uncrystalled}}, "(light.dmx_hz)"},
	} {
		settings := config.Default()
		settings.Camera.URL = "csi:0 1280x720@25"
		settings.Studio.Prefecture, settings.Studio.MainsHz = tc.prefecture, tc.mainsHz
		scene := lit(t, settings, tc.lamps...)
		err := checkShutter("ring", look.Look{Shutter: look.Shutter(time.Second / 50)}, scene)
		if tc.says == "" && err != nil || tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)) {
			t.Errorf("%s: %v, want %q", name, err, tc.says)
		}
		if calm := calmShutter(scene); (calm > 0) != (tc.says == "") {
			t.Errorf("%s: calm is %v", name, calm)
		}
	}
}

func TestTheCalmShutterOfTheBuiltInLooksIsSafeUnderThePrefecturesMains(t *testing.T) {
	for name, tc := range map[string]struct {
		prefecture int
		camera     string
		want       time.Duration
	}{
		"50 Hz":                {19, "csi:0 1280x720@25", time.Second / 50},
		"60 Hz":                {27, "csi:0 1280x720@30", time.Second / 60},
		"50 Hz, 60 pictures":   {19, "csi:0 1280x720@60", time.Second / 100},
		"over ONVIF":           {27, "rtsp://camera/main", time.Second / 60},
		"50 or 60 Hz, unknown": {0, "csi:0 1280x720@30", 0},
	} {
		settings := config.Default()
		settings.Camera.URL, settings.Studio.Prefecture = tc.camera, tc.prefecture
		scene := lit(t, settings, kernelPWM)
		eye := look.Eye{Exposes: true, Calm: calmShutter(scene)}
		looks, err := look.Load("", look.Fitted{Eye: eye})
		if err != nil || len(looks) != 5 {
			t.Fatal(len(looks), err)
		}
		for of, l := range looks {
			if time.Duration(l.Shutter) != tc.want || !l.Lock {
				t.Errorf("%s, %s: shutter %v, lock %t, want %v", name, of, time.Duration(l.Shutter), l.Lock, tc.want)
			}
			if err := checkShutter(of, l, scene); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if usual := usualShutter(scene); usual < time.Second/60 || usual > time.Second/50 {
			t.Errorf("%s: a grey card would be locked at %v", name, usual)
		}
	}
}

func TestLooksAskACameraOnTheBoxForWhatItsKindHas(t *testing.T) {
	for line, want := range map[string]look.Eye{
		"csi:0 1280x720@25":        {Exposes: true, OnBox: true, FPS: 25, Calm: time.Second / 50},
		"v4l2:/dev/video0 640x360": {Exposes: true, OnBox: true, FPS: 30, Calm: time.Second / 50},
		"hdmi:/dev/video1":         {}, "test:": {},
	} {
		settings := config.Default()
		settings.Camera.URL, settings.Studio.Prefecture = line, 19
		if got := ownEye(line, lit(t, settings, kernelPWM)); got != want {
			t.Errorf("%s: %+v, want %+v", line, got, want)
		}
	}
}

func TestALookThatSetsNoShutterIsNotJudged(t *testing.T) {
	if err := checkShutter("gold", look.Look{}, lit(t, config.Default())); err != nil {
		t.Error(err)
	}
}

func TestEveryKindOfDimmerIsJudgedByItsOwnFrequency(t *testing.T) {
	p, err := profile.Parse("set", []byte("header = \"rpi40\"\n[button.golive]\npin = \"GPIO17\"\n[lamp.air]\npin = \"GPIO27\"\n"+`
[bus.pca9685]
i2c = "i2c-1/0x40"
[bus.dmx]
serial = "/dev/ttyUSB0"
[light.key]
pwm = "pwmchip0/0"
lines = ["GPIO18"]
[light.fill.warm]
channel = "pca9685/0"
[light.fill.cool]
channel = "pca9685/1"
[light.rim]
channel = "dmx/1"
`))
	if err != nil {
		t.Fatal(err)
	}
	settings := config.Default().Light
	if got := dimmers(p, settings); len(got) != 2 {
		t.Errorf("%+v, want the board's and the chip's once each: of the fixtures nothing is known", got)
	}
	settings.DMXHz = 4000
	got := dimmers(p, settings)
	for _, want := range []flicker.Source{kernelPWM, {Name: "PCA9685", Hertz: 25e6 / 4096 / 4, Tolerance: 0.03}, {Name: dmxSetting, Hertz: 4000, Tolerance: 0.03}} {
		if !slices.Contains(got, want) {
			t.Errorf("%+v lacks %+v", got, want)
		}
	}
}
