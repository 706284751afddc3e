package board

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"

	"studiobox/board/profile"
)

// pwmTree is a tree of files with the kernel's rules behind it.
type pwmTree struct {
	t      *testing.T
	root   string
	unit   string
	log    []string // of writes to channels, as name=text
	refuse map[string]error
}

func newPWMTree(t *testing.T) *pwmTree {
	k := &pwmTree{t: t, root: t.TempDir(), refuse: map[string]error{}}
	k.unit = filepath.Join(k.root, "sys/class/pwm/pwmchip2")
	for name, text := range map[string]string{
		"sys/class/pwm/pwmchip2/npwm":               "2\n",
		"sys/class/pwm/pwmchip2/export":             "",
		"sys/class/pwm/pwmchip2/unexport":           "",
		"sys/devices/platform/soc/fe20c000.pwm/pwm": "",
	} {
		put(t, k.root, name, text)
	}
	if err := os.Symlink("../../../devices/platform/soc/fe20c000.pwm", filepath.Join(k.unit, "device")); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *pwmTree) units() pwmUnits { return pwmUnits{root: k.root, write: k.write} }

func (k *pwmTree) value(name string) string {
	text, err := os.ReadFile(filepath.Join(k.unit, name))
	if err != nil {
		k.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func (k *pwmTree) write(path, text string) error {
	name, _ := filepath.Rel(k.unit, path)
	if err := k.refuse[filepath.Base(name)]; err != nil {
		return err
	}
	if name == "export" {
		k.export(text)
		return nil
	}
	if name == "unexport" {
		return os.RemoveAll(filepath.Join(k.unit, "pwm"+text))
	}
	number := func(file string) int {
		n, err := strconv.Atoi(k.value(filepath.Join(filepath.Dir(name), file)))
		if err != nil {
			k.t.Fatal(err)
		}
		return n
	}
	want, _ := strconv.Atoi(text)
	switch file := filepath.Base(name); {
	case file == "period" && want < number("duty_cycle"),
		file == "duty_cycle" && want > number("period"),
		file == "enable" && want == 1 && number("period") == 0:
		return syscall.EINVAL
	case file == "polarity" && number("enable") == 1:
		return syscall.EBUSY
	}
	k.log = append(k.log, filepath.Base(name)+"="+text)
	return os.WriteFile(path, []byte(text+"\n"), 0o600)
}

func (k *pwmTree) export(channel string) {
	for file, text := range map[string]string{"period": "0\n", "duty_cycle": "0\n", "enable": "0\n", "polarity": "normal\n"} {
		put(k.t, k.unit, "pwm"+channel+"/"+file, text)
	}
}

func wireTo(chip string, channel int, use profile.Use) profile.Wire {
	return profile.Wire{Use: use, Kind: profile.PWM, Chip: chip, Channel: channel}
}

var (
	keyLight = profile.Use{Role: profile.LightKey, Output: true, Holds: true}
	steps    = profile.Use{Role: profile.TurntablePWM, Output: true}
)

func TestAPWMChannelIsFoundByNumberAndByLabel(t *testing.T) {
	for _, chip := range []string{"pwmchip2", "fe20c000.pwm"} {
		k := newPWMTree(t)
		c, err := k.units().open(wireTo(chip, 1, keyLight))
		if err != nil {
			t.Error(err)
			continue
		}
		if err := c.PWM(gpio.DutyMax/4, physic.KiloHertz); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"period": "1000000", "duty_cycle": "250000", "enable": "1", "polarity": "normal"} {
			if got := k.value("pwm1/" + name); got != want {
				t.Errorf("%s: %s is %s, want %s", chip, name, got, want)
			}
		}
	}
}

// TestNoOrderOfPWMStepsIsRefusedOrFlashes walks through every pair of settings.
func TestNoOrderOfPWMStepsIsRefusedOrFlashes(t *testing.T) {
	duties := []gpio.Duty{0, 1, gpio.DutyMax / 3, gpio.DutyMax - 1, gpio.DutyMax}
	frequencies := []physic.Frequency{50 * physic.Hertz, physic.KiloHertz, 19997 * physic.Hertz}
	k := newPWMTree(t)
	c, err := k.units().open(wireTo("pwmchip2", 0, keyLight))
	if err != nil {
		t.Fatal(err)
	}
	share := func() float64 {
		duty, _ := strconv.ParseFloat(k.value("pwm0/duty_cycle"), 64)
		period, _ := strconv.ParseFloat(k.value("pwm0/period"), 64)
		return duty / max(period, 1)
	}
	plain := k.write
	brightest := 0.0
	c.units.write = func(path, text string) error {
		err := plain(path, text)
		brightest = max(brightest, share())
		return err
	}
	for _, d1 := range duties {
		for _, f1 := range frequencies {
			for _, d2 := range duties {
				for _, f2 := range frequencies {
					if err := c.PWM(d1, f1); err != nil {
						t.Fatal(err)
					}
					before := share()
					brightest = 0
					if err := c.PWM(d2, f2); err != nil {
						t.Fatalf("from %v at %v to %v at %v: %v", d1, f1, d2, f2, err)
					}
					if limit := max(before, share()); brightest > limit {
						t.Fatalf("from %v at %v to %v at %v: a flash of %g", d1, f1, d2, f2, brightest)
					}
				}
			}
		}
	}
}

func TestPolarityIsTurnedOnlyWhileTheChannelIsOff(t *testing.T) {
	k := newPWMTree(t)
	k.export("0") // left on by an earlier run, with the other polarity
	put(t, k.unit, "pwm0/period", "1000\n")
	put(t, k.unit, "pwm0/duty_cycle", "900\n")
	put(t, k.unit, "pwm0/enable", "1\n")
	w := wireTo("pwmchip2", 0, keyLight)
	w.ActiveLow = true
	if _, err := k.units().open(w); err != nil {
		t.Fatal(err)
	}
	if want := []string{"duty_cycle=0", "enable=0", "polarity=inversed"}; !slices.Equal(k.log, want) {
		t.Errorf("wrote %v, want %v", k.log, want)
	}
}

func TestALightHoldsItsLookOverARestartAndAMotorDoesNot(t *testing.T) {
	for _, use := range []profile.Use{keyLight, steps} {
		k := newPWMTree(t)
		first, err := k.units().open(wireTo("pwmchip2", 0, use))
		if err != nil {
			t.Fatal(err)
		}
		if err := first.PWM(gpio.DutyHalf, physic.KiloHertz); err != nil {
			t.Fatal(err)
		}
		k.log = nil
		if _, err := k.units().open(wireTo("pwmchip2", 0, use)); err != nil { // after a kill
			t.Fatal(err)
		}
		if on := k.value("pwm0/enable") == "1"; on != use.Holds || (use.Holds && len(k.log) > 0) {
			t.Errorf("%s after a restart: on %v, wrote %v", use.Role, on, k.log)
		}
	}
}

func TestHaltAndCloseStopAMotorAndLeaveALight(t *testing.T) {
	k := newPWMTree(t)
	motor, err := k.units().open(wireTo("pwmchip2", 0, steps))
	if err != nil {
		t.Fatal(err)
	}
	light, err := k.units().open(wireTo("pwmchip2", 1, keyLight))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*pwmChannel{motor, light} {
		if err := c.Out(gpio.High); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := c.Halt(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if k.value("pwm0/enable") != "0" || k.value("pwm0/duty_cycle") != "0" || k.value("pwm1/enable") != "1" {
		t.Error("the motor still has pulses, or the light is out")
	}
	for _, c := range []*pwmChannel{motor, light} {
		if err := c.close(); err != nil {
			t.Fatal(err)
		}
	}
	left, _ := filepath.Glob(filepath.Join(k.unit, "pwm*"))
	if len(left) != 1 || filepath.Base(left[0]) != "pwm1" {
		t.Errorf("left exported: %v", left)
	}
}

func TestPWMOutOfRangeChangesNothing(t *testing.T) {
	k := newPWMTree(t)
	c, err := k.units().open(wireTo("pwmchip2", 0, keyLight))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []struct {
		duty gpio.Duty
		f    physic.Frequency
	}{{-1, physic.KiloHertz}, {gpio.DutyMax + 1, physic.KiloHertz}, {0, 0}, {0, -physic.Hertz}, {0, 2 * physic.GigaHertz}} {
		if err := c.PWM(bad.duty, bad.f); err == nil || !strings.Contains(err.Error(), "role light.key on pwmchip2/0") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if len(k.log) != 0 {
		t.Errorf("wrote %v", k.log)
	}
}

func TestEveryRefusedPWMChannelIsNamedWithItsMend(t *testing.T) {
	for _, c := range []struct {
		what    string
		chip    string
		channel int
		refuse  map[string]error
		remove  string
		want    []string
	}{
		{what: "no unit at all", chip: "pwmchip2", remove: "sys/class/pwm/pwmchip2", want: []string{"no PWM unit", "dtoverlay=pwm-2chan"}},
		{what: "another unit", chip: "pwmchip0", want: []string{"no PWM unit pwmchip0", "pwmchip2 (fe20c000.pwm)"}},
		{what: "no such channel", chip: "pwmchip2", channel: 2, want: []string{"has 2 channels", "another than 2"}},
		{what: "a fan has it", chip: "pwmchip2", refuse: map[string]error{"export": syscall.EBUSY}, want: []string{"pwmchip2/0", "held by the kernel"}},
		{what: "no permission", chip: "pwmchip2", refuse: map[string]error{"export": os.ErrPermission}, want: []string{"no permission on", "export"}},
	} {
		k := newPWMTree(t)
		k.refuse = c.refuse
		if c.remove != "" {
			if err := os.RemoveAll(filepath.Join(k.root, c.remove)); err != nil {
				t.Fatal(err)
			}
		}
		_, err := k.units().open(wireTo(c.chip, c.channel, keyLight))
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", c.what, err, want)
			}
		}
	}
}

func TestARefusedWriteNamesTheRoleAndWhatWasWritten(t *testing.T) {
	k := newPWMTree(t)
	c, err := k.units().open(wireTo("pwmchip2", 0, steps))
	if err != nil {
		t.Fatal(err)
	}
	k.refuse["period"] = syscall.EINVAL
	err = c.PWM(gpio.DutyHalf, 100*physic.MegaHertz)
	if err == nil || err.Error() != "board: role turntable.pwm on pwmchip2/0: period = 10: invalid argument" {
		t.Errorf("got %v", err)
	}
}
