package board

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"unsafe"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"

	"studiobox/board/profile"
)

// The bus's character device, as in the kernel's include/uapi/linux/i2c-dev.h.
// periph's own bus is not used: its package brings a second driver of GPIO,
// which races the first for the lines' names, and it drops the kernel's errno.
const (
	ioctlTransfer = 0x0707 // I2C_RDWR
	flagRead      = 1      // I2C_M_RD
)

type i2cMessage struct {
	addr, flags, length uint16
	data                *byte
}

// i2cBus is an i2c.Bus; devices on it take turns.
type i2cBus struct {
	name     string // i2c-1
	transfer func(messages []i2cMessage) error
	close    func() error

	mu sync.Mutex
}

// openI2C opens /dev/i2c-N.
func openI2C(path, name string) (*i2cBus, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, explainFile(path, err, "add dtparam=i2c_arm=on to /boot/firmware/config.txt and i2c-dev to /etc/modules, then restart")
	}
	fd := int(f.Fd())
	transfer := func(messages []i2cMessage) error {
		list := struct {
			messages *i2cMessage
			count    uint32
		}{&messages[0], uint32(len(messages))}
		return ioctl(fd, ioctlTransfer, unsafe.Pointer(&list))
	}
	return &i2cBus{name: name, transfer: transfer, close: f.Close}, nil
}

// String names the bus.
func (b *i2cBus) String() string { return b.name }

// SetSpeed is refused: the device tree sets the clock.
func (b *i2cBus) SetSpeed(physic.Frequency) error {
	return fmt.Errorf("%s: the clock is set by dtparam=i2c_arm_baudrate in config.txt", b.name)
}

// Tx writes w and then reads len(r) bytes, in one transaction.
func (b *i2cBus) Tx(addr uint16, w, r []byte) error {
	var messages []i2cMessage
	for _, part := range []struct {
		data  []byte
		flags uint16
	}{{w, 0}, {r, flagRead}} {
		if len(part.data) > 0xffff {
			return fmt.Errorf("%s: %d bytes are too many for one message: send at most 65535", b.name, len(part.data))
		}
		if len(part.data) > 0 {
			messages = append(messages, i2cMessage{addr, part.flags, uint16(len(part.data)), &part.data[0]})
		}
	}
	if len(messages) == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.explain(addr, b.transfer(messages))
}

// explain says what a failed transfer means.
func (b *i2cBus) explain(addr uint16, err error) error {
	if err == nil {
		return nil
	}
	for _, nak := range []error{syscall.EREMOTEIO, syscall.ENXIO, syscall.EIO} {
		if errors.Is(err, nak) {
			return fmt.Errorf("nothing answers at 0x%02x on %s: check its supply, its two wires and its address: %w", addr, b.name, err)
		}
	}
	if errors.Is(err, syscall.ETIMEDOUT) {
		return fmt.Errorf("%s hangs: a device holds its clock or data low, unplug them one by one: %w", b.name, err)
	}
	return fmt.Errorf("%s at 0x%02x: %w", b.name, addr, err)
}

// Close closes the device file.
func (b *i2cBus) Close() error { return b.close() }

// I2C opens the bus of a role, or finds it open, and asks the device at its
// address for one byte, so that a missing one is told at once.
func (b *Board) I2C(role profile.Role) (i2c.Bus, uint16, error) {
	w, ok := b.profile.Wire(role)
	if !ok || w.Kind != profile.I2C {
		return nil, 0, b.missing(role, profile.I2C)
	}
	bus, err := b.bus(w.Bus)
	if err == nil {
		err = bus.Tx(w.Addr, nil, make([]byte, 1))
	}
	if err != nil {
		return nil, 0, fmt.Errorf("board: role %s: %w", role, err)
	}
	return bus, w.Addr, nil
}

// bus opens a bus once for all its devices.
func (b *Board) bus(number int) (*i2cBus, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if bus, open := b.buses[number]; open {
		return bus, nil
	}
	name := "i2c-" + strconv.Itoa(number)
	bus, err := openI2C(b.machine.path("dev/"+name), name)
	if err == nil {
		b.buses[number] = bus
	}
	return bus, err
}

var _ i2c.Bus = (*i2cBus)(nil)
