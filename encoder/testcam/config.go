package testcam

import (
	"fmt"
	"net"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
)

// The paths of the two streams, as cameras have them. Sub is always small.
const (
	Main = "main"
	Sub  = "sub"

	subWidth  = 640
	subHeight = 360
	subKbps   = 600
)

// Config says what the camera films and how it serves it.
type Config struct {
	// Address is host:port, "127.0.0.1:0" when empty.
	Address string
	// Listen makes the listener; nil is net.Listen. It is called again with
	// the address of the first one when Off ends.
	Listen func(network, address string) (net.Listener, error)

	// Width and Height of the main stream in pixels, a multiple of 8 and an
	// even number; 0 and 0 is 1280x720. FPS is for both streams, 0 is 25.
	Width, Height, FPS int
	// Kbps is the video rate of the main stream in kbit/s, 0 is 4000.
	Kbps int
	// GOP is the longest time between key frames, 0 is 2 s.
	GOP time.Duration
	// BFrames stand between two reference frames, 0 to 4. Main stream only.
	BFrames int
	// Audio is unit.G711A, unit.G711U or unit.NoCodec.
	Audio unit.Codec

	// Scene tells the table's angle in degrees and the light's level, 0 to 1,
	// at a time. Nil is a table that turns once in twelve seconds.
	Scene func(now time.Time) (angle, light float64)
	// Worker runs GStreamer.
	Worker gst.Worker
	// User and Password are asked for (digest) when User is not empty.
	User, Password string
	// ONVIF adds the service beside RTSP; nil is a camera without.
	ONVIF *ONVIF
}

// fill puts in what is left to the camera.
func (c *Config) fill() {
	if c.Address == "" {
		c.Address = "127.0.0.1:0"
	}
	if c.Listen == nil {
		c.Listen = net.Listen
	}
	if c.Width == 0 && c.Height == 0 {
		c.Width, c.Height = 1280, 720
	}
	if c.FPS == 0 {
		c.FPS = 25
	}
	if c.Kbps == 0 {
		c.Kbps = 4000
	}
	if c.GOP == 0 {
		c.GOP = 2 * time.Second
	}
	if c.Scene == nil {
		c.Scene = func(now time.Time) (angle, light float64) {
			return float64(now.UnixMilli()%12000) / 12000 * 360, 1
		}
	}
}

// profile says what one stream looks like.
type profile struct {
	path          string
	width, height int
	kbps          int
	bFrames       int
}

func (p profile) check(fps int) error {
	switch {
	case p.width%8 != 0 || p.height%2 != 0 || p.width < 160 || p.height < 90 || p.width > 4096 || p.height > 2304:
		return fmt.Errorf("a picture of %dx%d: take 160x90 to 4096x2304, the width a multiple of 8, the height even",
			p.width, p.height)
	case fps < 1 || fps > 120:
		return fmt.Errorf("%d frames per second: take 1 to 120", fps)
	case p.kbps < 50:
		return fmt.Errorf("%d kbit/s: take 50 or more", p.kbps)
	case p.bFrames < 0 || p.bFrames > 4:
		return fmt.Errorf("%d B-frames: take 0 to 4", p.bFrames)
	}
	return nil
}
