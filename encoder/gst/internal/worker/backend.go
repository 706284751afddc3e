package worker

import (
	"studiobox/encoder/gst/internal/native"
)

// setting is one property of the codec element, in GStreamer's notation.
type setting struct{ property, value string }

// backend is one way to make H.264. It only writes what to tell GStreamer.
type backend interface {
	name() string
	elements() []string
	// chain is the pipeline from raw I420 to an H.264 byte stream of whole
	// units with parameter sets at every key frame; its codec is called
	// "codec".
	chain(kbps, bframes, keySpan int) string
	// rate changes bit rate (kbit/s) and buffer time (ms) while running.
	rate(kbps, vbv int) []setting
	// key makes the next picture a key frame; nil when GStreamer's own event
	// does.
	key() []setting
}

// candidates are the back ends to try, in order.
func candidates(lib *native.Library, wanted string) []backend {
	switch wanted {
	case "x264":
		return []backend{x264{}}
	case "v4l2":
		return []backend{v4l2{}}
	case "":
		if lib.Has("v4l2h264enc") && hasEncoder("/dev") {
			return []backend{v4l2{}, x264{}}
		}
		return []backend{x264{}}
	}
	return nil
}
