package main

import "fmt"

// film is what the host has measured of the pictures that reached the ingest; its
// camerafilm.go writes it.
type film struct {
	Units         int
	Width, Height int
	Pictures      int
	FPS           float64
	Bars          [8][3]int
	Changed       int
}

// barColours are vivid's test picture: colour bars of 75 % (ITU-R BT.1729), from
// white to black, as red, green and blue of 255.
var barColours = [8][3]int{
	{191, 191, 191}, {191, 191, 0}, {0, 191, 191}, {0, 191, 0},
	{191, 0, 191}, {191, 0, 0}, {0, 0, 191}, {0, 0, 0},
}

// offColour is how far a bar may be from its colour: a coder's loss, and matrices
// of two standards, are less; bars that are swapped are more.
const offColour = 40

// judge fails when the pictures are not those of the camera.
func (f film) judge() error {
	switch {
	case f.Width != ownWidth || f.Height != ownHeight:
		return fmt.Errorf("pictures of %dx%d arrive, the camera was asked for %dx%d", f.Width, f.Height, ownWidth, ownHeight)
	case f.Pictures != f.Units:
		return fmt.Errorf("%d coded pictures arrived, and ffmpeg decodes %d of them", f.Units, f.Pictures)
	// The clock in vivid's picture counts milliseconds: each one is another.
	case f.Changed*10 < (f.Pictures-1)*9:
		return fmt.Errorf("the picture stands still: of %d pictures %d differ from the one before", f.Pictures, f.Changed)
	}
	for n, want := range barColours {
		for c := range want {
			if max(f.Bars[n][c], want[c])-min(f.Bars[n][c], want[c]) > offColour {
				return fmt.Errorf("bar %d of the test picture is %v, want %v (red, green, blue); all: %v", n+1, f.Bars[n], want, f.Bars)
			}
		}
	}
	if f.FPS < ownRate/2 || f.FPS > ownRate+1 {
		return fmt.Errorf("%w: %.1f pictures a second by their own times, the camera was asked for %d", errLate, f.FPS, ownRate)
	}
	return nil
}

// String tells what was seen.
func (f film) String() string {
	return fmt.Sprintf("%d pictures of %dx%d at %.1f a second decode, %d differ from the one before, the eight bars have their colours",
		f.Pictures, f.Width, f.Height, f.FPS, f.Changed)
}
