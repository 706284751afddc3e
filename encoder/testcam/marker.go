package testcam

import "time"

// Marker is what is burned into a frame for machines to read back at any
// receiver: with it delay and loss are measured through the picture itself.
type Marker struct {
	Frame uint32
	Time  time.Time // to the millisecond; a reading has no monotonic part
}

// The marker is a strip of black and white cells along the top of the picture,
// two rows of 48. Each row begins with "white, black" and ends with "black,
// white"; the 88 cells between hold, most significant bit first, the frame
// (32 bits), the milliseconds since 1970 (48 bits), both in Gray code so that
// few cells change from frame to frame, and a CRC-8 of the ten bytes.
const (
	stripColumns = 48
	stripRows    = 2
	stripPart    = 15 // the strip is one part in so many of the height

	guard = 2 // cells at each end of a row
	cells = stripRows * (stripColumns - 2*guard)

	cellBlack = 20
	cellWhite = 215
)

// stripHeight is the height of the strip in pixels.
func stripHeight(height int) int { return height / stripPart }

// payload is the marker's eleven bytes, as they stand in the cells.
func (m Marker) payload() [cells / 8]byte {
	frame := m.Frame ^ m.Frame>>1
	millis := uint64(m.Time.UnixMilli()) & (1<<48 - 1)
	millis ^= millis >> 1
	var b [cells / 8]byte
	for i := range 4 {
		b[i] = byte(frame >> (24 - 8*i))
	}
	for i := range 6 {
		b[4+i] = byte(millis >> (40 - 8*i))
	}
	b[10] = crc8(b[:10])
	return b
}

// parseMarker is the reverse of payload; ok tells whether the CRC holds.
func parseMarker(b [cells / 8]byte) (m Marker, ok bool) {
	if crc8(b[:10]) != b[10] {
		return Marker{}, false
	}
	var frame, millis uint64
	for _, v := range b[:4] {
		frame = frame<<8 | uint64(v)
	}
	for _, v := range b[4:10] {
		millis = millis<<8 | uint64(v)
	}
	return Marker{Frame: uint32(ungray(frame)), Time: time.UnixMilli(int64(ungray(millis)))}, true
}

// ungray turns a Gray code of up to 64 bits into the number.
func ungray(code uint64) uint64 {
	for shift := 32; shift > 0; shift /= 2 {
		code ^= code >> shift
	}
	return code
}

// crc8 is the CRC-8 of ITU-T I.432.1: polynomial x⁸+x²+x+1, the result XORed
// with 0x55, so that an all-black strip is no valid one.
func crc8(data []byte) byte {
	crc := byte(0)
	for _, b := range data {
		crc ^= b
		for range 8 {
			high := crc & 0x80
			crc <<= 1
			if high != 0 {
				crc ^= 0x07
			}
		}
	}
	return crc ^ 0x55
}

// cellAt is the column and row of the n-th payload cell.
func cellAt(n int) (column, row int) {
	const perRow = stripColumns - 2*guard
	return guard + n%perRow, n / perRow
}

// drawMarker draws the strip over the top of the picture.
func drawMarker(p Picture, m Marker) {
	var white [stripRows][stripColumns]bool
	for row := range stripRows {
		white[row][0], white[row][stripColumns-1] = true, true
	}
	for i, b := range m.payload() {
		for bit := range 8 {
			column, row := cellAt(8*i + bit)
			white[row][column] = b>>(7-bit)&1 == 1
		}
	}
	height := stripHeight(p.Height)
	for y := range height {
		row := y * stripRows / height
		line := p.Y[y*p.Width : (y+1)*p.Width]
		for column := range stripColumns {
			v := byte(cellBlack)
			if white[row][column] {
				v = cellWhite
			}
			cell := line[column*p.Width/stripColumns : (column+1)*p.Width/stripColumns]
			for i := range cell {
				cell[i] = v
			}
		}
	}
	chroma := (height + 1) / 2 * (p.Width / 2)
	for i := range chroma {
		p.U[i], p.V[i] = 128, 128
	}
}
