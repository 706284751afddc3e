package worker

import (
	"fmt"
	"strings"

	"studiobox/encoder/gst/internal/wire"
)

// The ends of a camera's pipelines. An encoder that is behind gets the newest
// picture: what waits longer is thrown away here.
const (
	pictureTail = " ! appsink name=sink sync=false async=false enable-last-sample=false max-buffers=1 drop=true"
	soundTail   = " ! appsink name=sink sync=false async=false enable-last-sample=false max-buffers=50"
)

// way is one pipeline that may get pictures out of a device.
type way struct {
	elements []string
	chain    string
}

// ways are the pipelines to try for a camera, the best first.
func ways(c wire.Camera) []way {
	switch c.Kind {
	case wire.CSI:
		// libcamera leaves nothing open that the hardware encoder could be
		// confused by: format, colours and scan are all told.
		chain := "libcamerasrc name=camera" + property("camera-name", c.Device) +
			" ! video/x-raw,format=NV12" + mode(c) + ",colorimetry=bt709,interlace-mode=progressive"
		return []way{{[]string{"libcamerasrc"}, chain}}
	case wire.V4L2, wire.HDMI:
		return v4l2Ways(c)
	case wire.Test:
		chain := "videotestsrc name=camera is-live=true" + property("pattern", c.Device) +
			" ! video/x-raw,format=I420" + mode(c) + ",pixel-aspect-ratio=1/1"
		return []way{{[]string{"videotestsrc"}, chain}}
	}
	return nil
}

// v4l2Ways prefers the very size and rate that are wanted, uncompressed before
// JPEG. Many USB cameras have the full rate in JPEG only, and an HDMI signal
// has whatever the source sends: then any size up to Full HD at a fluent rate
// will do, and at last whatever there is.
func v4l2Ways(c wire.Camera) []way {
	const fluent = ",width=(int)[1,1920],height=(int)[1,1088],framerate=(fraction)[24/1,60/1]"
	filters := []string{fluent, ""}
	if exact := mode(c); exact != "" {
		filters = []string{exact, fluent, ""}
	}
	source := "v4l2src name=camera" + property("device", c.Device)
	var all []way
	for _, filter := range filters {
		all = append(all,
			way{[]string{"v4l2src"}, source + " ! video/x-raw" + filter},
			way{[]string{"v4l2src", "jpegdec"}, source + " ! image/jpeg" + filter + " ! jpegdec"})
	}
	return all
}

// mode is what of size and frame rate is told, as caps.
func mode(c wire.Camera) string {
	caps := ""
	if c.Width > 0 && c.Height > 0 {
		caps += fmt.Sprintf(",width=(int)%d,height=(int)%d", c.Width, c.Height)
	}
	if c.FPS > 0 {
		caps += fmt.Sprintf(",framerate=(fraction)%d/1", c.FPS)
	}
	return caps
}

// soundWay is the pipeline from a microphone to Opus. The microphone's own
// clock is not the pipeline's: sound and picture count on the same one, and
// the source drops or adds a little where the two drift apart.
func soundWay(c wire.Camera) (way, error) {
	coder := fmt.Sprintf(" ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=2 ! "+
		"opusenc bitrate=%d frame-size=20", c.SoundKbps*1000)
	elements := []string{"audioconvert", "audioresample", "opusenc"}
	switch c.Sound {
	case wire.ALSA:
		return way{append(elements, "alsasrc"), "alsasrc" + property("device", c.SoundDevice) +
			" provide-clock=false slave-method=skew buffer-time=200000 latency-time=20000" + coder}, nil
	case wire.Test:
		return way{append(elements, "audiotestsrc"), "audiotestsrc is-live=true samplesperbuffer=960 wave=ticks volume=0.2" + coder}, nil
	}
	return way{}, fmt.Errorf("the worker has no microphone called %q", c.Sound)
}

// property is a property in GStreamer's notation, or nothing for no value.
// Quotes cannot break out: they are escaped as gst_parse_launch reads them.
func property(name, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf(` %s="%s"`, name, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value))
}
