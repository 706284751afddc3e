package wire

import "encoding/binary"

// The jobs of a worker.
const (
	Transcode = "transcode"
	Encode    = "encode"
	Decode    = "decode"
	Capture   = "capture"
	Measure   = "measure"
)

// Config is the first message to a worker.
type Config struct {
	Version int    `json:"version"`
	Job     string `json:"job"`   // Transcode, Encode, Decode, Capture or Measure
	Codec   string `json:"codec"` // of the input: "h264" or "h265"
	// Backend is "x264", "v4l2", or empty for what the machine has.
	Backend string `json:"backend"`
	Kbps    int    `json:"kbps"`
	Width   int    `json:"width"`  // of the output, 0 as the source; of the input for Encode
	Height  int    `json:"height"` // likewise
	FPS     int    `json:"fps"`    // at most, 0 as the source; of the input for Encode
	// KeyMs is the longest time between two key frames, in ms.
	KeyMs   int `json:"keyMs"`
	BFrames int `json:"bframes"` // Encode only
	// Camera is for Capture only.
	Camera *Camera `json:"camera,omitempty"`
	// Sound is for Measure only.
	Sound *SoundFormat `json:"sound,omitempty"`
}

// Hello is what a worker says when its pipelines run.
type Hello struct {
	Version   int    `json:"version"`
	GStreamer string `json:"gstreamer"` // "1.22.0"
	Backend   string `json:"backend"`   // empty for Decode
}

// Failure is a worker's last word.
type Failure struct {
	Text string `json:"text"`
	// Part and Package are set when an installation mends it.
	Part    string `json:"part,omitempty"`
	Package string `json:"package,omitempty"`
}

// FrameHead is the length of what goes before the pixels of a Frame that the
// worker sends: width and height as two 32-bit numbers.
const FrameHead = 8

// PutFrameHead writes width and height in pixels.
func PutFrameHead(b []byte, width, height int) {
	binary.LittleEndian.PutUint32(b, uint32(width))
	binary.LittleEndian.PutUint32(b[4:], uint32(height))
}

// ParseFrameHead reads width and height, and reports false when b is not a
// whole I420 picture of that size.
func ParseFrameHead(b []byte) (width, height int, ok bool) {
	if len(b) < FrameHead {
		return 0, 0, false
	}
	w, h := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	if w == 0 || h == 0 || w > 0xffff || h > 0xffff {
		return 0, 0, false
	}
	width, height = int(w), int(h)
	return width, height, len(b)-FrameHead == I420Size(width, height)
}

// I420Size is the number of bytes of a picture in I420 without padding: a full
// plane of luma and two of chroma, each with half the width and height,
// rounded up.
func I420Size(width, height int) int {
	return width*height + 2*((width+1)/2)*((height+1)/2)
}
