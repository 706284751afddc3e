package native

import "errors"

// Finding is one row of a survey.
type Finding struct {
	Name, Package, Detail string
	Found                 bool
}

// need is what the worker's pipelines are made of, and what for.
var need = [...]struct{ element, use string }{
	{"appsrc", "all"},
	{"appsink", "all"},
	{"videoconvert", "all"},
	{"videoscale", "all"},
	{"h264parse", "H.264 in"},
	{"avdec_h264", "H.264 in"},
	{"h265parse", "H.265 in"},
	{"avdec_h265", "H.265 in"},
	{"x264enc", "x264 back end (PC, Raspberry Pi 5)"},
	{"v4l2h264enc", "v4l2 back end (Raspberry Pi 4, Zero 2); not needed where x264enc is"},
}

// Survey looks for libraries and elements.
func Survey() []Finding {
	l, err := Load()
	var missing *MissingError
	if errors.As(err, &missing) {
		return []Finding{{Name: missing.Part, Package: missing.Package, Detail: missing.Cause}}
	}
	if err != nil {
		return []Finding{{Name: coreLibrary, Package: Package(coreLibrary), Detail: err.Error()}}
	}
	found := []Finding{{Name: coreLibrary, Package: Package(coreLibrary), Found: true, Detail: "version " + l.Version()}}
	for _, n := range need {
		found = append(found, Finding{
			Name:    n.element,
			Package: Package(n.element),
			Found:   l.Has(n.element),
			Detail:  n.use,
		})
	}
	return found
}

// Look tells which of some elements are installed.
func Look(elements ...string) []Finding {
	l, err := Load()
	var found []Finding
	for _, e := range elements {
		f := Finding{Name: e, Package: Package(e), Detail: "camera on the box"}
		if err == nil {
			f.Found = l.Has(e)
		} else {
			f.Detail = err.Error()
		}
		found = append(found, f)
	}
	return found
}
