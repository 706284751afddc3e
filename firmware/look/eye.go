package look

import (
	"errors"
	"math"
	"time"

	"studiobox/encoder/boxcam"
)

// Eye is what looks can set of the camera's picture.
type Eye struct {
	// Exposes is true where shutter, gain and lock can be set from here.
	Exposes bool
	// OnBox is a camera on the box itself, which also takes a white balance in
	// kelvin and a correction of its automatic exposure: ONVIF knows neither.
	OnBox bool
	// FPS is pictures per second, 0 = not known. No shutter is longer than one.
	FPS int
	// Calm is the shutter at which no lamp here flickers; 0 = there is none.
	Calm time.Duration
}

// What keeps a look of the business's own from being set, with the mend.
var (
	errNoEye = errors.New("white_balance, shutter, gain, exposure and lock need a camera on the box itself, or one with camera.onvif; " +
		"set those of this camera on its own page")
	errNotInONVIF = errors.New("white_balance and exposure are unknown to ONVIF: lock the colours on a grey card, and write shutter and gain")
	errNoCalm     = errors.New(`no shutter is calm here: write studio.prefecture, or studio.mains_hz where a prefecture has both, or take shutter = "calm" out`)
)

// check refuses what the camera cannot be asked for.
func (e Eye) check(l Look) error {
	asks := l.WhiteBalance != 0 || l.Shutter != 0 || l.Gain != 0 || l.Exposure != 0 || l.Lock
	switch {
	case asks && !e.Exposes:
		return errNoEye
	case (l.WhiteBalance != 0 || l.Exposure != 0) && !e.OnBox:
		return errNotInONVIF
	case l.Shutter == Calm && e.Calm == 0:
		return errNoCalm
	}
	colours := e.settle(l).colours()
	return boxcam.Settings{
		Shutter: colours.Shutter, Gain: colours.Gain, WhiteBalance: int(math.Round(colours.WhiteBalance)), Exposure: colours.Exposure,
	}.Check(e.FPS)
}

// fit leaves out what the camera cannot be asked for.
func (e Eye) fit(l Look) Look {
	if !e.OnBox {
		l.WhiteBalance, l.Exposure = 0, 0
	}
	if !e.Exposes {
		l.Shutter, l.Gain, l.Lock = 0, 0, false
	}
	return e.settle(l)
}

// settle makes a time of a calm shutter. Where none is calm the camera chooses.
func (e Eye) settle(l Look) Look {
	if l.Shutter == Calm {
		l.Shutter = Shutter(e.Calm)
	}
	return l
}

// colours are those that the look itself sets.
func (l Look) colours() Colours {
	return Colours{
		WhiteBalance: l.WhiteBalance, Shutter: time.Duration(l.Shutter), Gain: l.Gain, Exposure: l.Exposure, Lock: l.Lock,
	}
}

// over are a grey card's colours, with the look's where the card says nothing.
func (c Colours) over(l Colours) Colours {
	if c.WhiteBalance == 0 && c.Gains == nil {
		c.WhiteBalance = l.WhiteBalance
	}
	if c.Shutter == 0 {
		c.Shutter = l.Shutter
	}
	if c.Gain == 0 {
		c.Gain = l.Gain
	}
	if c.Shutter == 0 || c.Gain == 0 { // else there is no automatic to correct
		c.Exposure = l.Exposure
	}
	c.Lock = l.Lock
	return c
}
