package board

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"go.bug.st/serial"

	"studiobox/board/profile"
)

// The modes of the two kinds of port.
const (
	uartBaud = 115200 // TMC2209 data sheet, 4.1: 9600 to 500000, found by itself
	dmxBaud  = 250000 // ANSI E1.11, 7.1: with two stop bits
)

func modeOf(role profile.Role) *serial.Mode {
	if role == profile.BusDMX {
		return &serial.Mode{BaudRate: dmxBaud, DataBits: 8, Parity: serial.NoParity, StopBits: serial.TwoStopBits}
	}
	return &serial.Mode{BaudRate: uartBaud, DataBits: 8, Parity: serial.NoParity, StopBits: serial.OneStopBit}
}

// Serial opens the port of a role: 115200 baud 8N1 for a motor driver, 250000
// baud 8N2 for bus.dmx. The port is held exclusively. Ask again
// after its adapter was unplugged: that closes the old port.
func (b *Board) Serial(role profile.Role) (serial.Port, error) {
	w, ok := b.profile.Wire(role)
	if !ok || w.Kind != profile.Serial {
		return nil, b.missing(role, profile.Serial)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if old := b.ports[role]; old != nil {
		_ = old.Close() // it is of no use any more
		delete(b.ports, role)
	}
	path := b.machine.path(w.Device)
	port, err := serial.Open(path, modeOf(role))
	if err != nil {
		return nil, fmt.Errorf("board: role %s: serial port %w", role, explainFile(path, portError(err),
			"plug its adapter in (`ls -l /dev/serial/by-id` lists them), or add enable_uart=1 to /boot/firmware/config.txt"))
	}
	b.ports[role] = port
	return port, nil
}

// portError gives the module's codes their common names.
func portError(err error) error {
	var port *serial.PortError
	if !errors.As(err, &port) {
		return err
	}
	switch port.Code() {
	case serial.PermissionDenied:
		return fs.ErrPermission
	case serial.PortBusy:
		return syscall.EBUSY
	case serial.PortNotFound:
		return fs.ErrNotExist
	}
	return err
}
