package score

import "time"

// The two viewers, by how far behind the camera they play.
const (
	quickViewer   = time.Second
	patientViewer = 3 * time.Second
)

// freezeAfter is how long a picture may stand before a viewer calls it frozen.
const freezeAfter = 200 * time.Millisecond

// inTime are the frames of the window that were ready when a viewer so far
// behind the camera wanted them. Frames must be in order.
//
// A decoder takes all units in turn, so that a late reference delays the
// frames that hang on it only until it has come.
func inTime(w window, frames []Frame, behind time.Duration) []Frame {
	var made []Frame
	for _, f := range frames {
		if w.holds(f.Number) && f.Ready <= w.capture(f.Number)+behind {
			made = append(made, f)
		}
	}
	return made
}

// shownKbps is shown@D: the bits of the frames that made it, over the whole window.
func shownKbps(w window, made []Frame) float64 {
	bytes := 0
	for _, f := range made {
		bytes += f.Bytes
	}
	return kbps(bytes, w.length())
}

// freezes are the stretches of more than freezeAfter in which a viewer sees
// nothing new: between two frames that made it, before the first and after the
// last. Each counts whole, from the picture that stands to the next new one.
func freezes(w window, made []Frame) []Span {
	var frozen []Span
	last := w.from
	look := func(next time.Duration) {
		if next-last > freezeAfter {
			frozen = append(frozen, Span{From: last.Seconds(), To: next.Seconds()})
		}
		last = next
	}
	for _, f := range made {
		look(w.capture(f.Number))
	}
	look(w.to)
	return frozen
}

// freezePerMinute is freeze@D: seconds frozen in each minute of the window.
func freezePerMinute(w window, frozen []Span) float64 {
	total := 0.0
	for _, span := range frozen {
		total += span.To - span.From
	}
	if w.length() == 0 {
		return 0
	}
	return total / w.length().Minutes()
}

// shown is what a viewer so far behind the camera has of the run.
func shown(w window, frames []Frame, behind time.Duration) Shown {
	made := inTime(w, frames, behind)
	frozen := freezes(w, made)
	return Shown{Kbps: shownKbps(w, made), FreezePerMin: freezePerMinute(w, frozen), Freezes: frozen}
}

// lostFrames is how many frames of the window were never displayable for the
// patient viewer, and of how many: damaged, late, dropped in the queue and
// left out before the encoder alike.
func lostFrames(w window, frames []Frame) (lost, of int) {
	of = w.end() - w.first()
	return of - len(inTime(w, frames, patientViewer)), of
}

// kbps is 0 over no time.
func kbps(bytes int, over time.Duration) float64 {
	if over <= 0 {
		return 0
	}
	return float64(bytes) * 8 / 1000 / over.Seconds()
}
