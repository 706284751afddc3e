// Package unit is the access unit: the one media noun that camera, encoder and
// uplink share.
package unit

import "time"

// Track says which of the two elementary streams a unit belongs to.
type Track uint8

// The two tracks of a show.
const (
	Video Track = iota
	Audio
)

// String names the track in log lines.
func (t Track) String() string {
	if t == Audio {
		return "audio"
	}
	return "video"
}

// Unit is one coded access unit: all NAL units of one picture, or one audio
// frame. A unit is shared between goroutines and never modified after it is sent.
type Unit struct {
	// PTS is the presentation time since the epoch that the source was given.
	// Both tracks count on the same timeline; with B-frames video PTS is not
	// monotonic, since units come in decoding order.
	PTS time.Duration
	// Captured is when the box had the whole unit in hand (with monotonic
	// reading), so that age can be told at every later station.
	Captured time.Time
	// Track is the elementary stream of the unit.
	Track Track
	// Key marks a video unit that can be decoded without earlier ones. Its
	// NALUs begin with the parameter sets (SPS and PPS, for H.265 VPS too).
	Key bool
	// NALUs holds the NAL units of a picture without start codes; video only.
	NALUs [][]byte
	// Frame holds one audio frame as the codec's RTP payload format carries
	// it; audio only.
	Frame []byte
}

// Size is the number of payload bytes in the unit.
func (u *Unit) Size() int {
	size := len(u.Frame)
	for _, nalu := range u.NALUs {
		size += len(nalu)
	}
	return size
}

// Sink takes units and never blocks: a full sink drops, and counts what it drops.
type Sink interface {
	Put(*Unit)
}

// SinkFunc lets a function be a Sink.
type SinkFunc func(*Unit)

// Put hands the unit to the function.
func (f SinkFunc) Put(u *Unit) { f(u) }

// Tee hands every unit to each of its sinks in order.
type Tee []Sink

// Put hands the unit to each sink.
func (t Tee) Put(u *Unit) {
	for _, sink := range t {
		sink.Put(u)
	}
}
