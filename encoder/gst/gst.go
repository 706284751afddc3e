// Package gst encodes, transcodes and decodes video with GStreamer in a child
// process, so that a crash or a hang in a codec never reaches the box itself.
package gst

import (
	"errors"
	"fmt"
	"time"

	"studiobox/encoder/gst/internal/worker"
	"studiobox/encoder/unit"
)

// Backend names the encoder that a machine has.
type Backend string

// The back ends. Auto takes v4l2 where the machine has a hardware encoder
// (Raspberry Pi 4, Zero 2) and x264 elsewhere (PC, Raspberry Pi 5).
const (
	Auto Backend = ""
	X264 Backend = "x264"
	V4L2 Backend = "v4l2"
)

// Settings is what the coded picture shall be like.
type Settings struct {
	// Kbps is the video rate in kbit/s, without packet headers; 0 is 2000.
	Kbps int
	// Width and Height in pixels: both 0 keeps the source's size, one of them
	// 0 follows from the other by the source's shape.
	Width, Height int
	// FPS is the most pictures per second; 0 keeps all.
	FPS int
}

// Worker is the program that runs as the child.
type Worker struct {
	// Command is the argv of a program that calls WorkerMain, for example
	// {"/proc/self/exe", "gst-worker"}.
	Command []string
	// Env is added to the environment, as "NAME=value".
	Env []string
}

// WorkerMain is the whole life of a child: it serves the socket that is its
// file descriptor 3 and returns the exit code of the process.
func WorkerMain() int { return worker.Main() }

// Reasons for a child's end; Run wraps them.
var (
	// ErrHung says that the child stopped answering, or took units for a
	// second and gave no picture; it was killed.
	ErrHung = errors.New("hung")
	// ErrCrashed says that the child ended without being asked.
	ErrCrashed = errors.New("crashed")
)

// MissingError says that a library or an element is not installed.
type MissingError struct {
	Part    string // "libgstapp-1.0.so.0", "x264enc"
	Package string // Debian package that has it
}

// Error names the part and the command that mends it.
func (e *MissingError) Error() string {
	return fmt.Sprintf("GStreamer's %s is missing: apt install %s", e.Part, e.Package)
}

// Stats are the gauges of one transcoder, encoder or decoder, counted since it
// was made.
type Stats struct {
	// Ready is true while a child is up, idle or working.
	Ready bool
	// Backend is the encoder in use, empty before the first child is up.
	Backend Backend
	// PID of the child, 0 without one.
	PID int
	// In and Out are units (or raw pictures) put and given.
	In, Out uint64
	// Dropped were not given to the child: no key frame yet, or it was behind.
	Dropped uint64
	// Skipped were decoded to keep the references whole but not encoded,
	// because they were late or SetSkip was on.
	Skipped uint64
	// Restarts counts the children after the first.
	Restarts int
	// LatencyP50 and LatencyP95 tell how long a picture takes from Put to the
	// sink, over the last 256 pictures.
	LatencyP50, LatencyP95 time.Duration
}

// codecNames are the names of input codecs in the protocol.
func codecName(c unit.Codec) (string, error) {
	switch c {
	case unit.H264:
		return "h264", nil
	case unit.H265:
		return "h265", nil
	}
	return "", fmt.Errorf("cannot decode %v: only H.264 and H.265", c)
}
