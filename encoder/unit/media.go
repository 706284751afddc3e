package unit

// Codec is the coding of a track.
type Codec uint8

// The codings that the box carries. G711A and G711U are 8-bit A-law and µ-law.
const (
	NoCodec Codec = iota
	H264
	H265
	AAC
	Opus
	G711A
	G711U
)

var codecNames = [...]string{"none", "H.264", "H.265", "AAC", "Opus", "G.711 A-law", "G.711 µ-law"}

// String is the codec's name as people write it.
func (c Codec) String() string {
	if int(c) < len(codecNames) {
		return codecNames[c]
	}
	return "unknown codec"
}

// Format is what a receiver must know about a track before its first unit.
type Format struct {
	Codec Codec
	// VPS, SPS and PPS are the latest known parameter sets; they can be nil
	// until the first key unit. VPS is H.265 only.
	VPS, SPS, PPS []byte
	// SampleRate in Hz and Channels are for audio.
	SampleRate int
	Channels   int
	// Config is the AudioSpecificConfig (ISO/IEC 14496-3) of AAC.
	Config []byte
}

// Media describes a source: Video is always present, Audio is nil when the
// source has no sound.
type Media struct {
	Video Format
	Audio *Format
}
