package display

import (
	"fmt"
	"image"
	"net/url"
	"strconv"
	"time"

	"periph.io/x/devices/v3/ssd1306/image1bit"
	"rsc.io/qr"
)

// The panel in pixels; its right half is the code's.
const (
	width  = 128
	height = 64
	half   = width / 2
	// columns is how many letters stand beside the code.
	columns = half / cellWidth
)

// Screen is what a display shows.
type Screen struct {
	// State is the word for how the show stands: ASCII, at most 20 letters, in
	// two rows of ten. It is shown in capitals, "_" as a space.
	State string
	// RateKbps is what goes out, in kbit/s, 0 to 99,999; below 0 = nothing to say.
	RateKbps int
	// Elapsed is how long the show has been on air, shown beside a rate while it is
	// above 0. Its seconds also tell a panel that is at work from one whose box
	// hangs, and which goes on showing what it was told last.
	Elapsed time.Duration
	// Address is where the box's page is, at most 53 bytes, as a code for phones
	// and, as far as 20 letters go, its host in text; empty = no address yet.
	Address string
}

// draw returns the pixels of a screen. An address that makes no readable code
// is an error; all the rest is drawn nevertheless.
func draw(s Screen) (*image1bit.VerticalLSB, error) {
	img := image1bit.NewVerticalLSB(image.Rect(0, 0, width, height))
	write(img, 0, s.State, 2)
	if s.RateKbps >= 0 {
		drawLarge(img, 18, strconv.Itoa(min(s.RateKbps, 99_999)))
		write(img, 34, unitRow(s.Elapsed), 1)
	}
	write(img, height-2*cellHeight, host(s.Address), 2)
	if s.Address == "" {
		return img, nil
	}
	code, err := encode(s.Address)
	if err != nil {
		return img, err
	}
	drawCode(img, code)
	return img, nil
}

// unitRow is the row below the rate, ten letters wide.
func unitRow(elapsed time.Duration) string {
	if elapsed <= 0 {
		return "kbit/s"
	}
	seconds := int(elapsed.Seconds())
	return fmt.Sprintf("kb/s%6s", fmt.Sprintf("%d:%02d", min(seconds/60, 999), seconds%60))
}

// host is the part of an address that people can type.
func host(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return address
}

// write sets letters in rows of ten from a height downwards.
func write(img *image1bit.VerticalLSB, y int, text string, rows int) {
	for i := range min(len(text), rows*columns) {
		put(img, i%columns*cellWidth, y+i/columns*cellHeight, 1, text[i])
	}
}

// drawLarge sets up to five digits in double size.
func drawLarge(img *image1bit.VerticalLSB, y int, digits string) {
	for i := range len(digits) {
		put(img, i*2*cellWidth, y, 2, digits[i])
	}
}

// put sets one letter, its pixels scale by scale large.
func put(img *image1bit.VerticalLSB, x, y, scale int, letter byte) {
	if letter == '_' {
		letter = ' '
	}
	for row, bits := range glyph(letter) {
		for col := range cellWidth - 1 {
			if bits&(0x10>>col) != 0 {
				fill(img, x+col*scale, y+row*scale, scale, image1bit.On)
			}
		}
	}
}

func fill(img *image1bit.VerticalLSB, x, y, size int, bit image1bit.Bit) {
	for dy := range size {
		for dx := range size {
			img.SetBit(x+dx, y+dy, bit)
		}
	}
}

const (
	// module is the side of one of the code's squares in pixels: on a panel of an
	// inch, single pixels are too fine for phones.
	module = 2
	// largest is the size in modules of a version 3 code, the last that leaves a
	// light margin of one and a half modules. ISO/IEC 18004 wants four; the dark
	// frame of the panel is further away than readers look.
	largest = 29
)

func encode(address string) (*qr.Code, error) {
	code, err := qr.Encode(address, qr.L)
	if err != nil || code.Size > largest {
		return nil, fmt.Errorf("display: an address of %d bytes makes a code too fine for %d rows: give at most 53", len(address), height)
	}
	return code, nil
}

// drawCode draws dark on light, as readers expect: the panel shines where the
// code is white.
func drawCode(img *image1bit.VerticalLSB, code *qr.Code) {
	fill(img, half, 0, half, image1bit.On)
	margin := (half - code.Size*module) / 2
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fill(img, half+margin+x*module, margin+y*module, module, image1bit.Off)
			}
		}
	}
}
