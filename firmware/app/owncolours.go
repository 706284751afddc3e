package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"studiobox/encoder/boxcam"
	"studiobox/encoder/greycard"
	"studiobox/firmware/look"
)

// What the lock on a grey card begins with, where the look says nothing.
const (
	usualKelvin = 5000.0
	usualGain   = 2.0
	mostGain    = 64.0
	coldest     = 10000.0 // kelvin
	warmest     = 2000.0
)

// tunedCamera is a camera on the box whose settings can be set while it runs.
type tunedCamera interface {
	Set(boxcam.Settings) error
	Faults() []boxcam.Fault
}

// ownColours are those of a camera on the box itself, which takes a white balance in
// kelvin, a shutter and a gain.
type ownColours struct {
	camera  func() (tunedCamera, error)
	shutter time.Duration // for a lock, where the look has none
	now     look.Colours  // of the lock that is under way
}

// Lock implements look.Camera. What the colours do not say is automatic.
func (o *ownColours) Lock(c look.Colours) error {
	camera, err := o.camera()
	if err != nil {
		return err
	}
	return camera.Set(boxcam.Settings{
		WhiteBalance: int(math.Round(c.WhiteBalance)), Shutter: c.Shutter, Gain: c.Gain, Exposure: c.Exposure, Lock: c.Lock,
	})
}

// begin implements turnable: from here on nothing is automatic.
func (o *ownColours) begin(_ context.Context, from look.Colours) ([]greycard.Knob, error) {
	o.now = look.Colours{WhiteBalance: usualKelvin, Shutter: o.shutter, Gain: usualGain}
	if from.WhiteBalance > 0 {
		o.now.WhiteBalance = from.WhiteBalance
	}
	if from.Shutter > 0 {
		o.now.Shutter = from.Shutter
	}
	if from.Gain > 0 {
		o.now.Gain = from.Gain
	}
	return []greycard.Knob{
		// Between lamps of 3000 and 6500 K, 180 mired, lie about two stops of red
		// against blue.
		{Setting: greycard.Warmth, Least: 1e6 / coldest, Most: 1e6 / warmest, At: 1e6 / o.now.WhiteBalance, PerStop: 90},
		{Setting: greycard.Exposure, Least: 0, Most: math.Log2(mostGain), At: math.Log2(o.now.Gain), PerStop: 1},
	}, o.Lock(o.now)
}

// turn implements turnable.
func (o *ownColours) turn(_ context.Context, at []float64) (look.Colours, error) {
	o.now.WhiteBalance, o.now.Gain = math.Round(1e6/at[0]), math.Exp2(at[1])
	return o.now, o.Lock(o.now)
}

// undo implements turnable. Without colours the camera is automatic again.
func (o *ownColours) undo(_ context.Context, to look.Colours) error { return o.Lock(to) }

// ownSettles is how long a sensor, three or four pictures, and the encoder take to
// show new settings.
const ownSettles = 500 * time.Millisecond

// lacks is what of the settings the camera cannot do.
func (o *ownColours) lacks() string {
	camera, err := o.camera()
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, f := range camera.Faults() {
		if f.Code == boxcam.SettingMissing {
			all = append(all, f.Text)
		}
	}
	return strings.Join(all, "; ")
}

// errNoOwnCamera is for a box whose picture comes from elsewhere.
var errNoOwnCamera = errors.New("there is no camera on the box itself")

// tuned is the camera on this box.
func (b *box) tuned() (tunedCamera, error) {
	own, isOwn := b.picture.camera.(*ownCamera)
	if !isOwn {
		return nil, fmt.Errorf("camera colours: %w", errNoOwnCamera)
	}
	return own.camera, nil
}
