package app

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"studiobox/board/profile"
	"studiobox/encoder/gst"
)

func TestOneBackEndIsEnoughAndNoneIsNot(t *testing.T) {
	part := func(name string, found bool) gst.Part {
		return gst.Part{Name: name, Package: "pkg-" + name, Found: found}
	}
	for name, tc := range map[string]struct {
		parts []gst.Part
		ok    bool
	}{
		"x264 only":      {[]gst.Part{part("x264enc", true), part("v4l2h264enc", false)}, true},
		"hardware only":  {[]gst.Part{part("x264enc", false), part("v4l2h264enc", true)}, true},
		"neither":        {[]gst.Part{part("x264enc", false), part("v4l2h264enc", false)}, false},
		"parser missing": {[]gst.Part{part("x264enc", true), part("h264parse", false)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			ok := true
			for _, f := range encoderFindings(tc.parts) {
				ok = ok && f.ok
				if !f.ok && !strings.Contains(f.mend, "apt install pkg-"+f.part) {
					t.Errorf("%s: the mend is %q", f.part, f.mend)
				}
			}
			if ok != tc.ok {
				t.Errorf("all well is %v, want %v", ok, tc.ok)
			}
		})
	}
}

func TestTheTableShowsAMendOnlyWhereSomethingIsWrong(t *testing.T) {
	var out strings.Builder
	err := printFindings(&out, []finding{
		{part: "good", found: "yes", mend: "do nothing", ok: true},
		{part: "bad", found: "no", mend: "turn it on"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Contains(text, "do nothing") || !strings.Contains(text, "!!  bad") || !strings.Contains(text, "turn it on") {
		t.Errorf("the table:\n%s", text)
	}
}

func TestACameraOnTheBoxIsLookedForWithAllThatItNeeds(t *testing.T) {
	// GStreamer itself stays out of this process, which other tests fork.
	find := func(camera, microphone gst.SourceKind) []gst.Part {
		return []gst.Part{
			{Name: "of " + string(camera), Found: true},
			{Name: "hears " + string(microphone), Package: "sound", Found: microphone == ""},
		}
	}
	for line, want := range map[string][]string{
		"rtsp://10.0.0.5/main":           nil,
		"test: tone:":                    {"of test", "!hears test"},
		"csi:0":                          {"of csi", "hears "},
		"v4l2:/dev/null":                 {"of v4l2", "hears ", "camera"},
		"v4l2:/dev/video97 alsa:hw:97,0": {"of v4l2", "!hears alsa", "!microphone", "!camera"},
		"hdmi:nothing":                   {"!camera"},
	} {
		var parts []string
		for _, f := range cameraFindings(line, find) {
			mark := ""
			if !f.ok {
				mark = "!"
			}
			if f.ok == (f.mend != "") || strings.Contains(f.mend, "\n") {
				t.Errorf("%s: %+v", line, f)
			}
			parts = append(parts, mark+f.part)
		}
		if !slices.Equal(parts, want) {
			t.Errorf("%s: found %q, want %q", line, parts, want)
		}
	}
}

func TestWhatGoesOnWithoutAProgramIsToldAtStart(t *testing.T) {
	p, err := profile.Parse("set", []byte(`header = "rpi40"
[button.golive]
pin = "GPIO17"
[lamp.air]
pin = "GPIO27"
[turntable.step]
pin = "GPIO20"
[turntable.dir]
pin = "GPIO21"
[turntable.enable]
pin = "GPIO26"
active = "high"
resistor = "up"
`))
	if err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	warnOfOutputs(safetyFindings(p, t.TempDir()), slog.New(slog.NewTextHandler(&told, nil)))
	if lines := strings.Count(told.String(), "\n"); !strings.Contains(told.String(), "turntable.enable on GPIO26") || !strings.Contains(told.String(), "mend=") {
		t.Errorf("%d lines: %s", lines, told.String())
	}
	warned := told.Len()
	warnOfOutputs([]finding{{part: "turntable.enable", ok: true}}, slog.New(slog.NewTextHandler(&told, nil)))
	if told.Len() > warned {
		t.Error("what rests by itself was told, too")
	}
}
