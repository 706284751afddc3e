// Package showlog keeps the record of a show: what the uplink was told to carry,
// why, and what of it a viewer could see; from it comes the after-show report.
package showlog

import "time"

// Budget is how far behind the camera the viewer is whom the record speaks of.
const Budget = time.Second

// Air is how lately the ingest must have acknowledged media for a show to count
// as on air, as everywhere in this program.
const Air = 2 * time.Second

// NoPicture is the reason while the camera is silent: whatever the line carries,
// there is nothing to see. All other reasons are those of the rate decision.
const NoPicture = "no_picture"

// Entry is one point of the record. There is one a second, and one more at each
// change of reason, of the connection, or of the target by more than a tenth.
// What is counted (Lost, Bytes, Flush, Key, Skip) is of the time since the entry
// before; all else is as it was at this moment.
type Entry struct {
	// At is the box's clock. It may jump; Up, the time since the start of the
	// program, does not, and orders the entries of one show.
	At   time.Time `json:"at"`
	UpMs int64     `json:"up"`
	// Show counts the shows of this box; in a file it is part of its name.
	Show int `json:"-"`

	TargetKbps int `json:"target"`
	// FromKbps is the target of the entry before; 0 = it was the same.
	FromKbps int `json:"from,omitempty"`
	// CapacityKbps is what the line last proved to carry; 0 = unknown.
	CapacityKbps int     `json:"capacity,omitempty"`
	AckedKbps    int     `json:"acked"`
	QueueMs      int     `json:"queue"` // age of the oldest unit that waits
	RTTMs        int     `json:"rtt,omitempty"`
	Loss         float64 `json:"loss,omitempty"` // 0 to 1; UDP only

	SourceKbps int    `json:"source"` // of the camera's video
	OutKbps    int    `json:"out"`    // of the video that is sent
	Mode       string `json:"mode"`   // pass, transcode
	Width      int    `json:"w,omitempty"`
	Height     int    `json:"h,omitempty"`
	FPS        int    `json:"fps,omitempty"` // pictures sent per second

	Reason string `json:"reason"`
	Flush  bool   `json:"flush,omitempty"` // what had waited too long was left out
	Key    bool   `json:"key,omitempty"`   // a key picture was asked for
	Skip   bool   `json:"skip,omitempty"`  // pictures were left out before encoding

	Connected bool `json:"conn,omitempty"`
	OnAir     bool `json:"air,omitempty"` // media acknowledged within Air
	// LostMs is how long nothing new could be shown, see [Step].
	LostMs int `json:"lost,omitempty"`
	// Bytes is what the ingest acknowledged.
	Bytes int64 `json:"bytes,omitempty"`
}

// cut tells whether the entry lowered the target by more than a tenth.
func (e Entry) cut() bool { return e.FromKbps > 0 && e.TargetKbps*10 < e.FromKbps*9 }
