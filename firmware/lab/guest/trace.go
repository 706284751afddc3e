package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// tracing is where the kernel tells of every change of an output.
const tracing = "/sys/kernel/tracing"

// traced is what the kernel has noted of one kind of event, as it happened:
// nobody has to look in time.
type traced struct {
	file  string
	event *regexp.Regexp
}

// trace begins to note an event of the kernel, whose lines the pattern finds.
func trace(event, pattern string) (*traced, error) {
	// The usual clock is a processor's own; an emulated one may count in ticks.
	for _, set := range [][2]string{
		{"trace_clock", "mono"}, {"buffer_size_kb", "8192"}, {"events/" + event + "/enable", "1"}, {"tracing_on", "1"},
	} {
		if err := inTracing(set[0], set[1]); err != nil {
			return nil, err
		}
	}
	t := &traced{filepath.Join(tracing, "trace"), regexp.MustCompile(pattern)}
	return t, t.clear()
}

func inTracing(file, value string) error {
	if err := os.WriteFile(filepath.Join(tracing, file), []byte(value), 0o644); err != nil {
		return fmt.Errorf("tracing: %w", err)
	}
	return nil
}

// clear forgets what was noted.
func (t *traced) clear() error { return inTracing("trace", "") }

// found is each event's groups of the pattern.
func (t *traced) found() ([][]string, error) {
	text, err := os.ReadFile(t.file)
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	return t.event.FindAllStringSubmatch(string(text), -1), nil
}

// counter counts the rising edges of one line, each of them.
type counter struct{ *traced }

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
	t, err := trace("gpio/gpio_value", fmt.Sprintf(`(?m)gpio_value: %d set 1\s*$`, base+offset))
	return &counter{t}, err
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

// rises is how many there were since countRises or clear.
func (c *counter) rises() (int, error) {
	found, err := c.found()
	return len(found), err
}

// breakPattern finds when a break began (state -1) or ended (0).
const breakPattern = `(?m)(\d+\.\d+): lab_break: .* state=(-?\d+)\s*$`

// breaks notes the breaks that the kernel's driver makes on serial ports.
type breaks struct{ *traced }

func traceBreaks() (*breaks, error) {
	// A probe that is there already stays as it is.
	if err := inTracing("kprobe_events", "p:lab_break serial8250_break_ctl state=$arg2:s32"); err != nil {
		return nil, err
	}
	t, err := trace("kprobes/lab_break", breakPattern)
	return &breaks{t}, err
}

// count is how many breaks have ended, and how long the shortest lasted.
func (b *breaks) count() (n int, shortest time.Duration, err error) {
	found, err := b.found()
	begun := -1.0
	for _, event := range found {
		at, err := strconv.ParseFloat(event[1], 64)
		if err != nil {
			return n, shortest, fmt.Errorf("tracing: %w", err)
		}
		switch {
		case event[2] != "0":
			begun = at
		case begun >= 0:
			lasted := time.Duration((at - begun) * float64(time.Second))
			if n++; n == 1 || lasted < shortest {
				shortest = lasted
			}
			begun = -1
		}
	}
	return n, shortest, err
}
