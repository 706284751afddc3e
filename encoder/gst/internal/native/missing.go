package native

import "fmt"

// MissingError says that a library or an element is not installed.
type MissingError struct {
	Part    string
	Package string // Debian package that has it
	Cause   string // what the dynamic linker said, or empty
}

// Error names the part and the package.
func (e *MissingError) Error() string {
	return fmt.Sprintf("GStreamer's %s is missing: apt install %s", e.Part, e.Package)
}

// Package is the Debian package (also in Ubuntu and Raspberry Pi OS) that has
// a library or an element.
func Package(part string) string {
	switch part {
	case coreLibrary, "capsfilter", "identity":
		return "libgstreamer1.0-0"
	case appLibrary, "appsrc", "appsink", "videoconvert", "videoscale", "videotestsrc", "audiotestsrc",
		"audioconvert", "audioresample", "opusenc", "opusdec":
		return "gstreamer1.0-plugins-base"
	case "h264parse", "h265parse":
		return "gstreamer1.0-plugins-bad"
	case "avdec_h264", "avdec_h265", "avdec_aac":
		return "gstreamer1.0-libav"
	case "x264enc":
		return "gstreamer1.0-plugins-ugly"
	case "v4l2h264enc", "v4l2src", "jpegdec", "alawdec", "mulawdec":
		return "gstreamer1.0-plugins-good"
	case "alsasrc":
		return "gstreamer1.0-alsa"
	case "libcamerasrc":
		return "gstreamer1.0-libcamera"
	}
	return "gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly"
}

// Has tells whether an element is installed.
func (l *Library) Has(element string) bool {
	factory := l.elementFactoryFind(element)
	if factory == nil {
		return false
	}
	l.objectUnref(factory)
	return true
}

// Need returns a *MissingError for the first element that is not installed.
func (l *Library) Need(elements ...string) error {
	for _, e := range elements {
		if !l.Has(e) {
			return &MissingError{Part: e, Package: Package(e)}
		}
	}
	return nil
}
