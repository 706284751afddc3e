package score

import (
	"math/bits"
	"math/rand/v2"
	"testing"
)

func TestEveryNumberIsReadBackAtEverySize(t *testing.T) {
	for _, size := range [][2]int{{640, 360}, {426, 240}, {428, 240}, {320, 180}, {160, 90}, {1280, 720}} {
		width, height := size[0], size[1]
		stride := width + 32
		luma := make([]byte, stride*height)
		for n := 0; n <= MaxNumber; n += 251 {
			PaintNumber(luma, stride, width, height, n)
			if got, ok := ReadNumber(luma, stride, width, height); !ok || got != n {
				t.Fatalf("%dx%d: painted %d, read %d (%t)", width, height, n, got, ok)
			}
		}
	}
}

func TestPaintingTouchesNothingOutsideTheStrip(t *testing.T) {
	const stride, width, height = 704, 640, 360
	luma := make([]byte, stride*height)
	PaintNumber(luma, stride, width, height, 12345)
	for at, level := range luma {
		x, y := at%stride, at/stride
		if inside := x < width && y >= height-24; inside != (level != 0) {
			t.Fatalf("level %d at %d,%d", level, x, y)
		}
	}
}

func TestTwoNumbersAreAtLeastSixCellsApart(t *testing.T) {
	// The code is affine, so that the distances from one word are the distances of all.
	for n := 1; n <= MaxNumber; n++ {
		if apart := bits.OnesCount64(codeOf(0) ^ codeOf(uint16(n))); apart < 6 {
			t.Fatalf("0 and %d are %d cells apart", n, apart)
		}
	}
}

// A decoder that conceals a loss shows some cells of one picture and some of
// another one.
func TestAMixtureOfTwoNumbersIsNeverAThird(t *testing.T) {
	const width, height = 320, 180
	random := rand.New(rand.NewPCG(1, 2))
	one, other := make([]byte, width*height), make([]byte, width*height)
	for range 3000 {
		n := random.IntN(MaxNumber - 60)
		m := n + 1 + random.IntN(60)
		PaintNumber(one, width, width, height, n)
		PaintNumber(other, width, width, height, m)
		for cell := range cells {
			if random.IntN(2) == 0 {
				for y := stripTop(height); y < height; y++ {
					copy(one[y*width+cell*8:][:8], other[y*width+cell*8:][:8])
				}
			}
		}
		if got, ok := ReadNumber(one, width, width, height); ok && got != n && got != m {
			t.Fatalf("a mixture of %d and %d reads as %d", n, m, got)
		}
	}
}

func TestPicturesWithoutANumberHaveNone(t *testing.T) {
	const width, height = 320, 180
	random := rand.New(rand.NewPCG(3, 4))
	luma := make([]byte, width*height)
	paints := map[string]func(x, y int) byte{
		"black":    func(_, _ int) byte { return 16 },
		"gradient": func(x, _ int) byte { return byte(x * 255 / width) },
		"noise":    func(_, _ int) byte { return byte(random.Uint32()) },
		"stripes":  func(x, _ int) byte { return byte(x / 8 % 2 * 255) },
		"mirrored": nil,
		"inverted": nil,
	}
	for name, paint := range paints {
		PaintNumber(luma, width, width, height, 1000)
		for y := range height {
			row := luma[y*width : (y+1)*width]
			for x := range row {
				switch {
				case paint != nil:
					row[x] = paint(x, y)
				case name == "inverted":
					row[x] = 255 - row[x]
				case x < width/2:
					row[x], row[width-1-x] = row[width-1-x], row[x]
				}
			}
		}
		if n, ok := ReadNumber(luma, width, width, height); ok {
			t.Errorf("%s reads as %d", name, n)
		}
	}
}

func TestAnUnclearCellMakesTheNumberUnreadable(t *testing.T) {
	const width, height = 640, 360
	luma := make([]byte, width*height)
	for _, level := range []byte{110, 127, 145} {
		PaintNumber(luma, width, width, height, 77)
		for y := stripTop(height); y < height; y++ {
			for x := 16 * 9; x < 16*10; x++ {
				luma[y*width+x] = level
			}
		}
		if n, ok := ReadNumber(luma, width, width, height); ok {
			t.Errorf("a cell at level %d: reads as %d", level, n)
		}
	}
}
