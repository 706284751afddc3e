package gst

import (
	"math"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// deviceVar names a V4L2 device for the tests that need one.
const deviceVar = "STUDIOBOX_V4L2"

// Of the kernel's interface (linux/videodev2.h, linux/v4l2-controls.h), written
// down here once more: a number that is wrong in the worker must not be right here.
const (
	getControl   = 0xc008561b // VIDIOC_G_CTRL
	queryControl = 0xc0445624 // VIDIOC_QUERYCTRL
	unusable     = 0x0001 | 0x0004

	exposureAuto = 0x009a0901
	exposureTime = 0x009a0902 // in 100 µs
	autoGain     = 0x00980912
	gain         = 0x00980913
	autoWhite    = 0x0098090c
	whiteKelvin  = 0x0098091a
)

// controlOf reads a control of a device: its range, and what it is at.
func controlOf(t *testing.T, device string, id uint32) (least, most, now int32, there bool) {
	t.Helper()
	f, err := os.OpenFile(device, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	order := func(request uintptr, argument unsafe.Pointer) bool {
		_, _, failure := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(argument))
		return failure == 0
	}
	query := struct {
		id, kind          uint32
		name              [32]byte
		least, most, step int32
		usual             int32
		flags             uint32
		_                 [2]uint32
	}{id: id}
	value := struct {
		id  uint32
		now int32
	}{id: id}
	if !order(queryControl, unsafe.Pointer(&query)) || query.flags&unusable != 0 {
		return 0, 0, 0, false
	}
	if !order(getControl, unsafe.Pointer(&value)) {
		t.Fatalf("control %x of %s cannot be read", id, device)
	}
	return query.least, query.most, value.now, true
}

// tunedDevice films with the device until the test ends.
func tunedDevice(t *testing.T) (device string, c *Camera, got collector, state *lastState) {
	t.Helper()
	if device = os.Getenv(deviceVar); device == "" {
		t.Skipf("UNPROVEN HERE: no V4L2 camera was tried. Run with %s=/dev/video0, for example on the kernel's vivid", deviceVar)
	}
	c, got = testCamera(t, func(cfg *CameraConfig) {
		cfg.Kind, cfg.Device = USB, device
		cfg.CaptureHeight, cfg.CaptureFPS = 180, 10 // little enough for an emulated processor
		cfg.Tuning = Tuning{Shutter: 10 * time.Millisecond, Gain: 2, Kelvin: 5000}
	})
	state = &lastState{}
	c.OnState = state.put
	start(t, c)
	return device, c, got, state
}

func TestAV4L2DeviceGivesPicturesInTime(t *testing.T) {
	_, c, got, state := tunedDevice(t)
	units := videoFor(t, got, 2*time.Second)
	if !hasParameterSets(units[0]) {
		t.Error("the first unit is no key unit")
	}
	for i := 1; i < len(units); i++ {
		if units[i].PTS <= units[i-1].PTS {
			t.Errorf("PTS %v after %v", units[i].PTS, units[i-1].PTS)
		}
	}
	c.ForceKey()
	waitKey(t, got)
	s, _ := state.get()
	t.Logf("%d pictures in two seconds of %s; latency %v", len(units), s.Format, c.Stats().LatencyP50)
}

// What the device's own controls say is what counts: each that is there is at its
// value and off its automatic, and each that is missing is named.
func TestAV4L2DevicesControlsAreWhereTheyWereSetAndTheMissingAreNamed(t *testing.T) {
	device, c, got, state := tunedDevice(t)
	videoFor(t, got, time.Second)
	eventually(t, "a report after the first tuning", func() bool { _, seen := state.get(); return seen })
	settled := func(kelvin, shutter int32, stops float64) func() bool {
		return func() bool {
			s, _ := state.get()
			for _, want := range []struct {
				name          string
				id, automatic uint32
				manual, value int32
			}{
				{"shutter", exposureTime, exposureAuto, 1, shutter},
				{"gain", gain, autoGain, 0, evenly(t, device, stops)},
				{"white balance", whiteKelvin, autoWhite, 0, kelvin},
			} {
				least, most, now, there := controlOf(t, device, want.id)
				_, _, mode, decides := controlOf(t, device, want.automatic)
				named := slices.ContainsFunc(s.Lacks, func(lack string) bool { return strings.HasPrefix(lack, want.name+": ") })
				value := min(max(want.value, least), most)
				if there && (now != value || decides && mode != want.manual) || named != (!there || value != want.value) {
					return false
				}
			}
			return true
		}
	}
	eventually(t, "the controls of the first tuning", settled(5000, 100, 1))
	c.Tune(Tuning{Shutter: 20 * time.Millisecond, Gain: 16, Kelvin: 3800})
	eventually(t, "the controls of the next one", settled(3800, 200, 4))
	c.Tune(Tuning{})
	eventually(t, "the automatics", func() bool {
		_, _, exposure, one := controlOf(t, device, exposureAuto)
		_, _, gains, two := controlOf(t, device, autoGain)
		_, _, white, three := controlOf(t, device, autoWhite)
		s, _ := state.get()
		return (!one || exposure != 1) && (!two || gains == 1) && (!three || white == 1) && len(s.Lacks) == 0
	})
	if _, _, _, there := controlOf(t, device, gain); !there {
		t.Errorf("%s has no gain: nothing was proven of it", device)
	}
}

// evenly is a gain of so many stops, of the six that a device's own scale is taken
// for.
func evenly(t *testing.T, device string, stops float64) int32 {
	t.Helper()
	least, most, _, _ := controlOf(t, device, gain)
	return int32(math.Round(float64(least) + stops/6*float64(most-least)))
}
