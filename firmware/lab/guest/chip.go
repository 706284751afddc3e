package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// chipLines is how many lines the simulated chip has; the header of a Pi ends
// at GPIO27.
const (
	chipLines = 32
	chipLabel = "pinctrl-bcm2711"
)

// chip is a gpio-sim chip that looks like a Pi's: from outside, through sysfs,
// it is what a finger and a voltmeter are on a real board.
type chip struct{ sysfs string }

// newChip makes the chip through configfs.
func newChip() (*chip, error) {
	const device = "/sys/kernel/config/gpio-sim/box"
	bank := filepath.Join(device, "bank0")
	steps := []struct{ path, value string }{
		{filepath.Join(bank, "num_lines"), fmt.Sprint(chipLines)},
		{filepath.Join(bank, "label"), chipLabel},
	}
	for n := range chipLines {
		steps = append(steps, struct{ path, value string }{
			filepath.Join(bank, fmt.Sprintf("line%d", n), "name"), fmt.Sprintf("GPIO%d", n),
		})
	}
	steps = append(steps, struct{ path, value string }{filepath.Join(device, "live"), "1"})
	for _, s := range steps {
		if err := os.MkdirAll(filepath.Dir(s.path), 0o755); err != nil {
			return nil, fmt.Errorf("gpio-sim: %w", err)
		}
		if err := os.WriteFile(s.path, []byte(s.value), 0o644); err != nil {
			return nil, fmt.Errorf("gpio-sim: %w", err)
		}
	}
	name, err := os.ReadFile(filepath.Join(device, "dev_name"))
	if err != nil {
		return nil, fmt.Errorf("gpio-sim: %w", err)
	}
	chipName, err := os.ReadFile(filepath.Join(bank, "chip_name"))
	if err != nil {
		return nil, fmt.Errorf("gpio-sim: %w", err)
	}
	c := &chip{filepath.Join("/sys/devices/platform", strings.TrimSpace(string(name)), strings.TrimSpace(string(chipName)))}
	return c, c.reset()
}

// reset ties every line as a Pi does from power-on until a program says
// otherwise: GPIO0 to GPIO8 up, the others down (BCM2711 ARM Peripherals,
// section 5.3, column "Pull").
func (c *chip) reset() error {
	for n := range chipLines {
		l, err := c.line(fmt.Sprintf("GPIO%d", n))
		if err != nil {
			return err
		}
		if err := l.pull(n <= 8); err != nil {
			return fmt.Errorf("gpio-sim: %w", err)
		}
	}
	return nil
}

// line is one line of the chip, seen from outside.
type line struct{ dir string }

// line finds a line by its name, GPIO0 to GPIO31.
func (c *chip) line(name string) (line, error) {
	dir := filepath.Join(c.sysfs, "sim_gpio"+strings.TrimPrefix(name, "GPIO"))
	if _, err := os.Stat(dir); err != nil {
		return line{}, fmt.Errorf("the simulated chip has no line %s: %w", name, err)
	}
	return line{dir}, nil
}

// pull ties an input up or down.
func (l line) pull(up bool) error {
	value := "pull-down"
	if up {
		value = "pull-up"
	}
	return os.WriteFile(filepath.Join(l.dir, "pull"), []byte(value), 0o644)
}

// high reads the level that stands on the line.
func (l line) high() (bool, error) {
	value, err := os.ReadFile(filepath.Join(l.dir, "value"))
	return strings.TrimSpace(string(value)) == "1", err
}
