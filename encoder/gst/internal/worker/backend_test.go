package worker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// No board with this encoder is at hand: its strings are proven as strings.
func TestV4L2IsToldThroughControlsOfTheDevice(t *testing.T) {
	chain := v4l2{}.chain(4000, 0, 300)
	for _, part := range []string{
		`v4l2h264enc name=codec extra-controls="controls,video_bitrate_mode=1,video_bitrate=4000000,repeat_sequence_header=1,h264_i_frame_period=300"`,
		"video/x-h264,profile=high,level=(string)4", // without a level it does not negotiate
		"h264parse config-interval=-1",              // parameter sets at every key frame
		"stream-format=byte-stream,alignment=au",
	} {
		if !strings.Contains(chain, part) {
			t.Errorf("the chain %s lacks %s", chain, part)
		}
	}
	for kbps, want := range map[int]string{
		1500: "controls,video_bitrate=1500000", 1010: "controls,video_bitrate=1000000",
		1: "controls,video_bitrate=25000", 90000: "controls,video_bitrate=25000000",
	} {
		got := v4l2{}.rate(kbps, calmVBV)
		if len(got) != 1 || got[0] != (setting{"extra-controls", want}) {
			t.Errorf("%d kbit/s: %v, want %s", kbps, got, want)
		}
	}
	if got := (v4l2{}).key(); len(got) != 1 || got[0] != (setting{"extra-controls", "controls,force_key_frame=1"}) {
		t.Errorf("key: %v", got)
	}
}

func TestADriversKeyIntervalIsNeverOne(t *testing.T) {
	for ms, want := range map[int]int{0: 2, 10: 2, 2000: 60, 10000: 300} {
		if got := keySpan(ms); got != want {
			t.Errorf("%d ms: %d pictures, want %d", ms, got, want)
		}
	}
}

func TestX264IsToldBufferAndRate(t *testing.T) {
	got := x264{}.rate(1234, 80)
	if len(got) != 2 || got[0] != (setting{"vbv-buf-capacity", "80"}) || got[1] != (setting{"bitrate", "1234"}) {
		t.Errorf("rate: %v", got)
	}
	if x264.key(x264{}) != nil {
		t.Error("x264 takes GStreamer's own key frame event")
	}
	if chain := (x264{}).chain(2000, 0, 300); !strings.Contains(chain, "tune=zerolatency") || strings.Contains(chain, "bframes") {
		t.Errorf("chain: %s", chain)
	}
	if chain := (x264{}).chain(2000, 2, 300); strings.Contains(chain, "zerolatency") || !strings.Contains(chain, "bframes=2") {
		t.Errorf("chain with B-frames: %s", chain)
	}
}

func TestOnlyADeviceThatEncodesIsAnEncoder(t *testing.T) {
	dev := t.TempDir()
	if hasEncoder(dev) {
		t.Error("an empty folder has an encoder")
	}
	if err := os.WriteFile(filepath.Join(dev, "video0"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/null", filepath.Join(dev, "video1")); err != nil {
		t.Fatal(err)
	}
	if hasEncoder(dev) {
		t.Error("a file that is no device is an encoder")
	}
}
