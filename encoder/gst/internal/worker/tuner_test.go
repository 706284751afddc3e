package worker

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"studiobox/encoder/gst/internal/wire"
)

// element is a GStreamer element with some properties.
type element struct {
	has []string
	set []string
}

func (e *element) Has(property string) bool { return slices.Contains(e.has, property) }

func (e *element) Set(property, value string) { e.set = append(e.set, property+"="+value) }

func TestLibcamerasPropertiesAreSetByVersion(t *testing.T) {
	full := wire.Tuning{ShutterUs: 10000, Gain: 2, Kelvin: 5000}
	v4 := []string{"ae-enable", "exposure-time", "analogue-gain", "awb-enable", "colour-temperature", "exposure-value"}
	v5 := append([]string{"exposure-time-mode", "analogue-gain-mode"}, v4...)
	for _, tt := range []struct {
		name   string
		has    []string
		tuning wire.Tuning
		set    string
		lacks  []string
	}{
		{"0.5, all fixed", v5, full, "exposure-time-mode=manual analogue-gain-mode=manual exposure-time=10000 " +
			"analogue-gain=2.000 exposure-value=0.000 awb-enable=false colour-temperature=5000", nil},
		{"0.5, automatic", v5, wire.Tuning{}, "exposure-time-mode=auto analogue-gain-mode=auto exposure-value=0.000 awb-enable=true", nil},
		{"0.5, shutter alone", v5, wire.Tuning{ShutterUs: 8000}, "exposure-time-mode=manual analogue-gain-mode=auto " +
			"exposure-time=8000 exposure-value=0.000 awb-enable=true", nil},
		{"0.5, held", v5, wire.Tuning{Hold: true}, "exposure-time-mode=manual analogue-gain-mode=manual exposure-value=0.000 awb-enable=false", nil},
		{"0.4, all fixed", v4, full, "ae-enable=false exposure-time=10000 analogue-gain=2.000 exposure-value=0.000 " +
			"awb-enable=false colour-temperature=5000", nil},
		{"0.4, shutter alone", v4, wire.Tuning{ShutterUs: 8000}, "ae-enable=true analogue-gain=0 exposure-time=8000 exposure-value=0.000 awb-enable=true", nil},
		{"0.4, automatic", v4, wire.Tuning{}, "ae-enable=true exposure-time=0 analogue-gain=0 exposure-value=0.000 awb-enable=true", nil},
		{"0.4, held", v4, wire.Tuning{ShutterUs: 8000, Hold: true}, "ae-enable=false exposure-time=8000 exposure-value=0.000 awb-enable=false", nil},
		{"0.3 has none", nil, wire.Tuning{ShutterUs: 8000, Gain: 2, Kelvin: 5000, EV: 1, Hold: true}, "",
			[]string{"hold: ", "shutter: ", "gain: ", "exposure: ", "white balance: ", "white balance: "}},
	} {
		e := &element{has: tt.has}
		lacks := libcameraTuner{e}.apply(tt.tuning)
		if got := strings.Join(e.set, " "); got != tt.set {
			t.Errorf("%s: set %q, want %q", tt.name, got, tt.set)
		}
		if len(lacks) != len(tt.lacks) {
			t.Errorf("%s: lacks %q", tt.name, lacks)
			continue
		}
		for i, want := range tt.lacks {
			if !strings.HasPrefix(lacks[i], want) || !strings.Contains(lacks[i], "libcamerasrc has no ") {
				t.Errorf("%s: lacks %q, want %q", tt.name, lacks[i], want)
			}
		}
	}
}

// desk is a device's controls. As with USB cameras, a control that an automatic
// moves tells where it is.
type desk struct {
	has    map[uint32]span
	refuse map[uint32]int32 // a value that is not taken
	did    []string
	closed bool
}

func (d *desk) query(id uint32) (span, bool) { s, ok := d.has[id]; return s, ok }

func (d *desk) set(id uint32, value int32) error {
	has, ok := d.has[id]
	if bad, refused := d.refuse[id]; !ok || refused && bad == value || value < has.least || value > has.most {
		return syscall.EINVAL
	}
	d.did = append(d.did, fmt.Sprintf("%x=%d", id, value))
	return nil
}

func (d *desk) close() { d.closed = true }

func usbCamera() map[uint32]span {
	return map[uint32]span{
		cidExposureAuto: {0, 3, 3}, cidExposureTime: {3, 2047, 166}, cidGain: {0, 255, 70}, cidAutoWhite: {0, 1, 1}, cidWhiteKelvin: {2800, 6500, 4100},
	}
}

func TestAV4L2CameraIsTakenOffItsAutomaticBeforeAValueIsSet(t *testing.T) {
	frozen := map[uint32]span{cidExposureAuto: {0, 3, 3}, cidAutoGain: {0, 1, 1}, cidGain: {0, 100, 30}, cidAutoWhite: {0, 1, 1}}
	for _, tt := range []struct {
		name   string
		desk   desk
		tuning wire.Tuning
		set    string
		lacks  []string
	}{
		{"all fixed", desk{has: usbCamera()}, wire.Tuning{ShutterUs: 10000, Gain: 8, Kelvin: 5000},
			"9a0901=1 9a0902=100 980913=128 98090c=0 98091a=5000", nil},
		{"automatic", desk{has: usbCamera()}, wire.Tuning{}, "9a0901=3 98090c=1", nil},
		{"another automatic", desk{has: usbCamera(), refuse: map[uint32]int32{cidExposureAuto: 3}}, wire.Tuning{}, "9a0901=0 98090c=1", nil},
		// Many cameras fall back to an old value when their automatic ends.
		{"held", desk{has: usbCamera()}, wire.Tuning{Hold: true}, "9a0901=1 9a0902=166 98090c=0 98091a=4100", nil},
		{"held but for the shutter", desk{has: usbCamera()}, wire.Tuning{ShutterUs: 10000, Hold: true}, "9a0901=1 9a0902=100 98090c=0 98091a=4100", nil},
		{"out of range", desk{has: usbCamera()}, wire.Tuning{ShutterUs: 1000000, Kelvin: 9000}, "9a0901=1 9a0902=2047 98090c=0 98091a=6500",
			[]string{"shutter: /dev/v takes 300µs to 204.7ms, and is at 204.7ms", "white balance: /dev/v takes 2800K to 6500K, and is at 6500K"}},
		{"below the range", desk{has: usbCamera()}, wire.Tuning{ShutterUs: 100, Kelvin: 2000}, "9a0901=1 9a0902=3 98090c=0 98091a=2800",
			[]string{"shutter: /dev/v takes 300µs to 204.7ms, and is at 300µs", "white balance: /dev/v takes 2800K to 6500K, and is at 2800K"}},
		{"automatics alone", desk{has: frozen}, wire.Tuning{ShutterUs: 10000, Gain: 8, Kelvin: 5000}, "9a0901=3 980912=0 980913=50 98090c=1",
			[]string{"shutter: /dev/v has no such control", "white balance: /dev/v has no such control"}},
		{"automatics alone, held", desk{has: frozen}, wire.Tuning{Hold: true}, "9a0901=1 980912=0 980913=30 98090c=0", nil},
		{"nothing there", desk{}, wire.Tuning{ShutterUs: 10000, Gain: 2, Kelvin: 5000, EV: 1}, "",
			[]string{"shutter: /dev/v has no such control", "gain: /dev/v has no such control",
				"white balance: /dev/v has no such control", "exposure: a V4L2 camera has none"}},
		{"nothing to hold", desk{}, wire.Tuning{Hold: true}, "",
			[]string{"hold: /dev/v has no manual exposure", "hold: /dev/v has no manual white balance"}},
		{"refused", desk{has: usbCamera(), refuse: map[uint32]int32{cidExposureTime: 100}}, wire.Tuning{ShutterUs: 10000},
			"9a0901=1 98090c=1", []string{"shutter: /dev/v: invalid argument"}},
	} {
		d := tt.desk
		lacks := v4l2Tuner{"/dev/v", func(string) (controls, error) { return &d, nil }}.apply(tt.tuning)
		if got := strings.Join(d.did, " "); got != tt.set {
			t.Errorf("%s: set %q, want %q", tt.name, got, tt.set)
		}
		if !slices.Equal(lacks, tt.lacks) {
			t.Errorf("%s: lacks %q, want %q", tt.name, lacks, tt.lacks)
		}
		if !d.closed {
			t.Errorf("%s: the device stays open", tt.name)
		}
	}
}

func TestADeviceThatCannotBeOpenedLacksAllThatWasAskedFor(t *testing.T) {
	v := v4l2Tuner{"/dev/v", func(string) (controls, error) { return nil, errors.New("no permission") }}
	if got := v.apply(wire.Tuning{ShutterUs: 1, Hold: true}); !slices.Equal(got, []string{"shutter: no permission", "hold: no permission"}) {
		t.Errorf("lacks %q", got)
	}
	if got := v.apply(wire.Tuning{}); len(got) != 0 {
		t.Errorf("nothing was asked for, but it lacks %q", got)
	}
}
