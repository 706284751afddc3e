package testcam

// stripContrast is the least luma between black and white cells of a strip
// that can be trusted.
const stripContrast = 40

// ReadMarker reads the strip back from a frame of any size with the camera's
// aspect ratio; ok is false where there is none or it is damaged.
func ReadMarker(i420 []byte, width, height int) (m Marker, ok bool) {
	p, err := ViewI420(i420, width, height)
	if err != nil || stripHeight(height) < 2*stripRows || width < 2*stripColumns {
		return Marker{}, false
	}
	black, white := 0, 0
	for row := range stripRows {
		white += p.cell(0, row) + p.cell(stripColumns-1, row)
		black += p.cell(1, row) + p.cell(stripColumns-2, row)
	}
	guards := 2 * stripRows
	if white-black < stripContrast*guards {
		return Marker{}, false
	}
	middle := (white + black) / (2 * guards)
	if !p.guarded(middle) {
		return Marker{}, false
	}
	var payload [cells / 8]byte
	for n := range cells {
		column, row := cellAt(n)
		payload[n/8] <<= 1
		if p.cell(column, row) > middle {
			payload[n/8] |= 1
		}
	}
	return parseMarker(payload)
}

// guarded tells whether every row begins and ends as the strip's rows do.
func (p Picture) guarded(middle int) bool {
	for row := range stripRows {
		for _, pair := range [2][2]int{{0, 1}, {stripColumns - 1, stripColumns - 2}} {
			if p.cell(pair[0], row) <= middle || p.cell(pair[1], row) > middle {
				return false
			}
		}
	}
	return true
}

// cell is the mean luma of the middle of a cell: its edges have mixed with the
// neighbours' in coding and scaling.
func (p Picture) cell(column, row int) int {
	height := float64(p.Height) / stripPart / stripRows
	width := float64(p.Width) / stripColumns
	x0, x1 := inner(float64(column)*width, width)
	y0, y1 := inner(float64(row)*height, height)
	return p.mean(x0, y0, x1, y1)
}

// inner is the middle part of a span, in whole pixels, at least one.
func inner(from, length float64) (start, end int) {
	start = int(from + 0.3*length + 0.5)
	end = int(from + 0.7*length + 0.5)
	return start, max(end, start+1)
}

// mean is the mean luma of a box of pixels, its far sides excluded.
func (p Picture) mean(x0, y0, x1, y1 int) int {
	sum := 0
	for y := y0; y < y1; y++ {
		for _, v := range p.Y[y*p.Width+x0 : y*p.Width+x1] {
			sum += int(v)
		}
	}
	return sum / max((x1-x0)*(y1-y0), 1)
}

// MeanLuma is the mean luma of the studio, the strip left out: 16 is black, 235
// white. It is 0 for something that is no frame.
func MeanLuma(i420 []byte, width, height int) float64 {
	p, err := ViewI420(i420, width, height)
	if err != nil {
		return 0
	}
	// One line more than the strip: scaling mixes its last one with the studio.
	studio := p.Y[(stripHeight(height)+1)*width:]
	sum := 0
	for _, v := range studio {
		sum += int(v)
	}
	return float64(sum) / float64(len(studio))
}
