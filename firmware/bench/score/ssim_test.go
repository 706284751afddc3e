package score

import (
	"math"
	"math/rand/v2"
	"testing"
)

func flat(level byte) []byte {
	picture := make([]byte, pictureBytes)
	for i := range picture {
		picture[i] = level
	}
	return picture
}

func TestSSIMOfAPictureWithItselfIsOne(t *testing.T) {
	picture := flat(0)
	film(picture, 5)
	if got := ssim(picture, picture); math.Abs(got-1) > 1e-12 {
		t.Errorf("SSIM = %v", got)
	}
}

func TestSSIMOfFlatPicturesIsTheirLuminanceTermAlone(t *testing.T) {
	want := (2*100*50 + ssimC1) / (100*100 + 50*50 + ssimC1)
	if got := ssim(flat(100), flat(50)); math.Abs(got-want) > 1e-12 {
		t.Errorf("SSIM = %v, want %v", got, want)
	}
}

func TestSSIMIsTheFormulaOnEveryWindow(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	a, b := make([]byte, pictureBytes), make([]byte, pictureBytes)
	for i := range a {
		a[i] = byte(random.Uint32())
		b[i] = byte(min(255, int(a[i])/2+random.IntN(60)))
	}
	sum, count := 0.0, 0
	for y := 0; y+8 <= Height*14/15; y += 4 {
		for x := 0; x+8 <= Width; x += 4 {
			sum += plainSSIM(a, b, x, y)
			count++
		}
	}
	if got, want := ssim(a, b), sum/float64(count); math.Abs(got-want) > 1e-9 {
		t.Errorf("SSIM = %v, want %v", got, want)
	}
}

// plainSSIM is one window of 8x8 straight from the paper.
func plainSSIM(a, b []byte, x, y int) float64 {
	var meanA, meanB, varA, varB, cov float64
	each := func(visit func(p, q float64)) {
		for dy := range 8 {
			for dx := range 8 {
				at := (y+dy)*Width + x + dx
				visit(float64(a[at]), float64(b[at]))
			}
		}
	}
	each(func(p, q float64) { meanA += p / 64; meanB += q / 64 })
	each(func(p, q float64) {
		varA += (p - meanA) * (p - meanA) / 64
		varB += (q - meanB) * (q - meanB) / 64
		cov += (p - meanA) * (q - meanB) / 64
	})
	return (2*meanA*meanB + ssimC1) * (2*cov + ssimC2) / ((meanA*meanA + meanB*meanB + ssimC1) * (varA + varB + ssimC2))
}

func TestTheNumberStripIsNoPartOfThePicture(t *testing.T) {
	a, b := flat(80), flat(80)
	PaintNumber(a, Width, Width, Height, 1)
	PaintNumber(b, Width, Width, Height, 60000)
	if got := ssim(a, b); got != 1 {
		t.Errorf("SSIM = %v", got)
	}
}

func TestDecibelsOfSSIM(t *testing.T) {
	for mean, want := range map[float64]float64{0: 0, 0.9: 10, 0.99: 20, 1: 60} {
		if got := decibel(mean); math.Abs(got-want) > 1e-6 {
			t.Errorf("%v is %v dB, want %v", mean, got, want)
		}
	}
}

func BenchmarkSSIM(b *testing.B) {
	one, other := flat(0), flat(0)
	film(one, 1)
	film(other, 2)
	for b.Loop() {
		ssim(one, other)
	}
}
