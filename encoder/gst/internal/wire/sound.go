package wire

// The codings of sound that a Measure job takes.
const (
	AAC   = "aac"
	Opus  = "opus"
	G711A = "alaw"
	G711U = "mulaw"
)

// SoundFormat is the sound that goes into a Measure job.
type SoundFormat struct {
	Codec    string `json:"codec"`
	Rate     int    `json:"rate"` // samples a second
	Channels int    `json:"channels"`
	Config   []byte `json:"config"` // AAC's AudioSpecificConfig
}

// Loudness is the body of a Measure job's Report.
type Loudness struct {
	LUFS float64 `json:"lufs"` // of the last 3 s
}
