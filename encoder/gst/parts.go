package gst

import "studiobox/encoder/gst/internal/native"

// Part is one thing that the encoder needs of the machine.
type Part struct {
	Name    string // library or element
	Package string // Debian package that has it
	Found   bool
	// Detail says what it is for, or its version, or what is wrong with it.
	Detail string
}

// Parts looks for everything that the back ends need. It loads GStreamer into
// the calling process, so it is for short commands, not for the daemon.
func Parts() []Part {
	var parts []Part
	for _, f := range native.Survey() {
		parts = append(parts, Part{Name: f.Name, Package: f.Package, Found: f.Found, Detail: f.Detail})
	}
	return parts
}
