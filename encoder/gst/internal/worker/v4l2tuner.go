package worker

import (
	"fmt"
	"math"
	"os"
	"syscall"
	"unsafe"

	"studiobox/encoder/gst/internal/wire"
)

// Controls of the kernel's interface (linux/v4l2-controls.h).
const (
	cidAutoWhite     = 0x0098090c
	cidAutoGain      = 0x00980912
	cidGain          = 0x00980913
	cidWhiteKelvin   = 0x0098091a
	cidExposureAuto  = 0x009a0901
	cidExposureTime  = 0x009a0902 // in 100 µs
	exposureByCamera = 0
	exposureManual   = 1
	exposureAperture = 3 // automatic time, fixed aperture: what USB cameras have

	vidiocSetControl   = 0xc008561c
	vidiocQueryControl = 0xc0445624
	controlDisabled    = 0x0001
	controlReadOnly    = 0x0004
)

// mostGain is the factor that counts as the upper end of a device's own scale.
const mostGain = 64

// span is what a control can be set to.
type span struct{ least, most int32 }

// controls are those of an open device.
type controls interface {
	query(id uint32) (span, bool)
	set(id uint32, value int32) error
	close()
}

// v4l2Tuner sets the kernel's controls by their numbers on a descriptor of its
// own; they belong to the device, not to the descriptor. v4l2src's
// extra-controls knows them by names, which have changed from one kernel to
// the next, and does not tell what a device lacks.
type v4l2Tuner struct {
	device string
	open   func(device string) (controls, error)
}

func (v v4l2Tuner) apply(t wire.Tuning) (lacks []string) {
	dev, err := v.open(v.device)
	if err != nil {
		for _, name := range wished(t) {
			lacks = append(lacks, fmt.Sprintf("%s: %v", name, err))
		}
		return lacks
	}
	defer dev.close()
	s := setter{dev: dev, device: v.device}
	s.exposure(t)
	s.gain(t)
	s.white(t)
	if t.EV != 0 {
		s.lack("exposure", "a V4L2 camera has none")
	}
	return s.lacks
}

// setter sets one control after the other: first what ends an automatic, then
// the value, which a device refuses before.
type setter struct {
	dev    controls
	device string
	lacks  []string
}

func (s *setter) lack(what, why string) { s.lacks = append(s.lacks, what+": "+why) }

// put sets a control if the device has it with such a value. format shows a
// value to people.
func (s *setter) put(what string, id uint32, value int, format func(int) string) {
	has, ok := s.dev.query(id)
	switch {
	case !ok:
		s.lack(what, s.device+" has no such control")
	case value < int(has.least) || value > int(has.most):
		s.lack(what, fmt.Sprintf("%s takes %s to %s", s.device, format(int(has.least)), format(int(has.most))))
	default:
		if err := s.dev.set(id, int32(value)); err != nil {
			s.lack(what, fmt.Sprintf("%s: %v", s.device, err))
		}
	}
}

// automatic switches a control that decides by itself; values are tried in
// order. It reports whether one was taken.
func (s *setter) automatic(id uint32, values ...int32) bool {
	if _, ok := s.dev.query(id); !ok {
		return false
	}
	for _, value := range values {
		if s.dev.set(id, value) == nil {
			return true
		}
	}
	return false
}

func (s *setter) exposure(t wire.Tuning) {
	if t.ShutterUs == 0 && !t.Hold {
		s.automatic(cidExposureAuto, exposureAperture, exposureByCamera)
		return
	}
	held := s.automatic(cidExposureAuto, exposureManual)
	if t.ShutterUs > 0 {
		s.put("shutter", cidExposureTime, max(1, (t.ShutterUs+50)/100), func(n int) string { return micros(100 * n) })
	} else if !held {
		s.lack("hold", s.device+" has no manual exposure")
	}
}

func (s *setter) gain(t wire.Tuning) {
	s.automatic(cidAutoGain, yes(t.Gain == 0 && !t.Hold))
	if t.Gain == 0 {
		return
	}
	// The kernel gives a gain no unit. Evenly in stops over the device's own
	// scale is what most of them are.
	has, _ := s.dev.query(cidGain)
	share := min(math.Log(t.Gain)/math.Log(mostGain), 1)
	value := float64(has.least) + share*float64(int(has.most)-int(has.least))
	s.put("gain", cidGain, int(math.Round(value)), func(n int) string { return fmt.Sprint(n) })
}

func (s *setter) white(t wire.Tuning) {
	fixed := s.automatic(cidAutoWhite, yes(t.Kelvin == 0 && !t.Hold))
	if t.Kelvin > 0 {
		s.put("white balance", cidWhiteKelvin, t.Kelvin, func(n int) string { return fmt.Sprintf("%dK", n) })
	} else if t.Hold && !fixed {
		s.lack("hold", s.device+" has no manual white balance")
	}
}

func yes(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

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
	return span{q.least, q.most}, true
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
