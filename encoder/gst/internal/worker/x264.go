package worker

import (
	"fmt"
	"strconv"
)

// x264 encodes on the processor.
type x264 struct{}

// never is x264's own number for "no key frame by itself"
// (X264_KEYINT_MAX_INFINITE): keyClock orders all of them.
const never = 1 << 30

func (x264) name() string { return "x264" }

func (x264) elements() []string { return []string{"x264enc"} }

// chain has no scene-cut detection: a key frame that nobody asked for is a
// burst on a narrow line. With B-frames it stands for a camera, whose delay is
// its own, so only lookahead is off.
func (x264) chain(kbps, bframes, _ int) string {
	tune := "tune=zerolatency option-string=scenecut=0"
	if bframes > 0 {
		tune = fmt.Sprintf("bframes=%d b-adapt=false rc-lookahead=0 sync-lookahead=0 sliced-threads=true "+
			"option-string=scenecut=0:mbtree=0", bframes)
	}
	return fmt.Sprintf("x264enc name=codec %s speed-preset=superfast pass=cbr bitrate=%d vbv-buf-capacity=%d "+
		"key-int-max=%d aud=false byte-stream=true ! "+
		"video/x-h264,profile=high,stream-format=byte-stream,alignment=au", tune, kbps, calmVBV, never)
}

// rate sets the buffer first: x264enc takes both over at the next picture.
func (x264) rate(kbps, vbv int) []setting {
	return []setting{
		{"vbv-buf-capacity", strconv.Itoa(vbv)},
		{"bitrate", strconv.Itoa(kbps)},
	}
}

func (x264) key() []setting { return nil }
