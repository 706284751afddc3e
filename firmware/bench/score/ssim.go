package score

import "math"

// Constants of Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment:
// from error visibility to structural similarity", IEEE TIP 13(4), 2004, for 8
// bits: (0.01*255)^2 and (0.03*255)^2.
const (
	ssimC1 = 6.5025
	ssimC2 = 58.5225
)

const (
	block        = 4 // windows of 8x8 lie 4 apart, so that each is four blocks
	blocksAcross = Width / block
	blocksDown   = (Height - Height/stripPart) / block // the number strip is no picture
)

// blockSums are a block's sums of both pictures, of their squares, and of
// their product.
type blockSums struct{ a, b, squares, product int32 }

// ssim is the mean structural similarity of two pictures of Width by Height
// without the number strip, over windows of 8x8 at every fourth pixel.
func ssim(a, b []byte) float64 {
	var rows [2][blocksAcross]blockSums
	total := 0.0
	for y := range blocksDown {
		row, above := &rows[y&1], &rows[y&1^1]
		sumRow(a[y*block*Width:], b[y*block*Width:], row)
		if y == 0 {
			continue
		}
		for x := 1; x < blocksAcross; x++ {
			total += similarity(&row[x-1], &row[x], &above[x-1], &above[x])
		}
	}
	return total / float64((blocksDown-1)*(blocksAcross-1))
}

// sumRow sums up one row of blocks. It is where the scorer spends its time, so
// that the loop over a block is written out.
func sumRow(a, b []byte, row *[blocksAcross]blockSums) {
	*row = [blocksAcross]blockSums{}
	for y := range block {
		one, other := a[y*Width:(y+1)*Width], b[y*Width:(y+1)*Width]
		for x := range row {
			p, q := (*[block]byte)(one[x*block:]), (*[block]byte)(other[x*block:])
			p0, p1, p2, p3 := int32(p[0]), int32(p[1]), int32(p[2]), int32(p[3])
			q0, q1, q2, q3 := int32(q[0]), int32(q[1]), int32(q[2]), int32(q[3])
			s := &row[x]
			s.a += p0 + p1 + p2 + p3
			s.b += q0 + q1 + q2 + q3
			s.squares += p0*p0 + p1*p1 + p2*p2 + p3*p3 + q0*q0 + q1*q1 + q2*q2 + q3*q3
			s.product += p0*q0 + p1*q1 + p2*q2 + p3*q3
		}
	}
}

// similarity is SSIM of the window that four blocks make.
func similarity(w, x, y, z *blockSums) float64 {
	const pixels = 4 * block * block
	meanA := float64(w.a+x.a+y.a+z.a) / pixels
	meanB := float64(w.b+x.b+y.b+z.b) / pixels
	squares := float64(w.squares+x.squares+y.squares+z.squares) / pixels
	product := float64(w.product+x.product+y.product+z.product) / pixels
	means := meanA*meanA + meanB*meanB
	covariance := product - meanA*meanB
	return (2*meanA*meanB + ssimC1) * (2*covariance + ssimC2) /
		((means + ssimC1) * (squares - means + ssimC2))
}

// decibel is -10 log10(1 - mean), at most 60.
func decibel(mean float64) float64 {
	return -10 * math.Log10(max(1-mean, 1e-6))
}
