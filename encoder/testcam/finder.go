package testcam

import (
	"math"
	"slices"
)

const (
	bearings  = 720  // places along the band where the finder looks
	leastPeak = 14.0 // luma that the marker must stand out by

	// Around 180 degrees the ring stands before the band; what the finder
	// sees there may be gold.
	hidden = 26.0 // degrees to either side

	dotLeast, dotMost = 2.5, 10.5  // degrees that a dot may seem wide
	arcLeast, arcMost = 12.0, 26.0 // and an arc
	opposed           = 8.0        // degrees by which dot and arc may miss 180
)

// MarkerAngle finds the dot on the table's band in a frame of any size with the
// camera's aspect ratio, and so the table's angle in degrees, 0 to 360. Where
// the ring hides the dot it goes by the arc on the other side. ok is false in
// the dark and for a picture that shows no such table.
func MarkerAngle(i420 []byte, width, height int) (deg float64, ok bool) {
	p, err := ViewI420(i420, width, height)
	if err != nil {
		return 0, false
	}
	dots, arcs := findBlobs(bandProfile(p))
	switch {
	case len(dots) == 1 && len(arcs) == 1:
		return dots[0], math.Abs(math.Remainder(dots[0]-arcs[0]-180, 360)) < opposed
	case len(dots) == 1 && len(arcs) == 0:
		return dots[0], true
	case len(dots) == 0 && len(arcs) == 1:
		return math.Mod(arcs[0]+180, 360), true
	}
	return 0, false
}

// bandProfile is the luma along the band, one mean per bearing.
func bandProfile(p Picture) []float64 {
	v := newView(p.Width, p.Height)
	profile := make([]float64, bearings)
	for i := range profile {
		deg := float64(i) * 360 / bearings
		for _, radius := range [3]float64{dotRadius - 0.012, dotRadius, dotRadius + 0.012} {
			x, y, _ := v.project(rim(deg, radius))
			profile[i] += p.between(x, y) / 3
		}
	}
	return profile
}

// between is the luma at a place between pixels, interpolated.
func (p Picture) between(x, y float64) float64 {
	x = min(max(x-0.5, 0), float64(p.Width-1)-1e-6)
	y = min(max(y-0.5, 0), float64(p.Height-1)-1e-6)
	px, py := int(x), int(y)
	fx, fy := x-float64(px), y-float64(py)
	at := py*p.Width + px
	top := float64(p.Y[at])*(1-fx) + float64(p.Y[at+1])*fx
	bottom := float64(p.Y[at+p.Width])*(1-fx) + float64(p.Y[at+p.Width+1])*fx
	return top*(1-fy) + bottom*fy
}

// findBlobs finds the bright runs along the band that do not touch the hidden
// part, and sorts them by their width; it gives their middles in degrees.
func findBlobs(profile []float64) (dots, arcs []float64) {
	const first = bearings/2 + int(hidden*bearings/360) // the first bearing seen
	const seen = bearings - 2*int(hidden*bearings/360)
	visible := make([]float64, seen)
	for i := range visible {
		visible[i] = profile[(first+i)%bearings]
	}
	sorted := slices.Sorted(slices.Values(visible))
	ground, peak := sorted[seen/2], sorted[seen-1]
	if peak-ground < leastPeak {
		return nil, nil
	}
	for _, run := range brightRuns(visible, (ground+peak)/2) {
		width := float64(run.end-run.start) * 360 / bearings
		middle := math.Mod(float64(2*first+run.start+run.end-1)*180/bearings, 360)
		switch {
		case width >= dotLeast && width <= dotMost:
			dots = append(dots, middle)
		case width >= arcLeast && width <= arcMost:
			arcs = append(arcs, middle)
		}
	}
	return dots, arcs
}

// run is a stretch of a profile, its end excluded.
type run struct{ start, end int }

// brightRuns finds the stretches at or above a level that touch neither end.
func brightRuns(profile []float64, level float64) (runs []run) {
	start := -1
	for i, v := range profile {
		switch {
		case v >= level && start < 0:
			start = i
		case v < level && start >= 0:
			if start > 0 {
				runs = append(runs, run{start, i})
			}
			start = -1
		}
	}
	return runs
}
