package main

import (
	"math"
	"math/rand/v2"

	"studiobox/firmware/bench/score"
)

// The clip's shape. Its size and rate are those of the rivals' published runs.
const (
	clipWidth  = 640
	clipHeight = 360
	clipFPS    = 30
)

const (
	textureSide = 320
	grid        = 22 // stones in a row of the texture
	pitch       = float64(textureSide) / grid
	tableX      = 320 // centre of the turntable
	tableY      = 176
	tableRadius = 152
	// turn is the table's slow turn: 12 s, the edge moves 2.6 pixels a frame.
	turn = 2 * math.Pi / (12 * clipFPS)
	// grain is the sensor's noise, standard deviation in steps of luma.
	grain      = 1.6
	grainCount = 1 << 17
	// clothCount cloths take turns: more than a coder looks back.
	clothCount = 7
	sparkles   = 240
	// flash is how near to its own angle a facet shines, in radians.
	flash = 0.05
)

// scene is a jeweller's turntable: faceted metal under a lamp, on cloth. Fine
// texture and a slow turn make it dear to code, so that a low rate shows.
type scene struct {
	texture []byte             // of the table, textureSide squared
	cloths  [clothCount][]byte // luma around the table, each with noise of its own
	tint    []byte             // chroma around the table, U and V
	shine   [sparkles]sparkle
}

// sparkle is a facet that flashes when the table has turned to its angle.
type sparkle struct{ radius, at, angle float64 }

// newScene is the same on every machine.
func newScene() *scene {
	random := rand.New(rand.NewPCG(1, 2))
	s := &scene{texture: facets(random), tint: make([]byte, frameSize-clipWidth*clipHeight)}
	clean := weave()
	noise := make([]int, grainCount)
	for i := range noise {
		noise[i] = int(math.Round(random.NormFloat64() * grain))
	}
	for i := range s.cloths {
		s.cloths[i] = make([]byte, len(clean))
		at := random.IntN(grainCount)
		for p, level := range clean {
			s.cloths[i][p] = byte(int(level) + noise[(at+p)%grainCount])
		}
	}
	for i := range s.tint {
		s.tint[i] = 140 // bluish
		if i >= len(s.tint)/2 {
			s.tint[i] = 120
		}
	}
	for i := range s.shine {
		s.shine[i] = sparkle{
			radius: tableRadius * 0.95 * math.Sqrt(random.Float64()),
			at:     random.Float64() * 2 * math.Pi, angle: random.Float64() * 2 * math.Pi,
		}
	}
	return s
}

// stone is a facet of the table: a tone with a gradient around a point.
type stone struct{ x, y, tone, slopeX, slopeY float64 }

// facets are cut stones: cells around points on a shaken grid, each with a
// tone of its own, a gradient and a dark edge.
func facets(random *rand.Rand) []byte {
	var stones [grid][grid]stone
	for row := range grid {
		for column := range grid {
			stones[row][column] = stone{
				(float64(column) + random.Float64()) * pitch, (float64(row) + random.Float64()) * pitch,
				128 + random.NormFloat64()*46, random.NormFloat64() * 2, random.NormFloat64() * 2,
			}
		}
	}
	out := make([]byte, textureSide*textureSide)
	for i := range out {
		x, y := float64(i%textureSide), float64(i/textureSide)
		nearest, edge := nearestStone(&stones, x, y)
		tone := nearest.tone + nearest.slopeX*(x-nearest.x) + nearest.slopeY*(y-nearest.y)
		out[i] = byte(min(235, max(16, 30+edge*(tone-30)+random.NormFloat64()*5)))
	}
	return out
}

// nearestStone is the stone of a pixel and how far inside it lies: 0 at the
// edge, 1 from two and a half pixels on. Only neighbours on the grid can be near.
func nearestStone(stones *[grid][grid]stone, x, y float64) (nearest stone, inside float64) {
	first, second := math.Inf(1), math.Inf(1)
	row, column := int(y/pitch), int(x/pitch)
	for r := max(0, row-1); r <= min(grid-1, row+1); r++ {
		for c := max(0, column-1); c <= min(grid-1, column+1); c++ {
			s := stones[r][c]
			distance := math.Hypot(x-s.x, y-s.y)
			if distance < first {
				first, second, nearest = distance, first, s
			} else if distance < second {
				second = distance
			}
		}
	}
	return nearest, min(1, (second-first)/2.5)
}

// weave is the cloth: two sets of fine threads.
func weave() []byte {
	out := make([]byte, clipWidth*clipHeight)
	for y := range clipHeight {
		for x := range clipWidth {
			v := 96 + 14*math.Sin(float64(x)*0.9+2*math.Sin(float64(y)*0.05)) + 12*math.Sin(float64(y)*1.1+float64(x)*0.02)
			out[y*clipWidth+x] = byte(v)
		}
	}
	return out
}

// frameSize is a picture in planar 4:2:0.
const frameSize = clipWidth * clipHeight * 3 / 2

// paint draws frame n, its number in it, into an I420 picture.
func (s *scene) paint(frame []byte, n int) {
	luma := frame[:clipWidth*clipHeight]
	copy(luma, s.cloths[n%clothCount])
	copy(frame[clipWidth*clipHeight:], s.tint)
	angle := float64(n) * turn
	s.table(luma, angle)
	s.flashes(luma, angle)
	gild(frame)
	score.PaintNumber(luma, clipWidth, clipWidth, clipHeight, n)
}

// table draws the turned texture, between its pixels in 8 bits of fraction.
func (s *scene) table(luma []byte, angle float64) {
	sin, cos := int(math.Round(math.Sin(angle)*65536)), int(math.Round(math.Cos(angle)*65536))
	for y := tableY - tableRadius; y < tableY+tableRadius; y++ {
		dy := y - tableY
		left, right := chord(y)
		for x := left; x < right; x++ {
			dx := x - tableX
			u := (cos*dx-sin*dy)>>8 + textureSide/2<<8
			v := (sin*dx+cos*dy)>>8 + textureSide/2<<8
			p := v>>8*textureSide + u>>8
			fu, fv := u&255, v&255
			top := int(s.texture[p])*(256-fu) + int(s.texture[p+1])*fu
			low := int(s.texture[p+textureSide])*(256-fu) + int(s.texture[p+textureSide+1])*fu
			luma[y*clipWidth+x] = byte((top*(256-fv) + low*fv) >> 16)
		}
	}
}

// flashes draws the facets that face the lamp now.
func (s *scene) flashes(luma []byte, angle float64) {
	for _, f := range s.shine {
		off := math.Abs(math.Remainder(angle-f.angle, 2*math.Pi))
		if off > flash {
			continue
		}
		x := tableX + int(f.radius*math.Cos(f.at-angle))
		y := tableY + int(f.radius*math.Sin(f.at-angle))
		light := int(220 * (1 - off/flash))
		for d := -3; d <= 3; d++ {
			for _, p := range []int{y*clipWidth + x + d, (y+d)*clipWidth + x} {
				if p >= 0 && p < len(luma) {
					luma[p] = byte(min(235, int(luma[p])+light/(1+max(d, -d))))
				}
			}
		}
	}
}

// gild makes metal golden, the brighter the more.
func gild(frame []byte) {
	const half = clipWidth / 2
	luma, u, v := frame[:clipWidth*clipHeight], frame[clipWidth*clipHeight:clipWidth*clipHeight*5/4], frame[clipWidth*clipHeight*5/4:frameSize]
	for y := (tableY - tableRadius) / 2; y < (tableY+tableRadius)/2; y++ {
		left, right := chord(2 * y)
		for x := left / 2; x < right/2; x++ {
			tone := luma[2*y*clipWidth+2*x]
			u[y*half+x], v[y*half+x] = 126-tone/6, 130+tone/12
		}
	}
}

// chord is where a row of the picture enters and leaves the table.
func chord(y int) (left, right int) {
	dy := y - tableY
	half := int(math.Sqrt(float64(tableRadius*tableRadius - dy*dy)))
	return tableX - half, tableX + half
}
