package testcam

import "math"

// What is printed on the turning part of the table, scale and band, is kept as
// a polar map: one row per radius, one column per angle, so that turning the
// table is an offset of columns.
const (
	printInner = scaleInner + 0.004 // what turns ends inside what stands still,
	printOuter = bandOuter          // so that the still picture has the seams

	dotRadius = 0.9125 // where the marker's dot and arc lie
	dotSize   = 0.048  // half the diameter of the dot
	arcSize   = 0.024  // half the width of the arc
	arcHalf   = 8.0    // degrees from the middle of the arc to an end
)

// tablePixel is one pixel of the turning part.
type tablePixel struct {
	row    uint32 // first entry of the radius' row
	column uint16 // angle
	shade  uint16 // light that falls here, 256 is all
}

// tableRun is a run of such pixels in one line of the picture.
type tableRun struct {
	at     int // index into the luma plane
	pixels []tablePixel
}

// table renders the luma of the turning part; its colours stand still.
type table struct {
	printed []byte // rows x columns of coded albedo
	columns int    // a power of two, so that angles wrap by a mask
	rows    int
	runs    []tableRun
}

func newTable(v view, width, height int) *table {
	columns := 512
	for columns < 3*width { // about one for each pixel around the rim
		columns *= 2
	}
	t := &table{columns: columns, rows: columns / 32}
	t.print()
	for y := range height {
		var run []tablePixel
		for x := range width + 1 {
			p, ok := v.onTable(float64(x)+0.5, float64(y)+0.5, 0)
			r := math.Hypot(p.x, p.y)
			if ok && x < width && r >= printInner && r < printOuter {
				run = append(run, t.pixel(p, r))
			} else if run != nil {
				t.runs = append(t.runs, tableRun{y*width + x - len(run), run})
				run = nil
			}
		}
	}
	return t
}

func (t *table) pixel(p point, r float64) tablePixel {
	pixel := tablePixel{
		row:    uint32((r-printInner)/(printOuter-printInner)*float64(t.rows)) * uint32(t.columns),
		column: uint16(int(angleOf(p)/360*float64(t.columns)) % t.columns),
		shade:  256,
	}
	if r < scaleOuter {
		pixel.shade = uint16(256 * math.Pow(min(brushed(p), 1), 1/2.2))
	}
	return pixel
}

// render draws the turning part as it stands at an angle in degrees.
func (t *table) render(luma []byte, angle float64, e *exposure) {
	mask := uint32(t.columns - 1)
	turned := uint32(int(math.Round(angle / 360 * float64(t.columns))))
	for _, run := range t.runs {
		line := luma[run.at : run.at+len(run.pixels)]
		for i, p := range run.pixels {
			v := uint32(t.printed[p.row+(uint32(p.column)-turned)&mask]) * uint32(p.shade) >> 8
			line[i] = e.luma[(v+16)&255]
		}
	}
}

// print draws the map.
func (t *table) print() {
	t.printed = make([]byte, t.rows*t.columns)
	for row := range t.rows {
		r := printInner + (float64(row)+0.5)/float64(t.rows)*(printOuter-printInner)
		for column := range t.columns {
			turn := float64(column) / float64(t.columns)
			light := albedo(r, turn*360)
			if r < scaleOuter {
				light *= 0.92 + 0.16*grain(row*128/t.rows, int(turn*128))
			}
			t.printed[row*t.columns+column] = coded(light)
		}
	}
}

// albedo is how bright the print is at a radius and an angle in degrees.
func albedo(r, deg float64) float64 {
	if r < scaleOuter {
		return scale(r, deg)
	}
	return 0.008 + 0.80*math.Max(dot(r, deg), arc(r, deg))
}

// scale is brushed metal with a line each 5 degrees, a long one each 30.
func scale(r, deg float64) float64 {
	fromLine := math.Abs(math.Remainder(deg, 5))
	inner, width := 0.80, 0.55
	if math.Abs(math.Remainder(deg, 30)) < 2.5 {
		inner, width = 0.745, 0.85
	}
	line := smooth(inner-0.008, inner, r) * (1 - smooth(width*0.6, width, fromLine))
	edge := smooth(scaleOuter, scaleOuter-0.006, r) * smooth(scaleInner, scaleInner+0.006, r)
	return (0.55*(1-line) + 0.01*line) * (0.1 + 0.9*edge)
}

// dot is the marker at 0 degrees.
func dot(r, deg float64) float64 {
	way := dotRadius * math.Remainder(deg, 360) * math.Pi / 180
	return 1 - smooth(dotSize-0.006, dotSize, math.Hypot(way, r-dotRadius))
}

// arc is the marker's counterpart at 180 degrees: it can be seen when the ring
// hides the dot.
func arc(r, deg float64) float64 {
	off := max(math.Abs(math.Remainder(deg-180, 360))-arcHalf, 0)
	way := dotRadius * off * math.Pi / 180
	return 1 - smooth(arcSize-0.006, arcSize, math.Hypot(way, r-dotRadius))
}

// grain is a fixed noise from 0 to 1 (a multiplicative hash).
func grain(row, column int) float64 {
	h := uint32(row)*2654435761 ^ uint32(column)*2246822519
	h ^= h >> 15
	h *= 2654435761
	return float64(h>>16) / 65535
}

// coded is linear light as luma above black, without a shoulder: products of
// such values are products of light.
func coded(light float64) byte {
	return clamp8(219 * math.Pow(min(max(light, 0), 1), 1/2.2))
}
