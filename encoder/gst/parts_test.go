package gst

import "testing"

func TestPartsNameWhatIsNeededAndWhereItComesFrom(t *testing.T) {
	packages := map[string]string{}
	for _, p := range Parts() {
		if p.Detail == "" {
			t.Errorf("%s has no detail", p.Name)
		}
		packages[p.Name] = p.Package
	}
	for name, want := range map[string]string{
		"libgstreamer-1.0.so.0": "libgstreamer1.0-0",
		"appsrc":                "gstreamer1.0-plugins-base",
		"h264parse":             "gstreamer1.0-plugins-bad",
		"avdec_h265":            "gstreamer1.0-libav",
		"x264enc":               "gstreamer1.0-plugins-ugly",
		"v4l2h264enc":           "gstreamer1.0-plugins-good",
	} {
		if packages[name] != want {
			t.Errorf("%s comes from %q, want %q", name, packages[name], want)
		}
	}
}

func TestACameraOfTheBoxNamesWhatItNeedsOnTop(t *testing.T) {
	for _, tc := range []struct {
		camera, microphone SourceKind
		want               map[string]string
	}{
		{CSI, "", map[string]string{"libcamerasrc": "gstreamer1.0-libcamera"}},
		{USB, "", map[string]string{"v4l2src": "gstreamer1.0-plugins-good", "jpegdec": "gstreamer1.0-plugins-good"}},
		{HDMI, ALSA, map[string]string{"v4l2src": "gstreamer1.0-plugins-good", "alsasrc": "gstreamer1.0-alsa", "opusenc": "gstreamer1.0-plugins-base"}},
		{TestCard, TestTone, map[string]string{"videotestsrc": "gstreamer1.0-plugins-base", "audiotestsrc": "gstreamer1.0-plugins-base"}},
	} {
		packages := map[string]string{}
		for _, p := range CameraParts(tc.camera, tc.microphone) {
			packages[p.Name] = p.Package
		}
		for name, want := range tc.want {
			if packages[name] != want {
				t.Errorf("%s, %s: %s comes from %q, want %q", tc.camera, tc.microphone, name, packages[name], want)
			}
		}
	}
}
