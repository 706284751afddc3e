package app

import (
	"testing"
	"time"

	"studiobox/encoder/boxcam"
	"studiobox/firmware/look"
)

// sensor is a camera on the box that notes its settings.
type sensor struct{ set boxcam.Settings }

func (s *sensor) Set(settings boxcam.Settings) error {
	s.set = settings
	return settings.Check(30)
}

func (s *sensor) Faults() []boxcam.Fault { return nil }

func TestACameraOnTheBoxIsToldAllOfALookAndTheRestIsAutomatic(t *testing.T) {
	camera := &sensor{}
	own := &ownColours{camera: func() (tunedCamera, error) { return camera, nil }}
	for _, step := range []struct {
		colours look.Colours
		want    boxcam.Settings
	}{
		{look.Colours{WhiteBalance: 3800, Shutter: 10 * time.Millisecond, Gain: 2}, boxcam.Settings{WhiteBalance: 3800, Shutter: 10 * time.Millisecond, Gain: 2}},
		{look.Colours{Exposure: -0.5, Lock: true}, boxcam.Settings{Exposure: -0.5, Lock: true}},
		{look.Colours{}, boxcam.Settings{}},
	} {
		if err := own.Lock(step.colours); err != nil || camera.set != step.want {
			t.Errorf("%+v: set %+v, want %+v (%v)", step.colours, camera.set, step.want, err)
		}
	}
}
