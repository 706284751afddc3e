// Package choose follows the line without an encoder: it passes one of a
// camera's own streams and changes over between them at key units.
package choose

import (
	"time"

	"studiobox/encoder/unit"
)

// Stream is one of the two streams that a camera makes of the same picture.
type Stream uint8

// Main is the large picture, Sub the small one.
const (
	Main Stream = iota
	Sub
	streams = 2
)

// String names the stream as cameras do.
func (s Stream) String() string {
	if s == Sub {
		return "sub"
	}
	return "main"
}

func (s Stream) other() Stream { return 1 - s }

// Line is what a rate controller says of the line.
type Line struct {
	// Kbps is the rate that the line allows the picture; 0 = not known.
	Kbps int
	// Full says that the line carries less than is sent.
	Full bool
	// Shaped says that a transcoder makes that rate out of the main stream, so
	// that there is nothing to choose.
	Shaped bool
}

// Config holds the chooser's constants; zero values mean the defaults.
type Config struct {
	// Down is the share of the target that the main stream may take before it
	// has to go, Up the share that it may take to come back. Defaults 0.9
	// and 0.75: the room between them is what keeps the choice from flapping.
	Down, Up float64
	// DownAfter is how long the main stream must have been too wide; a target
	// that dips for a moment is no reason. Default 300 ms.
	DownAfter time.Duration
	// UpAfter is the dwell: how long the target must have had room for the main
	// stream, and the sub stream have been on, before the way up. Default 5 s.
	UpAfter time.Duration
	// TryAfter is when the main stream is first tried although the target has
	// not promised room for it, see policy. It doubles with each try that
	// fails, up to TryMost. Defaults 8 s and 4 min.
	TryAfter, TryMost time.Duration
	// ReleaseAfter is how long the way up must have been out of reach before the
	// main stream is no longer pulled. Default 10 s.
	ReleaseAfter time.Duration
}

func (c Config) withDefaults() Config {
	for _, f := range []struct {
		value    *float64
		fallback float64
	}{{&c.Down, 0.9}, {&c.Up, 0.75}} {
		if *f.value == 0 {
			*f.value = f.fallback
		}
	}
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&c.DownAfter, 300 * time.Millisecond},
		{&c.UpAfter, 5 * time.Second},
		{&c.TryAfter, 8 * time.Second},
		{&c.TryMost, 4 * time.Minute},
		{&c.ReleaseAfter, 10 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
	}
	return c
}

// Reason is the code of why a stream was chosen.
type Reason string

// The reasons.
const (
	// Best: the main stream, since nothing speaks against it.
	Best Reason = "best"
	// TooWide: the main stream exceeds its share of the target.
	TooWide Reason = "too_wide"
	// Room: the target has had room for the main stream for long enough.
	Room Reason = "room"
	// Try: the target does not rise while little flows, so the main stream is tried.
	Try Reason = "try"
	// TryFailed: the line did not carry what was tried.
	TryFailed Reason = "try_failed"
	// Shaped: a transcoder shapes the main stream.
	Shaped Reason = "shaped"
	// OnlyOne: the other stream gives no pictures that could be sent.
	OnlyOne Reason = "only_one"
)

// Stats are the chooser's gauges.
type Stats struct {
	// Chosen is the stream whose pictures go out, Wish the one that they shall
	// come from as of its next key unit, and Reason why.
	Chosen, Wish Stream
	Reason       Reason
	// Kbps are the streams' video rates, as last known.
	Kbps [streams]int
	// TargetKbps is what the line allows the picture; 0 = not known.
	TargetKbps int
	// MainWanted is false while the main stream need not be pulled.
	MainWanted bool
	// Sound is the stream that the sound comes from; meaningless without sound.
	Sound Stream
	// Changes counts the changeovers.
	Changes int
	// Codec is what the pictures of this session are coded in.
	Codec unit.Codec
}
