package boxcam

import (
	"strings"
	"testing"

	"studiobox/encoder/gst"
)

func TestOneLineNamesACameraAndItsMicrophone(t *testing.T) {
	for line, want := range map[string]Address{
		"csi:0": {Kind: gst.CSI, Width: 1280, Height: 720, FPS: 30},
		"csi:/base/soc/i2c0mux/i2c@1/imx219@10 1920x1080": {Kind: gst.CSI, Device: "/base/soc/i2c0mux/i2c@1/imx219@10", Width: 1920, Height: 1080, FPS: 30},
		"v4l2:/dev/video0": {Kind: gst.USB, Device: "/dev/video0", Width: 1280, Height: 720, FPS: 30},
		"v4l2:/dev/v4l/by-id/usb-Cam_1+2-video-index0": {Kind: gst.USB, Device: "/dev/v4l/by-id/usb-Cam_1+2-video-index0", Width: 1280, Height: 720, FPS: 30},
		" v4l2:/dev/video0  640x480@25   alsa:hw:1,0 ": {Kind: gst.USB, Device: "/dev/video0", Width: 640, Height: 480, FPS: 25, Microphone: gst.ALSA, MicDevice: "hw:1,0"},
		"hdmi:/dev/video1":                          {Kind: gst.HDMI, Device: "/dev/video1"},
		"hdmi:/dev/video1 alsa:plughw:CARD=C,DEV=0": {Kind: gst.HDMI, Device: "/dev/video1", Microphone: gst.ALSA, MicDevice: "plughw:CARD=C,DEV=0"},
		"hdmi:/dev/video1 1920x1080":                {Kind: gst.HDMI, Device: "/dev/video1", Width: 1920, Height: 1080},
		"test:":                                     {Kind: gst.TestCard, Width: 1280, Height: 720, FPS: 30},
		"test:ball tone: 320x240@15":                {Kind: gst.TestCard, Device: "ball", Width: 320, Height: 240, FPS: 15, Microphone: gst.TestTone},
	} {
		got, err := Parse(line)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", line, got, err, want)
		}
		if again, err := Parse(got.String()); err != nil || again != got {
			t.Errorf("%q is written as %q, which reads as %+v, %v", line, got, again, err)
		}
	}
}

func TestAWrongLineIsRefusedWithItsMend(t *testing.T) {
	for line, mend := range map[string]string{
		"":                                  "write csi:0",
		"usb:0":                             "write csi:0, v4l2:/dev/video0",
		"rtsp://10.0.0.5/main":              "is none of the box",
		"csi:":                              "csi:0 for the first camera",
		"csi:1":                             "cam -l",
		"v4l2:0":                            "write v4l2:/dev/video0",
		"v4l2:":                             "write v4l2:/dev/video0",
		"v4l2:/etc/passwd":                  "v4l2-ctl --list-devices",
		"v4l2:/dev/../etc/passwd":           "v4l2-ctl --list-devices",
		`v4l2:/dev/video0"!filesink`:        "v4l2-ctl --list-devices",
		"hdmi:/dev/":                        "write hdmi:/dev/video0",
		"test:Ball":                         "gst-inspect-1.0 videotestsrc",
		"test: alsa:":                       "arecord -l",
		"test: alsa:hw:1;reboot":            "arecord -l",
		"test: 1280*720":                    "is no size and no microphone",
		"test: 1281x720":                    "even numbers",
		"test: 16x16":                       "even numbers",
		"test: 8192x720":                    "even numbers",
		"test: 640x480@0":                   "1 to 120",
		"test: 640x480@121":                 "1 to 120",
		"test: 640x480 320x240":             "one too many",
		"test: tone: alsa:hw:1,0":           "one too many",
		"test: v4l2:/dev/video0":            "is no size and no microphone",
		"test: alsa:hw:1,0 alsa:hw:2,0":     "one too many",
		"test: 99999999999999999999x720@30": "is no size",
	} {
		_, err := Parse(line)
		if err == nil || !strings.Contains(err.Error(), mend) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", line, err, mend)
		}
	}
}

func TestAnAddressInTheNetworkIsNotOfTheBox(t *testing.T) {
	for line, want := range map[string]bool{
		"rtsp://camera/main": false, "rtsps://camera/main": false, "": false, "csi": false,
		"csi:0": true, " hdmi:/dev/video1": true, "test:": true, "v4l2:nonsense": true,
	} {
		if got := Is(line); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range []string{"csi:0", "v4l2:/dev/video0 1280x720@30 alsa:hw:1,0", "test: tone:", "hdmi:/dev/video1 64x64"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		a, err := Parse(line)
		if err != nil {
			return
		}
		if again, err := Parse(a.String()); err != nil || again != a {
			t.Errorf("%q is written as %q, which reads as %+v, %v", line, a, again, err)
		}
	})
}
