package app

import (
	"slices"
	"testing"

	"studiobox/drivers/indicator/display"
	"studiobox/firmware/config"
)

func TestTheFleetSideLearnsWhatIsFitted(t *testing.T) {
	settings := &config.Config{}
	settings.Camera.URL = "rtsp://camera/1"
	b := &box{cfg: boxConfig{Settings: settings}, studio: &studio{}}
	if got := b.fitted(); !slices.Equal(got, []string{"camera_net"}) {
		t.Errorf("a box with nothing on it: %q", got)
	}
	settings.Camera.URL = "csi:0"
	b.cfg.Hardware.estop, b.cfg.Hardware.extras.screen = true, &display.Display{}
	b.studio.parts.focus, b.card = &stillAxis{}, &greyCard{}
	if got, want := b.fitted(), []string{"estop", "lens", "display", "grey_card", "camera_csi"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for url, want := range map[string]string{"v4l2:/dev/video0": "camera_usb", "hdmi:/dev/video0": "camera_hdmi", "test:smpte": "camera_test"} {
		settings.Camera.URL = url
		if got := cameraKind(settings); got != want {
			t.Errorf("%s is %s, want %s", url, got, want)
		}
	}
}

// stillAxis is a lens that nobody asks to move.
type stillAxis struct{ lensAxis }
