package worker

import (
	"os"
	"syscall"
	"unsafe"
)

// Orders of the kernel's interface (linux/videodev2.h), and flags of a control.
const (
	vidiocGetControl   = 0xc008561b
	vidiocSetControl   = 0xc008561c
	vidiocQueryControl = 0xc0445624
	controlDisabled    = 0x0001
	controlReadOnly    = 0x0004
)

// deviceControls are those of a real device.
type deviceControls struct{ file *os.File }

func openControls(device string) (controls, error) {
	f, err := os.OpenFile(device, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return deviceControls{f}, nil
}

func (d deviceControls) close() { d.file.Close() }

// queryControl mirrors struct v4l2_queryctrl.
type queryControl struct {
	id, kind    uint32
	name        [32]byte
	least, most int32
	step, usual int32
	flags       uint32
	_           [2]uint32
}

func (d deviceControls) query(id uint32) (span, bool) {
	q := queryControl{id: id}
	if !ioctl(d.file, vidiocQueryControl, unsafe.Pointer(&q)) || q.flags&(controlDisabled|controlReadOnly) != 0 {
		return span{}, false
	}
	// A control without a value that can be read is a button: its zero does no harm.
	c := oneControl{id: id}
	_ = ioctl(d.file, vidiocGetControl, unsafe.Pointer(&c))
	return span{q.least, q.most, c.value}, true
}

// oneControl mirrors struct v4l2_control.
type oneControl struct {
	id    uint32
	value int32
}

func (d deviceControls) set(id uint32, value int32) error {
	c := oneControl{id, value}
	_, _, failure := syscall.Syscall(syscall.SYS_IOCTL, d.file.Fd(), vidiocSetControl, uintptr(unsafe.Pointer(&c)))
	if failure != 0 {
		return failure
	}
	return nil
}
