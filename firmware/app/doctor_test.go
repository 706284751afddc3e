package app

import (
	"strings"
	"testing"

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
