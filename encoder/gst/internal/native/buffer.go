package native

import (
	"time"
	"unsafe"
)

// none is GST_CLOCK_TIME_NONE.
const none = ^uint64(0)

// formatTime is GST_FORMAT_TIME.
const formatTime = 3

// cMiniObject mirrors GstMiniObject on 64-bit systems.
type cMiniObject struct {
	kind                uintptr
	refs, lock          int32
	flags               uint32
	copy, dispose, free uintptr
	privateUint         uint32
	private             uintptr
}

// cBuffer mirrors GstBuffer on 64-bit systems, as far as its times. It is the
// only structure of GStreamer whose layout is relied on: its times have no
// accessor functions. GStreamer 1 has kept it since 2012, and checkLayout
// proves it at every start.
type cBuffer struct {
	cMiniObject
	pool     uintptr
	pts, dts uint64
	duration uint64
}

// Block is memory of C that is filled from Go and then given to a pipeline, so
// that bytes from the socket are copied only once.
type Block struct {
	lib  *Library
	data memory
	size int
}

// NewBlock makes a block of size bytes. It must be given away with Buffer, or
// freed.
func (l *Library) NewBlock(size int) *Block {
	return &Block{lib: l, data: l.malloc(uintptr(max(size, 1))), size: size}
}

// Bytes is the block's memory; it is invalid after Buffer and Free.
func (b *Block) Bytes() []byte { return unsafe.Slice((*byte)(b.data), b.size) }

// Free gives the memory back.
func (b *Block) Free() { b.lib.free(b.data) }

// Buffer turns the block into a buffer with a presentation time; the block
// must not be used any more.
func (b *Block) Buffer(pts time.Duration) *Buffer {
	c := b.lib.bufferNewWrapped(b.data, uintptr(b.size))
	(*cBuffer)(c).pts = uint64(pts)
	return &Buffer{lib: b.lib, c: c}
}

// Buffer is one reference to a GstBuffer. It must be pushed or freed.
type Buffer struct {
	lib *Library
	c   boxed
}

// Free gives the reference back.
func (b *Buffer) Free() { b.lib.miniObjectUnref(b.c) }

// Sample is what an appsink gives: a buffer with its format and its time. It
// must be freed.
type Sample struct {
	lib *Library
	c   boxed
}

// Free gives the reference back.
func (s *Sample) Free() { s.lib.miniObjectUnref(s.c) }

// PTS is the presentation time on the timeline of what was pushed into the
// pipeline. Encoders shift times to have room for negative ones and say so in
// the segment; this takes the shift back. It is negative when there is none.
func (s *Sample) PTS() time.Duration {
	buffer := s.lib.sampleGetBuffer(s.c)
	if buffer == nil {
		return -1
	}
	pts := (*cBuffer)(buffer).pts
	if pts == none {
		return -1
	}
	running := s.lib.segmentRunningTime(s.lib.sampleGetSegment(s.c), formatTime, pts)
	if running == none {
		return -1
	}
	return time.Duration(running)
}

// Size is the length of the data in bytes.
func (s *Sample) Size() int {
	buffer := s.lib.sampleGetBuffer(s.c)
	if buffer == nil {
		return 0
	}
	return int(s.lib.bufferGetSize(buffer))
}

// CopyTo fills p from the sample's data and returns how much there was.
func (s *Sample) CopyTo(p []byte) int {
	buffer := s.lib.sampleGetBuffer(s.c)
	if buffer == nil || len(p) == 0 {
		return 0
	}
	return int(s.lib.bufferExtract(buffer, 0, memory(&p[0]), uintptr(len(p))))
}

// Buffer returns another reference to the data, which is not copied.
func (s *Sample) Buffer() *Buffer {
	buffer := s.lib.sampleGetBuffer(s.c)
	s.lib.miniObjectRef(buffer)
	return &Buffer{lib: s.lib, c: buffer}
}

// Caps is the sample's format.
func (s *Sample) Caps() Caps { return Caps{lib: s.lib, c: s.lib.sampleGetCaps(s.c)} }

// Caps is a format. It is valid as long as the sample it came from, unless
// Kept.
type Caps struct {
	lib *Library
	c   boxed
}

// Same tells whether both are the very same object, which is how an unchanged
// format is known without comparing it.
func (c Caps) Same(other Caps) bool { return c.c == other.c }

// Keep makes the format valid until Free, so that no other can get its address.
func (c Caps) Keep() Caps {
	if c.c != nil {
		c.lib.miniObjectRef(c.c)
	}
	return c
}

// Free gives back what Keep took.
func (c Caps) Free() {
	if c.c != nil {
		c.lib.miniObjectUnref(c.c)
	}
}

// String is the format in GStreamer's own notation.
func (c Caps) String() string {
	if c.c == nil {
		return ""
	}
	return c.lib.takeString(c.lib.capsToString(c.c))
}
