package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// chipInfo is struct gpiochip_info of the kernel's include/uapi/linux/gpio.h.
type chipInfo struct {
	name, label [32]byte
	lines       uint32
}

// lineInfo is struct gpio_v2_line_info of the same file.
type lineInfo struct {
	name, consumer [32]byte
	offset, attrs  uint32
	flags          uint64
	_              [10]struct{ id, pad, lo, hi uint32 }
	_              [4]uint32
}

// The requests of that file that only read.
const (
	getChipInfo = 0x8044b401
	getLineInfo = 0xc100b405
)

// names checks that the lines of the Pi's profile are those of the real driver,
// and that the hardware PWM is there.
func names() (string, error) {
	label, found, err := lineNames("/dev/gpiochip0")
	if err != nil {
		return "", err
	}
	if label != "pinctrl-bcm2835" {
		return "", fmt.Errorf("gpiochip0 is %q, not pinctrl-bcm2835", label)
	}
	wires, err := roles("rpi3")
	if err != nil {
		return "", err
	}
	for role, w := range wires {
		if !slices.Contains(found, w.line) {
			return "", fmt.Errorf("profile rpi3: role %s is on %s, which this kernel does not have: %v", role, w.line, found)
		}
	}
	channels, err := os.ReadFile("/sys/class/pwm/pwmchip0/npwm")
	if err != nil {
		return "", fmt.Errorf("no hardware PWM: %w", err)
	}
	return fmt.Sprintf("%s with %d named lines, %d roles of profile rpi3 among them; pwmchip0 with %s channels",
		label, len(found), len(wires), strings.TrimSpace(string(channels))), nil
}

// lineNames reads a chip's label and the names of its lines.
func lineNames(path string) (label string, names []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		chips, _ := filepath.Glob("/dev/gpiochip*")
		return "", nil, fmt.Errorf("%w (there are %v)", err, chips)
	}
	defer f.Close()
	var chip chipInfo
	if err := ioctl(f, getChipInfo, unsafe.Pointer(&chip)); err != nil {
		return "", nil, err
	}
	for offset := range chip.lines {
		l := lineInfo{offset: offset}
		if err := ioctl(f, getLineInfo, unsafe.Pointer(&l)); err != nil {
			return "", nil, err
		}
		if name := text(l.name); name != "" {
			names = append(names, name)
		}
	}
	return text(chip.label), names, nil
}

func ioctl(f *os.File, request uintptr, value unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, uintptr(value)); errno != 0 {
		return fmt.Errorf("%s: request %#x: %w", f.Name(), request, errno)
	}
	return nil
}

func text(field [32]byte) string { return string(bytes.TrimRight(field[:], "\x00")) }
