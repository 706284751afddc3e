package board

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"

	// Only the character device: periph's chip drivers for memory-mapped
	// registers would take its lines' names, and no Pi 5 has them.
	_ "periph.io/x/host/v3/gpioioctl"
)

// machine is what open needs of the computer.
type machine struct {
	dev    string                       // the directory of gpiochip*
	start  func() error                 // makes the lines known to byName
	byName func(name string) gpio.PinIO // nil = no such line
}

func hardware() machine {
	return machine{dev: "/dev", start: startPeriph, byName: gpioreg.ByName}
}

// ready tells in words why there are no pins, before periph can say less.
func (m machine) ready() error {
	chips, err := filepath.Glob(filepath.Join(m.dev, "gpiochip*"))
	if err != nil || len(chips) == 0 {
		return fmt.Errorf("this machine has no GPIO chip (%s/gpiochip*): use a board that has pins, or `studiobox demo`", m.dev)
	}
	var denied error
	open := 0
	for _, chip := range chips {
		f, err := os.OpenFile(chip, os.O_RDONLY, 0)
		if err == nil {
			open++
			_ = f.Close()
		} else if errors.Is(err, fs.ErrPermission) {
			denied = fmt.Errorf("no permission on %s: %s", chip, mend(chip))
		} else {
			denied = fmt.Errorf("GPIO chip: %w", err)
		}
	}
	if open == 0 {
		return denied
	}
	return m.start()
}

// mend says which group opens a device file.
func mend(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "run as root"
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Gid == 0 || info.Mode().Perm()&0o060 != 0o060 {
		return "run as root, or give the device to a group by a udev rule (group gpio, mode 0660)"
	}
	group := strconv.Itoa(int(stat.Gid))
	if g, err := user.LookupGroupId(group); err == nil {
		group = g.Name
	}
	return fmt.Sprintf("join the group %s (sudo usermod -aG %s $USER, then log in again)", group, group)
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
