package rate

// Limits bound every decision, in kbit/s.
type Limits struct {
	FloorKbps, CeilingKbps, StartKbps int
}

// sane puts limits in order: floor at least 1, ceiling not below it, start
// between them.
func (l Limits) sane() Limits {
	l.FloorKbps = max(1, l.FloorKbps)
	l.CeilingKbps = max(l.FloorKbps, l.CeilingKbps)
	l.StartKbps = min(max(l.FloorKbps, l.StartKbps), l.CeilingKbps)
	return l
}

// within bounds a rate; what is not a number becomes the floor.
func (l Limits) within(kbps float64) float64 {
	if !(kbps > float64(l.FloorKbps)) {
		return float64(l.FloorKbps)
	}
	return min(kbps, float64(l.CeilingKbps))
}
