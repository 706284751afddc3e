package display

import (
	"testing"

	"periph.io/x/devices/v3/ssd1306/image1bit"
)

// modules reads a code of a size back from the panel: true is dark. Around it
// everything must shine.
func modules(t *testing.T, img *image1bit.VerticalLSB, size int) [][]bool {
	t.Helper()
	margin := (half - size*module) / 2
	if margin < 3 {
		t.Fatalf("a margin of %d pixels", margin)
	}
	code := make([][]bool, size)
	for y := range code {
		code[y] = make([]bool, size)
	}
	for y := range half {
		for x := range half {
			dark := !bool(img.BitAt(half+x, y))
			mx, my := x-margin, y-margin
			if mx < 0 || my < 0 || mx >= size*module || my >= size*module {
				if dark {
					t.Fatalf("the margin is dark at %d, %d", x, y)
				}
				continue
			}
			if mx%module == 0 && my%module == 0 {
				code[my/module][mx/module] = dark
			} else if code[my/module][mx/module] != dark {
				t.Fatalf("module %d, %d is not of one colour", mx/module, my/module)
			}
		}
	}
	return code
}

// checkFinders looks for the three squares in the corners (ISO/IEC 18004, 6.3.3):
// rings of dark, light and dark around a dark middle.
func checkFinders(t *testing.T, code [][]bool) {
	t.Helper()
	far := len(code) - 7
	for _, corner := range [][2]int{{0, 0}, {far, 0}, {0, far}} {
		for y := range 7 {
			for x := range 7 {
				ring := max(x-3, 3-x, y-3, 3-y)
				if code[corner[1]+y][corner[0]+x] != (ring != 2) {
					t.Fatalf("no finder at %v", corner)
				}
			}
		}
	}
}

// decode reads the text of a code of version 1 to 3 at level L, whose code words
// stand in one block (ISO/IEC 18004, 7.3 to 7.7). It corrects no errors.
func decode(t *testing.T, code [][]bool) string {
	t.Helper()
	bits := reader{data: codewords(t, code)}
	switch mode := bits.take(4); mode {
	case 2:
		return alphanumeric(&bits)
	case 4:
		var text []byte
		for range bits.take(8) {
			text = append(text, byte(bits.take(8)))
		}
		return string(text)
	default:
		t.Fatalf("mode %d", mode)
		return ""
	}
}

func alphanumeric(bits *reader) string {
	const set = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
	var text []byte
	left := bits.take(9)
	for ; left >= 2; left -= 2 {
		pair := bits.take(11)
		text = append(text, set[pair/45], set[pair%45])
	}
	if left == 1 {
		text = append(text, set[bits.take(6)])
	}
	return string(text)
}

type reader struct {
	data []bool
	at   int
}

func (r *reader) take(n int) (value int) {
	for range n {
		value <<= 1
		if r.data[r.at] {
			value |= 1
		}
		r.at++
	}
	return value
}

// codewords walks the columns of pairs from the right, up and down, past what is
// no data, and takes the mask off.
func codewords(t *testing.T, code [][]bool) (bits []bool) {
	t.Helper()
	size, mask := len(code), maskOf(t, code)
	up := true
	for right := size - 1; right > 0; right -= 2 {
		if right == 6 { // the timing column
			right--
		}
		for i := range size {
			y := i
			if up {
				y = size - 1 - i
			}
			for _, x := range []int{right, right - 1} {
				if !reserved(size, x, y) {
					bits = append(bits, code[y][x] != mask(x, y))
				}
			}
		}
		up = !up
	}
	return bits
}

// maskOf reads the format beside the upper left finder: two bits of level, three
// of mask, under their own mask 10101.
func maskOf(t *testing.T, code [][]bool) func(x, y int) bool {
	t.Helper()
	format := 0
	for x := range 5 {
		format <<= 1
		if code[8][x] {
			format |= 1
		}
	}
	format ^= 0b10101
	if format>>3 != 0b01 {
		t.Fatalf("level %02b, want L", format>>3)
	}
	if format&7 != 0 {
		t.Fatalf("mask %d", format&7) // the encoder knows no other
	}
	return func(x, y int) bool { return (x+y)%2 == 0 }
}

// reserved is true for finders, formats, timing and the alignment square.
func reserved(size, x, y int) bool {
	finder := x < 9 && y < 9 || x >= size-8 && y < 9 || x < 9 && y >= size-8
	alignment := size > 21 && x >= size-9 && x < size-4 && y >= size-9 && y < size-4
	return finder || alignment || x == 6 || y == 6
}
