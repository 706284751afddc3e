package worker

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"studiobox/encoder/gst/internal/wire"
)

// Of the kernel's interface (linux/videodev2.h): _IOR and _IOWR of the 132 bytes of
// struct v4l2_dv_timings.
const (
	vidiocQueryTimings = 0x80845663
	vidiocSetTimings   = 0xc0845657
)

// timings mirrors struct v4l2_dv_timings, which is packed; what stands in it goes
// back as it came.
type timings [132]byte

// receiver is an HDMI input as the kernel drives it.
type receiver interface {
	query() (timings, error) // of the signal that comes in
	set(timings) error       // what the device takes in
}

// followSignal has an HDMI input take in the signal that comes. A bridge in front of
// a camera port does so only when it is told; a USB grabber knows no such order.
func followSignal(c wire.Camera) error {
	if c.Kind != wire.HDMI {
		return nil
	}
	f, err := os.OpenFile(c.Device, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil // the pipeline meets it too, and has the words for it
	}
	defer f.Close()
	return follow(device{f})
}

func follow(r receiver) error {
	signal, err := r.query()
	switch {
	case errors.Is(err, syscall.ENOTTY), errors.Is(err, syscall.ENODATA), errors.Is(err, syscall.EINVAL):
		return nil // it follows by itself
	case errors.Is(err, syscall.ENOLINK):
		return errors.New("no HDMI signal: check the cable, and that its source is on")
	case errors.Is(err, syscall.ENOLCK):
		return errors.New("the HDMI signal is not steady: check the cable")
	case errors.Is(err, syscall.ERANGE):
		return errors.New("the HDMI signal is more than this input takes: set its source to 1080p or 720p")
	case err != nil:
		return fmt.Errorf("HDMI signal: %w", err)
	}
	if err := r.set(signal); err != nil {
		return fmt.Errorf("HDMI input does not take the signal's timings: %w", err)
	}
	return nil
}

// device is a real one.
type device struct{ file *os.File }

func (d device) query() (t timings, err error) {
	err = d.order(vidiocQueryTimings, &t)
	return t, err
}

func (d device) set(t timings) error { return d.order(vidiocSetTimings, &t) }

func (d device) order(request uintptr, t *timings) error {
	if _, _, failure := syscall.Syscall(syscall.SYS_IOCTL, d.file.Fd(), request, uintptr(unsafe.Pointer(t))); failure != 0 {
		return failure
	}
	return nil
}
