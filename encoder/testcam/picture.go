// Package testcam is a virtual RTSP camera: it films a ring on a turntable,
// burns frame number and time into the picture and serves it like a real one.
package testcam

import "fmt"

// Picture is one frame in planar 8-bit YUV 4:2:0, limited range, its planes
// side by side in one slice as encoders take them.
type Picture struct {
	Width, Height int
	Y, U, V       []byte
}

// mostSide keeps sizes that somebody sent from overflowing.
const mostSide = 16384

// SizeI420 is the number of bytes of one frame.
func SizeI420(width, height int) int { return width * height * 3 / 2 }

// ViewI420 lays a Picture over the bytes of a frame; both sides must be even
// and the slice have exactly SizeI420 bytes.
func ViewI420(i420 []byte, width, height int) (Picture, error) {
	if width <= 0 || height <= 0 || width > mostSide || height > mostSide || width%2 != 0 || height%2 != 0 {
		return Picture{}, fmt.Errorf("picture of %dx%d: both sides must be even, 2 to %d", width, height, mostSide)
	}
	if len(i420) != SizeI420(width, height) {
		return Picture{}, fmt.Errorf("picture of %dx%d has %d bytes, want %d", width, height, len(i420), SizeI420(width, height))
	}
	luma, chroma := width*height, width*height/4
	return Picture{
		Width: width, Height: height,
		Y: i420[:luma],
		U: i420[luma : luma+chroma],
		V: i420[luma+chroma:],
	}, nil
}
