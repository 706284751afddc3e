package boxcam

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"studiobox/encoder/gst"
)

// Bounds of what a camera is asked for.
const (
	leastSide, mostSide = 64, 4096
	mostFPS             = 120

	usualWidth, usualHeight, usualFPS = 1280, 720, 30
)

// Address is a camera of the box, and a microphone with it, as one line of
// configuration says it.
type Address struct {
	Kind   gst.SourceKind
	Device string // empty for the first CSI camera and the usual test picture
	// Width and Height in pixels and FPS are what is captured; 0 is what the
	// HDMI signal has.
	Width, Height, FPS int
	// Microphone is gst.ALSA, gst.TestTone or empty, MicDevice an ALSA name.
	Microphone gst.SourceKind
	MicDevice  string
}

// schemes are the beginnings of a camera's address.
var schemes = [...]string{"csi:", "v4l2:", "hdmi:", "test:"}

// Is tells whether a line names a camera of the box, not one in the network.
func Is(line string) bool {
	line = strings.TrimSpace(line)
	for _, scheme := range schemes {
		if strings.HasPrefix(line, scheme) {
			return true
		}
	}
	return false
}

// Parse reads a line such as "v4l2:/dev/video0 1280x720@30 alsa:hw:1,0": a
// camera, then, if wanted, size and frame rate, and a microphone. An error is
// one line with the mend.
//
//	csi:0              the first camera on the ribbon cable
//	csi:/base/...      the one that `cam -l` lists so
//	v4l2:/dev/video0   a USB camera
//	hdmi:/dev/video1   an HDMI capture device; the size is that of its signal
//	test:              a test picture; test:ball and others of videotestsrc
//	alsa:hw:1,0        a microphone as `arecord -l` lists it: card 1, device 0
//	tone:              a test tone
func Parse(line string) (Address, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return Address{}, fmt.Errorf("camera address is empty: write csi:0, v4l2:/dev/video0, hdmi:/dev/video1, or test: for a test picture")
	}
	a, err := parseCamera(words[0])
	if err != nil {
		return Address{}, err
	}
	var sized, heard bool
	for _, word := range words[1:] {
		var again bool
		if strings.HasPrefix(word, "alsa:") || word == "tone:" {
			again, heard = heard, true
			err = a.hear(word)
		} else {
			again, sized = sized, true
			err = a.measure(word)
		}
		if again {
			return Address{}, fmt.Errorf("camera address %q: %q is one too many: leave one size and one microphone", line, word)
		}
		if err != nil {
			return Address{}, err
		}
	}
	return a, nil
}

// What may stand in names: nothing that has a meaning to GStreamer or a shell.
const (
	pathRule = `^/dev/[A-Za-z0-9_.:/+-]+$`
	nameRule = `^/base/[A-Za-z0-9_.:/@,-]+$`
	testRule = `^[a-z0-9-]*$`
	alsaRule = `^[A-Za-z0-9_.:,=-]+$`
	sizeRule = `^([0-9]{1,5})x([0-9]{1,5})(?:@([0-9]{1,3}))?$`
)

func matches(rule, s string) bool { return regexp.MustCompile(rule).MatchString(s) }

func parseCamera(word string) (Address, error) {
	scheme, device, _ := strings.Cut(word, ":")
	a := Address{Kind: gst.SourceKind(scheme), Device: device, Width: usualWidth, Height: usualHeight, FPS: usualFPS}
	if !Is(word) {
		return a, fmt.Errorf("camera address %q is none of the box: write csi:0, v4l2:/dev/video0, hdmi:/dev/video1, or test: for a test picture", word)
	}
	switch a.Kind {
	case gst.CSI:
		if device == "0" {
			a.Device = ""
		} else if !matches(nameRule, device) {
			return a, fmt.Errorf("camera address %q: write csi:0 for the first camera, or csi:/base/... as \"cam -l\" lists it", word)
		}
	case gst.HDMI:
		a.Width, a.Height, a.FPS = 0, 0, 0
		fallthrough
	case gst.USB:
		if !matches(pathRule, device) || strings.Contains(device, "..") {
			return a, fmt.Errorf("camera address %q: write %s:/dev/video0 with a device that \"v4l2-ctl --list-devices\" lists", word, scheme)
		}
	default:
		if !matches(testRule, device) {
			return a, fmt.Errorf("camera address %q: write test:, or test: with a pattern of \"gst-inspect-1.0 videotestsrc\"", word)
		}
	}
	return a, nil
}

func (a *Address) hear(word string) error {
	if word == "tone:" {
		a.Microphone = gst.TestTone
		return nil
	}
	a.Microphone, a.MicDevice = gst.ALSA, strings.TrimPrefix(word, "alsa:")
	if !matches(alsaRule, a.MicDevice) {
		return fmt.Errorf("microphone %q: write alsa:hw:1,0 with card and device as \"arecord -l\" lists them", word)
	}
	return nil
}

func (a *Address) measure(word string) error {
	m := regexp.MustCompile(sizeRule).FindStringSubmatch(word)
	if m == nil {
		return fmt.Errorf("camera address: %q is no size and no microphone: write 1280x720@30 or alsa:hw:1,0", word)
	}
	a.Width, a.Height = number(m[1]), number(m[2])
	if m[3] != "" {
		a.FPS = number(m[3])
	}
	switch {
	case min(a.Width, a.Height) < leastSide || max(a.Width, a.Height) > mostSide || a.Width%2+a.Height%2 > 0:
		return fmt.Errorf("camera size %q: write even numbers from %d to %d, such as 1280x720", word, leastSide, mostSide)
	case m[3] != "" && (a.FPS < 1 || a.FPS > mostFPS):
		return fmt.Errorf("camera frame rate in %q: write 1 to %d", word, mostFPS)
	}
	return nil
}

// number reads digits, which the rule has made sure of.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// String is the line that Parse reads as this address.
func (a Address) String() string {
	device := a.Device
	if a.Kind == gst.CSI && device == "" {
		device = "0"
	}
	line := string(a.Kind) + ":" + device
	if a.Width > 0 {
		line += fmt.Sprintf(" %dx%d", a.Width, a.Height)
		if a.FPS > 0 {
			line += fmt.Sprintf("@%d", a.FPS)
		}
	}
	switch a.Microphone {
	case gst.ALSA:
		line += " alsa:" + a.MicDevice
	case gst.TestTone:
		line += " tone:"
	}
	return line
}
