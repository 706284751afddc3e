// Package wire is the protocol between the box and its GStreamer worker: a
// 16-byte header and a payload, the same in both directions.
//
//	offset  bytes  meaning (little endian)
//	0       4      payload length, at most MaxPayload
//	4       1      kind
//	5       1      flags
//	6       2      zero
//	8       8      value: a presentation time in ns, a rate, a count, a packed size
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// HeaderSize is the length of a header in bytes.
const HeaderSize = 16

// MaxPayload bounds a payload: a raw 4K picture is 12 MB.
const MaxPayload = 32 << 20

// Version must be the same on both sides; an update of the box that leaves an
// old worker running is refused instead of misread.
const Version = 2

// Kind says what a message is.
type Kind uint8

// The messages. Box to worker: Configure (JSON Config), Unit, Frame, Rate
// (value in kbit/s), Key, Size (value from PackSize), Ping, Skip (value 1 leaves
// pictures out, 0 ends it), Tune (JSON Tuning). Worker to box: Ready (JSON
// Hello), Unit, Frame (payload begins with FrameHead), Taken (value is how many
// units and frames the pipeline has taken in all), Pong, Failed (JSON Failure),
// Report (JSON State of a Capture, Loudness of a Measure). The Units of a Capture job have CLOCK_MONOTONIC for
// time, and Sound among their flags when they are no picture.
const (
	Configure Kind = iota + 1
	Unit
	Frame
	Rate
	Key
	Size
	Ping
	Ready
	Taken
	Pong
	Failed
	Skip
	Tune
	Report
	lastKind = Report
)

// Flags of a Unit on its way to the worker.
const (
	// DecodeOnly units serve as references; no picture of theirs is encoded.
	DecodeOnly uint8 = 1 << iota
	// Restart begins a new stretch: pictures of earlier units are no longer
	// wanted, and the next encoded picture is an IDR.
	Restart
)

// Sound is the flag of a Unit on its way to the box that is a frame of Opus.
const Sound uint8 = 1 << 2

// ErrMalformed is what a reader makes of bytes that are not this protocol.
var ErrMalformed = errors.New("malformed message")

// Header is the fixed part of a message.
type Header struct {
	Kind  Kind
	Flags uint8
	Value int64
	// Size is the payload's length in bytes.
	Size int
}

// put writes the header into b, which has HeaderSize bytes.
func (h Header) put(b []byte) {
	binary.LittleEndian.PutUint32(b[0:], uint32(h.Size))
	b[4], b[5], b[6], b[7] = byte(h.Kind), h.Flags, 0, 0
	binary.LittleEndian.PutUint64(b[8:], uint64(h.Value))
}

// parseHeader reads HeaderSize bytes; the error wraps ErrMalformed.
func parseHeader(b []byte) (Header, error) {
	size := binary.LittleEndian.Uint32(b)
	h := Header{
		Kind:  Kind(b[4]),
		Flags: b[5],
		Value: int64(binary.LittleEndian.Uint64(b[8:])),
		Size:  int(size),
	}
	switch {
	case h.Kind == 0 || h.Kind > lastKind:
		return Header{}, fmt.Errorf("%w: unknown kind %d", ErrMalformed, h.Kind)
	case size > MaxPayload:
		return Header{}, fmt.Errorf("%w: payload of %d bytes", ErrMalformed, size)
	case b[6] != 0 || b[7] != 0:
		return Header{}, fmt.Errorf("%w: reserved bytes are set", ErrMalformed)
	}
	return h, nil
}

// PackSize puts width and height in pixels and frames per second, each 0 to
// 65535, into one header value.
func PackSize(width, height, fps int) int64 {
	return int64(width&0xffff)<<32 | int64(height&0xffff)<<16 | int64(fps&0xffff)
}

// UnpackSize is the reverse of PackSize.
func UnpackSize(v int64) (width, height, fps int) {
	return int(v >> 32 & 0xffff), int(v >> 16 & 0xffff), int(v & 0xffff)
}
