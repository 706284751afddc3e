package score

// The number strip is the lowest fifteenth of the picture, cut into 40 cells:
// four of known levels, 16 of the number in Gray code (one cell changes from
// frame to frame), 16 of its check sum, four of known levels. At 640x360 a cell
// is 16x24 and lies on the encoder's macroblocks.
const (
	cells      = 40
	markCells  = 4
	numberBits = 16
	checkBits  = 16
	stripPart  = 15 // the strip's height is the picture's divided by this

	// Levels keep away from both ends so that ringing is not clipped.
	dark, bright = 40, 215
	// minContrast is what must be left between dark and bright, and
	// clearPart the part of it that a cell must keep from the middle.
	minContrast = 60
	clearPart   = 6
)

// MaxNumber is the greatest frame number that the strip can hold.
const MaxNumber = 1<<numberBits - 1

// The known cells at both ends: neither mirrored nor inverted they are the same.
const (
	leftMark  = 0b1010
	rightMark = 0b0011
)

// PaintNumber writes frame number n, 0 to MaxNumber, into the number strip of
// a luma plane. Chroma is left alone.
func PaintNumber(luma []byte, stride, width, height, n int) {
	code := codeOf(uint16(n))
	for y := stripTop(height); y < height; y++ {
		row := luma[y*stride : y*stride+width]
		for x := range row {
			level := byte(dark)
			if code>>(cells-1-x*cells/width)&1 == 1 {
				level = bright
			}
			row[x] = level
		}
	}
}

// ReadNumber reads the frame number that PaintNumber wrote, after any coding
// and at any size of at least 160x90. It is false where a cell is unclear or
// the check sum is wrong; of random cells one strip in 2^24 passes.
func ReadNumber(luma []byte, stride, width, height int) (n int, ok bool) {
	if width < 4*cells || height < 6*stripPart {
		return 0, false
	}
	var means [cells]int
	for i := range means {
		means[i] = cellMean(luma, stride, width, height, i)
	}
	middle, contrast := levels(means)
	if contrast < minContrast {
		return 0, false
	}
	var code uint64
	for _, mean := range means {
		off := mean - middle
		if max(off, -off)*clearPart < contrast {
			return 0, false
		}
		code <<= 1
		if off > 0 {
			code |= 1
		}
	}
	number := fromGray(uint16(code >> (markCells + checkBits)))
	return int(number), code == codeOf(number)
}

// cellMean is the mean level of a cell's middle, a quarter of it all around
// left out for the encoder's smear.
func cellMean(luma []byte, stride, width, height, cell int) int {
	top := stripTop(height)
	tall := height - top
	left, right := (4*cell+1)*width/(4*cells), (4*cell+3)*width/(4*cells)
	sum, count := 0, 0
	for y := top + tall/4; y < top+tall*3/4; y++ {
		for _, level := range luma[y*stride+left : y*stride+right] {
			sum += int(level)
		}
		count += right - left
	}
	return sum / count
}

// levels takes the middle between dark and bright, and how far apart they are,
// from the known cells.
func levels(means [cells]int) (middle, contrast int) {
	var sum, count [2]int
	for i := range markCells {
		for _, known := range [2]struct{ mark, cell int }{{leftMark, i}, {rightMark, cells - markCells + i}} {
			bit := known.mark >> (markCells - 1 - i) & 1
			sum[bit] += means[known.cell]
			count[bit]++
		}
	}
	low, high := sum[0]/count[0], sum[1]/count[1]
	return (low + high) / 2, high - low
}

// codeOf is the whole strip, the leftmost cell being the highest of 40 bits.
func codeOf(number uint16) uint64 {
	gray := number ^ number>>1
	code := uint64(leftMark)<<numberBits | uint64(gray)
	code = code<<checkBits | uint64(checksum(gray))
	return code<<markCells | rightMark
}

func fromGray(gray uint16) uint16 {
	for shift := 1; shift < numberBits; shift *= 2 {
		gray ^= gray >> shift
	}
	return gray
}

// checksum is CRC-16 with the polynomial of DNP3 (IEEE 1815), which keeps two
// words of this length at least six cells apart: up to five wrong ones are
// found for certain.
func checksum(word uint16) uint16 {
	const polynomial = 0x3d65
	sum := word ^ 0xffff
	for range numberBits {
		carry := sum >> 15
		sum = sum<<1 ^ carry*polynomial
	}
	return sum
}

func stripTop(height int) int { return height - height/stripPart }
