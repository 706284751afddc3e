package worker

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"studiobox/encoder/gst/internal/wire"
)

// bridge is an HDMI input that has to be told.
type bridge struct {
	signal          timings
	queried, setErr error
	taken           *timings
}

func (b *bridge) query() (timings, error) { return b.signal, b.queried }

func (b *bridge) set(t timings) error {
	if b.setErr == nil {
		b.taken = &t
	}
	return b.setErr
}

func TestAnHDMIBridgeIsToldTheTimingsOfItsSignal(t *testing.T) {
	b := &bridge{signal: timings{4: 0x80, 5: 0x07, 8: 0x38, 9: 0x04}} // 1920x1080
	if err := follow(b); err != nil || b.taken == nil || *b.taken != b.signal {
		t.Errorf("%v, %v", b.taken, err)
	}
}

func TestAnInputThatFollowsByItselfIsLeftAlone(t *testing.T) {
	for _, no := range []error{syscall.ENOTTY, syscall.ENODATA, syscall.EINVAL} {
		b := &bridge{queried: no}
		if err := follow(b); err != nil || b.taken != nil {
			t.Errorf("%v: %v, %v", no, b.taken, err)
		}
	}
}

func TestASignalThatCannotBeTakenIsToldWithItsMend(t *testing.T) {
	for text, b := range map[string]*bridge{
		"no HDMI signal":      {queried: syscall.ENOLINK},
		"not steady":          {queried: syscall.ENOLCK},
		"set its source":      {queried: syscall.ERANGE},
		"input/output error":  {queried: syscall.EIO},
		"does not take":       {setErr: syscall.EBUSY},
		"resource busy":       {setErr: syscall.EBUSY},
		"signal's timings: i": {setErr: syscall.EINVAL},
	} {
		if err := follow(b); err == nil || !strings.Contains(err.Error(), text) || b.taken != nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, text)
		}
	}
}

func TestTheOrdersAreOfTheKernelsSize(t *testing.T) {
	for _, order := range []uint32{vidiocQueryTimings, vidiocSetTimings} {
		if size := order >> 16 & 0x3fff; size != uint32(unsafe.Sizeof(timings{})) {
			t.Errorf("%#x is for %d bytes", order, size)
		}
	}
}

func TestOnlyAnHDMIInputThatIsThereIsAsked(t *testing.T) {
	for _, c := range []wire.Camera{
		{Kind: wire.V4L2, Device: os.DevNull}, {Kind: wire.HDMI, Device: "/dev/video97"}, {Kind: wire.HDMI, Device: os.DevNull},
	} {
		if err := followSignal(c); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
