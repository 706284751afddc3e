package score

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Frame is a picture whose references the ingest had, and that showed its
// number. Times count from the capture of frame 0.
type Frame struct {
	Number int
	// At is when its own last byte arrived; Ready is when its references had
	// arrived as well: the greatest At since the key frame that it hangs on.
	At, Ready time.Duration
	Bytes     int
}

// window is what is judged of a run: frames that were captured from from (in
// it) to to (not in it).
type window struct {
	fps      float64
	from, to time.Duration
}

// latestStart is by when the first picture counts, come or not come: a box may
// connect first, but not for ever.
const latestStart = 5 * time.Second

// grace is how long the record must go on after the last capture that is
// judged: as long as the most patient viewer waits.
const grace = 3 * time.Second

// windowOf begins at the capture of the first frame that came, which is the
// first that could be sent, and ends with the run.
func windowOf(run Run, first int, recorded time.Duration) window {
	w := window{fps: run.FPS}
	w.from = min(w.capture(first), latestStart)
	w.to = max(w.from, min(inSeconds(run.Seconds), recorded-grace))
	return w
}

// capture is when a frame was filmed.
func (w window) capture(number int) time.Duration {
	return time.Duration(math.Round(float64(number) * float64(time.Second) / w.fps))
}

func (w window) length() time.Duration { return w.to - w.from }

// first is the first frame in the window, end the first one after it.
func (w window) first() int { return w.numberAt(w.from) }
func (w window) end() int   { return w.numberAt(w.to) }

// numberAt is the first frame that was captured at or after a time.
func (w window) numberAt(at time.Duration) int {
	return int(math.Ceil(at.Seconds()*w.fps - 1e-6))
}

func (w window) holds(number int) bool {
	return number >= w.first() && number < w.end()
}

// inOrder sorts frames by number and keeps of each number the one that was
// ready first: two connections may both have carried it.
func inOrder(frames []Frame) []Frame {
	ordered := slices.Clone(frames)
	slices.SortStableFunc(ordered, func(a, b Frame) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Ready, b.Ready))
	})
	return slices.CompactFunc(ordered, func(a, b Frame) bool { return a.Number == b.Number })
}

func inSeconds(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * float64(time.Second)))
}
