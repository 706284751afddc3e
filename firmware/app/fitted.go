package app

import (
	"studiobox/encoder/boxcam"
	"studiobox/encoder/gst"
	"studiobox/firmware/config"
)

// fitted names what is there besides lamps and table, in words that the fleet side
// takes: at most 12 letters each.
func (b *box) fitted() []string {
	var names []string
	for _, part := range []struct {
		name  string
		there bool
	}{
		{"estop", b.cfg.Hardware.estop},
		{"lens", b.studio.parts.zoom != nil || b.studio.parts.focus != nil},
		{"display", b.cfg.Hardware.extras.screen != nil},
		{"grey_card", b.card != nil},
		{cameraKind(b.cfg.Settings), true},
	} {
		if part.there {
			names = append(names, part.name)
		}
	}
	return names
}

// cameraKind tells what sort of camera the settings name.
func cameraKind(settings *config.Config) string {
	if !boxcam.Is(settings.Camera.URL) {
		return "camera_net"
	}
	address, err := boxcam.Parse(settings.Camera.URL)
	if err != nil {
		return "camera_box"
	}
	switch address.Kind {
	case gst.CSI:
		return "camera_csi"
	case gst.USB:
		return "camera_usb"
	case gst.HDMI:
		return "camera_hdmi"
	}
	return "camera_test"
}
