// Package shape lets the camera's own units pass untouched while they fit the
// line, and changes over to a transcoder and back without a break in the stream.
package shape

import (
	"time"

	"studiobox/encoder/unit"
)

// Transcoder makes units of another rate from the camera's. Its methods never
// block, and it gives its units out from a goroutine of its own, never from
// within a call of these.
type Transcoder interface {
	// Put feeds a unit that follows the one before.
	Put(*unit.Unit)
	// Prime begins a new stretch. The units are decoded as references, and
	// nothing comes out for them; the next unit put comes out as a key unit.
	Prime([]*unit.Unit)
	// SetKbps changes the rate of what comes out.
	SetKbps(int)
}

// Worker is the transcoder's other side: whether it lives, and its key frames.
type Worker interface {
	Ready() bool
	ForceKey()
}

// Picture is the transcoder's third side: which pictures it makes.
type Picture interface {
	// SetSize changes width and height in pixels, both 0 = those of the
	// source, and the most pictures per second, 0 = all.
	SetSize(width, height, fps int)
	// SetSkip leaves pictures out before they are encoded.
	SetSkip(bool)
}

// Config holds the shaper's constants; zero values mean the defaults.
type Config struct {
	// Picture, commonly the transcoder again, is told size, frame rate and
	// what to leave out. Nil leaves the source's size and all of its pictures.
	Picture Picture
	// Margin is by what factor the target must exceed the camera's rate for
	// its units to pass. Default 1.15.
	Margin float64
	// HandBackAfter is how long the target must have had that room before
	// the camera's own units pass again. Default 5 s.
	HandBackAfter time.Duration
	// KeyPatience is how far off the camera's next key frame may be before
	// the transcoder takes over to make one that ForceKey asked for, since a
	// camera cannot be asked for one over RTSP. Default 1 s.
	KeyPatience time.Duration
	// ForceTranscode never lets the camera's units pass.
	ForceTranscode bool
	// PassH265 says that the ingest takes H.265. Such a source then passes
	// always, whatever the target: a session's codec cannot change. Without
	// it an H.265 source is always transcoded (to H.264).
	PassH265 bool
}

func (c Config) withDefaults() Config {
	if c.Margin == 0 {
		c.Margin = 1.15
	}
	if c.HandBackAfter == 0 {
		c.HandBackAfter = 5 * time.Second
	}
	if c.KeyPatience == 0 {
		c.KeyPatience = time.Second
	}
	return c
}

// Stats are the shaper's gauges. Rates are means over 2 s of the camera's time.
type Stats struct {
	// Mode is "pass" or "transcode": whose units go out.
	Mode string
	// SourceKbps is the camera's video rate, OutKbps that of what goes out.
	SourceKbps, OutKbps int
	// TargetKbps is the rate that was asked for, 0 = none yet.
	TargetKbps int
	// Width, Height and FPS are of what goes out, 0 until known.
	Width, Height, FPS int
	// TakeOvers and HandBacks count the changes; GivenUp counts take-overs
	// that the transcoder did not come to.
	TakeOvers, HandBacks, GivenUp int
}
