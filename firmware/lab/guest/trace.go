package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// tracing is where the kernel tells of every change of an output.
const tracing = "/sys/kernel/tracing"

// counter counts the rising edges of one line, each of them: the kernel notes
// them as they happen, nobody has to look in time.
type counter struct{ words string }

// countRises begins to count the rises of a line of the chip.
func (c *chip) countRises(name string) (*counter, error) {
	offset, err := strconv.Atoi(strings.TrimPrefix(name, "GPIO"))
	if err != nil {
		return nil, fmt.Errorf("line %s: %w", name, err)
	}
	base, err := c.base()
	if err != nil {
		return nil, err
	}
	for _, s := range []struct{ file, value string }{
		{"buffer_size_kb", "8192"}, {"events/gpio/gpio_value/enable", "1"}, {"tracing_on", "1"}, {"trace", ""},
	} {
		if err := os.WriteFile(filepath.Join(tracing, s.file), []byte(s.value), 0o644); err != nil {
			return nil, fmt.Errorf("tracing: %w", err)
		}
	}
	return &counter{fmt.Sprintf("gpio_value: %d set 1", base+offset)}, nil
}

// base is the kernel's number of the chip's first line.
func (c *chip) base() (int, error) {
	found, _ := filepath.Glob("/sys/class/gpio/gpiochip*")
	for _, dir := range found {
		label, _ := os.ReadFile(filepath.Join(dir, "label")) // a chip without one is another
		if strings.TrimSpace(string(label)) == chipLabel {
			return strconv.Atoi(strings.TrimPrefix(filepath.Base(dir), "gpiochip"))
		}
	}
	return 0, fmt.Errorf("none of %v is the simulated chip", found)
}

// rises is how many there were since countRises.
func (c *counter) rises() (int, error) {
	text, err := os.ReadFile(filepath.Join(tracing, "trace"))
	if err != nil {
		return 0, fmt.Errorf("tracing: %w", err)
	}
	rises := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasSuffix(strings.TrimSpace(line), c.words) {
			rises++
		}
	}
	return rises, nil
}
