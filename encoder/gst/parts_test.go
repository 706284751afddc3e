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
