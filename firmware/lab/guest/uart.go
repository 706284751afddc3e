package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// dmxPort is the port's name in the board's profile; the host's play.go
	// writes that.
	dmxPort = "/dev/serial/by-id/lab-dmx"
	// dmxClock is the port's clock in Hz, as the host's play.go makes it.
	dmxClock = 16_000_000
	// redHat is the PCI vendor of qemu's port; a PC's own port has none.
	redHat = "0x1b36"
)

// serialPort is struct serial_struct of the kernel's include/uapi/linux/serial.h.
type serialPort struct {
	kind, line                      int32
	port                            uint32
	irq, flags, fifo, divisor, base int32
	closeDelay                      uint16
	io, _                           byte
	hub6                            int32
	closingWait, closingWait2       uint16
	_                               [4]byte
	mem                             uintptr
	shift                           uint16
	high                            uint32
	mapBase                         uint64
}

// wireLight gives the port for the lights its name, as udev does for an adapter,
// and tells the kernel its clock, as an adapter's driver does.
func wireLight() error {
	found, _ := filepath.Glob("/sys/class/tty/ttyS*/device/vendor")
	for _, path := range found {
		vendor, err := os.ReadFile(path)
		if err != nil || strings.TrimSpace(string(vendor)) != redHat {
			continue
		}
		device := "/dev/" + filepath.Base(filepath.Dir(filepath.Dir(path)))
		return errors.Join(os.MkdirAll(filepath.Dir(dmxPort), 0o755), os.Symlink(device, dmxPort), setClock(device))
	}
	return errors.New("this kernel shows no serial port on the PCI bus")
}

func setClock(device string) error {
	port, err := openPort(device)
	if err != nil {
		return err
	}
	defer port.Close()
	var now serialPort
	if err := ioctl(port, unix.TIOCGSERIAL, unsafe.Pointer(&now)); err != nil {
		return err
	}
	now.base = dmxClock / 16
	return ioctl(port, unix.TIOCSSERIAL, unsafe.Pointer(&now))
}

// openPort opens a port beside whoever holds it, and changes nothing.
func openPort(device string) (*os.File, error) {
	return os.OpenFile(device, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
}

// lineSettings tells in words how the kernel drives the port.
func lineSettings() (string, error) {
	port, err := openPort(dmxPort)
	if err != nil {
		return "", err
	}
	defer port.Close()
	settings, err := unix.IoctlGetTermios(int(port.Fd()), unix.TCGETS2)
	if err != nil {
		return "", fmt.Errorf("%s: %w", dmxPort, err)
	}
	bits, parity, stop := 5+(settings.Cflag&unix.CSIZE)/unix.CS6, "N", 1
	if settings.Cflag&unix.PARENB != 0 {
		parity = "P"
	}
	if settings.Cflag&unix.CSTOPB != 0 {
		stop = 2
	}
	return fmt.Sprintf("%d baud %d%s%d", settings.Ospeed, bits, parity, stop), nil
}
