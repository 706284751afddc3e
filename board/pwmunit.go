package board

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"studiobox/board/profile"
)

// pwmUnits is the kernel's PWM under /sys/class/pwm (its
// Documentation/driver-api/pwm.rst).
type pwmUnits struct {
	root  string
	write func(path, text string) error // to a file that exists
}

func newPWMUnits(root string) pwmUnits {
	return pwmUnits{root: root, write: func(path, text string) error {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString(text)
		return errors.Join(err, f.Close())
	}}
}

// udevTime is how long udev may take to give an exported channel to its group.
const udevTime = 2 * time.Second

var unitName = regexp.MustCompile(`^pwmchip[0-9]+$`)

// open takes hold of a channel. One that is exported already is taken over as
// it is, so that a light holds its look over a restart.
func (u pwmUnits) open(w profile.Wire) (*pwmChannel, error) {
	unit, err := u.find(w)
	if err != nil {
		return nil, err
	}
	c := &pwmChannel{wire: w, units: u, unit: unit, dir: filepath.Join(unit, "pwm"+strconv.Itoa(w.Channel))}
	if _, err := os.Stat(c.dir); err != nil {
		if err := u.export(c); err != nil {
			return nil, err
		}
	}
	if err := c.takeOver(); err != nil {
		return nil, fmt.Errorf("pwm channel %s: %w", w.Endpoint(), err)
	}
	return c, nil
}

// find returns the directory of a unit, by its number or by the name of its
// device: numbers change from one start to the next.
func (u pwmUnits) find(w profile.Wire) (string, error) {
	class := filepath.Join(u.root, "sys/class/pwm")
	units, _ := filepath.Glob(filepath.Join(class, "pwmchip*")) // the pattern is well formed
	var names []string
	for _, unit := range units {
		device, _ := filepath.EvalSymlinks(filepath.Join(unit, "device"))
		name, label := filepath.Base(unit), filepath.Base(device)
		if name == w.Chip || label == w.Chip && !unitName.MatchString(w.Chip) {
			return unit, u.hasChannel(unit, w)
		}
		names = append(names, fmt.Sprintf("%s (%s)", name, label))
	}
	if len(names) == 0 {
		return "", fmt.Errorf("this machine has no PWM unit (%s): add dtoverlay=pwm-2chan to /boot/firmware/config.txt and restart, or wire the role to bus.pca9685", class)
	}
	return "", fmt.Errorf("this machine has no PWM unit %s: it has %s", w.Chip, strings.Join(names, ", "))
}

func (u pwmUnits) hasChannel(unit string, w profile.Wire) error {
	count, err := readNumber(filepath.Join(unit, "npwm"))
	if err == nil && int64(w.Channel) >= count {
		err = fmt.Errorf("PWM unit %s has %d channels, counted from 0: choose another than %d", w.Chip, count, w.Channel)
	}
	return err
}

// export asks the kernel for the channel's directory.
func (u pwmUnits) export(c *pwmChannel) error {
	path := filepath.Join(c.unit, "export")
	if err := u.write(path, strconv.Itoa(c.wire.Channel)); errors.Is(err, syscall.EBUSY) {
		return fmt.Errorf("pwm channel %s is held by the kernel, as for a fan: choose another channel", c.wire.Endpoint())
	} else if err != nil {
		return explainFile(path, err, "restart")
	}
	c.fresh = true
	// The kernel makes the directory as root's; udev gives it away afterwards.
	enable := filepath.Join(c.dir, "enable")
	for deadline := time.Now().Add(udevTime); ; time.Sleep(10 * time.Millisecond) {
		f, err := os.OpenFile(enable, os.O_WRONLY, 0)
		if err == nil {
			return f.Close()
		}
		if !time.Now().Before(deadline) {
			return explainFile(enable, err, "restart")
		}
	}
}

func readNumber(path string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}
