package board

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"

	// Only the character device: periph's other drivers of GPIO race it for the
	// names of the lines, and the memory-mapped ones know no Pi 5.
	"periph.io/x/host/v3/gpioioctl"

	"studiobox/board/profile"
)

// machine is what open needs of the computer.
type machine struct {
	root   string                       // "/", or a tree of files that stands for it
	start  func() error                 // makes the lines known to byName
	byName func(name string) gpio.PinIO // nil = no such line
	lineOf func(pin gpio.PinIO) kernelLine
	pwm    pwmUnits
}

// kernelLine is what periph does not do for a line.
type kernelLine interface {
	drive(level gpio.Level) (output, error)
	holder() string
}

func hardware() machine {
	return machine{root: "/", start: startPeriph, byName: gpioreg.ByName, lineOf: findLine, pwm: newPWMUnits("/")}
}

// findLine tells on which chip periph found a pin.
func findLine(pin gpio.PinIO) kernelLine {
	for _, chip := range gpioioctl.Chips {
		for i, line := range chip.Lines() {
			if gpio.PinIO(line) == pin {
				return chipLine{chip: chip.Path(), offset: uint32(i)}
			}
		}
	}
	return chipLine{} // opening it names what is missing
}

// ready tells in words why there are no pins, before periph can say less.
func (m machine) ready() error {
	chips, denied := m.chips()
	switch {
	case chips == 0 && denied == nil:
		return fmt.Errorf("this machine has no GPIO chip (%s): use a board that has pins, or `studiobox demo`", m.path("dev/gpiochip*"))
	case chips == 0:
		return denied
	}
	return m.start()
}

// chips counts the GPIO chips that open, and tells why one does not.
func (m machine) chips() (open int, denied error) {
	paths, _ := filepath.Glob(m.path("dev/gpiochip*")) // the pattern is well formed
	for _, chip := range paths {
		f, err := os.OpenFile(chip, os.O_RDONLY, 0)
		if err != nil {
			denied = explainFile(chip, err, "restart")
			continue
		}
		open++
		_ = f.Close()
	}
	return open, denied
}

func (m machine) path(name string) string { return filepath.Join(m.root, name) }

// suits refuses a profile that is meant for another computer than this one.
func (m machine) suits(p profile.Profile) error {
	model := NewProbe(m.root, m.root).text("proc/device-tree/model")
	begins := func(beginning string) bool { return strings.HasPrefix(model, beginning) }
	fits, known := profile.Detect(model)
	if len(p.Models) == 0 || !known || slices.ContainsFunc(p.Models, begins) {
		return nil
	}
	return fmt.Errorf("the profile is for %s, and this is a %s: use the profile %s", p.Title, model, fits.Name)
}

// startPeriph initialises periph's drivers. Where one chip has two device
// files, as on a Pi with gpiochip4 -> gpiochip0, gpioioctl closes descriptor 0
// along with the second: whatever stands there is put back.
func startPeriph() error {
	return keepDescriptor0(func() error {
		state, err := driverreg.Init()
		if err != nil {
			return fmt.Errorf("GPIO drivers: %w", err)
		}
		for _, failure := range slices.Concat(state.Failed, state.Skipped) {
			if failure.Err != nil {
				return fmt.Errorf("GPIO driver %s: %w", failure.D, failure.Err)
			}
		}
		return nil
	})
}

// keepDescriptor0 runs f and gives descriptor 0 back its file if f closed it.
// Call it before other goroutines open files: they could get the free number.
func keepDescriptor0(f func() error) error {
	keep, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		// Nothing stands there, so a chip would, and be closed: fill the place.
		// The lowest free number is the one that open gives.
		if _, err := unix.Open(os.DevNull, unix.O_RDONLY, 0); err != nil {
			return fmt.Errorf("descriptor 0 is closed and %s does not open: %w", os.DevNull, err)
		}
		return keepDescriptor0(f)
	}
	defer func() { _ = unix.Close(keep) }()
	before := identity(keep)
	defer func() {
		if identity(0) != before {
			_ = unix.Dup3(keep, 0, 0)
		}
	}()
	return f()
}

// identity names the file behind a descriptor; zero = none.
func identity(fd int) (id struct{ dev, ino uint64 }) {
	var stat unix.Stat_t
	if unix.Fstat(fd, &stat) == nil {
		id.dev, id.ino = uint64(stat.Dev), stat.Ino
	}
	return id
}
