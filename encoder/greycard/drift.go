package greycard

import "slices"

// ColourDrift is the code of the condition that the colours are no longer those of
// the grey card.
const ColourDrift = "colour_drift"

// Reference is an even part of the background, which the camera sees whatever lies
// on the table.
type Reference struct {
	Region Region `json:"region"`
	Lab    Lab    `json:"lab"`
}

// mostReferenceUneven lets a corner of a backdrop have a gradient, but no edge.
const mostReferenceUneven = 0.2

// corners are looked at for references: a producer who leaves the card in one of
// them makes it the best.
func corners() []Region {
	const side, edge = 0.08, 0.03
	far := 1 - edge - side
	return []Region{{edge, edge, side, side}, {far, edge, side, side}, {edge, far, side, side}, {far, far, side, side}}
}

// References are the corners of a picture that drift can be told by; none when all
// of them are dark, glaring or in two parts.
func References(p Picture) (found []Reference, err error) {
	for _, region := range corners() {
		patch, err := Measure(p, region)
		if err != nil {
			return nil, err
		}
		if patch.tells() {
			found = append(found, Reference{region, patch.Lab()})
		}
	}
	return found, nil
}

func (p Patch) tells() bool {
	return p.Uneven <= mostReferenceUneven && p.Clipped <= mostClipped && p.Luminance() >= darkest/4
}

// Watch tells whether colours have drifted. It is pure.
type Watch struct {
	references []Reference
	beyond     int // looks in a row
	within     int
	drifted    bool
}

const (
	// driftFrom is the difference that viewers see when a ring looks otherwise
	// than it did at the beginning of the show.
	driftFrom = 3.0
	// driftTo is where it counts as undone.
	driftTo = 2.0
	// Looks in a row before a drift is told, and before it is taken back.
	beyondFor, withinFor = 3, 2
)

// NewWatch watches against references that were taken with the card.
func NewWatch(references []Reference) *Watch { return &Watch{references: slices.Clone(references)} }

// Drift is what a Watch has found.
type Drift struct {
	// DeltaE is the difference of the references by CIEDE2000; negative = it
	// could not be told this time.
	DeltaE  float64
	Drifted bool
}

// Look compares a picture. The reference in the middle counts, or the better one of
// the two there: a hand or a box in one corner is no drift.
func (w *Watch) Look(p Picture) (Drift, error) {
	var differences []float64
	for _, reference := range w.references {
		patch, err := Measure(p, reference.Region)
		if err != nil {
			return Drift{DeltaE: -1, Drifted: w.drifted}, err
		}
		if patch.tells() {
			differences = append(differences, Difference(reference.Lab, patch.Lab()))
		}
	}
	if len(differences) == 0 {
		return Drift{DeltaE: -1, Drifted: w.drifted}, nil
	}
	slices.Sort(differences)
	return w.judge(differences[(len(differences)-1)/2]), nil
}

func (w *Watch) judge(difference float64) Drift {
	switch {
	case difference > driftFrom:
		w.beyond, w.within = w.beyond+1, 0
	case difference < driftTo:
		w.beyond, w.within = 0, w.within+1
	default:
		w.beyond, w.within = 0, 0
	}
	if w.beyond >= beyondFor {
		w.drifted = true
	}
	if w.within >= withinFor {
		w.drifted = false
	}
	return Drift{DeltaE: difference, Drifted: w.drifted}
}
