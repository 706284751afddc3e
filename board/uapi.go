package board

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"unsafe"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/gpio"
)

// The second interface of the GPIO character device, as far as periph does not
// offer it: the kernel's include/uapi/linux/gpio.h. The request numbers carry
// the size of their argument.
const (
	ioctlLineInfo    = 0xc100b405 // _IOWR(0xb4, 0x05, gpio_v2_line_info)
	ioctlLineRequest = 0xc250b407 // _IOWR(0xb4, 0x07, gpio_v2_line_request)
	ioctlSetValues   = 0xc010b40f // _IOWR(0xb4, 0x0f, gpio_v2_line_values)

	flagOutput      = 1 << 3
	attrOutputValue = 2
)

type lineAttribute struct {
	id, _ uint32
	value uint64
}

type lineRequest struct {
	offsets  [64]uint32
	consumer [32]byte
	flags    uint64
	numAttrs uint32
	_        [5]uint32
	attrs    [10]struct {
		lineAttribute
		mask uint64
	}
	numLines, eventBuffer uint32
	_                     [5]uint32
	fd                    int32
}

type lineInfo struct {
	name, consumer   [32]byte
	offset, numAttrs uint32
	flags            uint64
	attrs            [10]lineAttribute
	_                [4]uint32
}

type lineValues struct{ bits, mask uint64 }

// outputRequest asks for a line as an output whose first level comes with the
// request: the kernel sets value and direction at once, so no other level is
// seen on the line.
func outputRequest(offset uint32, level gpio.Level) lineRequest {
	r := lineRequest{flags: flagOutput, numLines: 1, numAttrs: 1}
	r.offsets[0] = offset
	copy(r.consumer[:len(r.consumer)-1], fmt.Sprintf("%s@%d", path.Base(os.Args[0]), os.Getpid()))
	r.attrs[0].id, r.attrs[0].value, r.attrs[0].mask = attrOutputValue, bit(level), 1
	return r
}

func bit(level gpio.Level) uint64 {
	if level == gpio.High {
		return 1
	}
	return 0
}

// chipLine is a line of a chip.
type chipLine struct {
	chip   string // path of the device file
	offset uint32
}

// drive requests the line as an output.
func (c chipLine) drive(level gpio.Level) (output, error) {
	chip, err := unix.Open(c.chip, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.chip, err)
	}
	defer func() { _ = unix.Close(chip) }()
	request := outputRequest(c.offset, level)
	if err := ioctl(chip, ioctlLineRequest, unsafe.Pointer(&request)); err != nil {
		return nil, err
	}
	return drivenLine(request.fd), nil
}

// holder names the consumer that holds the line; "" = nobody, or not told.
func (c chipLine) holder() string {
	chip, err := unix.Open(c.chip, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = unix.Close(chip) }()
	info := lineInfo{offset: c.offset}
	if ioctl(chip, ioctlLineInfo, unsafe.Pointer(&info)) != nil {
		return ""
	}
	name, _, _ := bytes.Cut(info.consumer[:], []byte{0})
	return string(name)
}

// drivenLine is the descriptor of a line that is held as an output.
type drivenLine int

// Set changes the level.
func (d drivenLine) Set(level gpio.Level) error {
	values := lineValues{bits: bit(level), mask: 1}
	return ioctl(int(d), ioctlSetValues, unsafe.Pointer(&values))
}

// Close lets the line go.
func (d drivenLine) Close() error { return unix.Close(int(d)) }

func ioctl(fd int, request uint, argument unsafe.Pointer) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(argument))
	if errno != 0 {
		return errno
	}
	return nil
}
