package onvif

import "time"

// Bounds of what a camera is asked for. Many begin a new group of pictures, some
// restart their encoder, when their rate is set; so it is done seldom.
const (
	// lowerEvery and raiseEvery are the least times between two requests.
	lowerEvery = 5 * time.Second
	raiseEvery = 10 * time.Second
	// far is by what share the camera must be off to be asked at all.
	far = 0.2
	// share is how much of the target the camera is asked to fill: its rate
	// control swings around the limit, and the target follows what flows.
	share = 0.7
	// insistEvery is the time between two requests for the original, which a
	// camera may have rounded.
	insistEvery = time.Minute
)

// wishes is what was asked of a camera and what it gave. It is pure.
type wishes struct {
	original int // kbit/s, what the customer has set
	current  int // what the camera says that it is set to
	least    int // of the camera's range; 0 = not known
	asked    int // last; 0 = nothing yet
	at       time.Duration
}

// next tells which rate to ask for at a time, when the line allows target; 0 asks
// for the original. The original is never exceeded.
func (w wishes) next(now time.Duration, target int) (kbps int, ask bool) {
	if target <= 0 {
		insisted := w.asked == w.original && now-w.at < insistEvery
		return w.original, w.current != w.original && !insisted
	}
	want := max(min(int(share*float64(target)), w.original), w.least, 1)
	every := lowerEvery
	if want > w.current {
		every = raiseEvery
	}
	switch {
	case near(want, w.current):
		return 0, false
	case w.asked != 0 && now-w.at < every:
		return 0, false
	case w.asked != 0 && near(want, w.asked):
		return 0, false // this is what it gives when asked that
	}
	return want, true
}

// given notes the camera's answer to a request.
func (w wishes) given(now time.Duration, asked, granted int) wishes {
	w.asked, w.current, w.at = asked, granted, now
	return w
}

// near tells whether two rates are too alike for a request.
func near(a, b int) bool {
	off := float64(a - b)
	return max(off, -off) <= far*float64(b)
}
