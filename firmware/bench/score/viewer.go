package score

import "time"

// black is what a viewer sees before the first picture.
const black = 16

// viewer compares what somebody so far behind the camera sees with what the
// camera filmed, 1/fps after 1/fps: the newest picture that was ready in time,
// again and again while nothing newer is.
type viewer struct {
	clip   *Clip
	window window
	behind time.Duration

	seen []byte // the picture that stands
	next int    // the frame that should be seen next
	sum  float64
}

func newViewer(clip *Clip, w window, behind time.Duration) *viewer {
	v := &viewer{clip: clip, window: w, behind: behind, seen: make([]byte, pictureBytes), next: w.first()}
	for i := range v.seen {
		v.seen[i] = black
	}
	return v
}

// show takes the decoder's pictures in turn. One that comes too late, or after
// a newer one of another connection, is not seen.
func (v *viewer) show(f Frame, luma []byte) error {
	if !v.window.holds(f.Number) || f.Number < v.next || f.Ready > v.window.capture(f.Number)+v.behind {
		return nil
	}
	if err := v.standUntil(f.Number); err != nil {
		return err
	}
	copy(v.seen, luma)
	return nil
}

// standUntil compares the picture that stands with all that should be seen
// before frame end.
func (v *viewer) standUntil(end int) error {
	for ; v.next < end; v.next++ {
		filmed, err := v.clip.Luma(v.next)
		if err != nil {
			return err
		}
		v.sum += ssim(filmed, v.seen)
	}
	return nil
}

// dB ends the run and is the SSIM of all of it; nil when nothing was judged.
func (v *viewer) dB() (*float64, error) {
	first, end := v.window.first(), v.window.end()
	if end <= first {
		return nil, nil
	}
	if err := v.standUntil(end); err != nil {
		return nil, err
	}
	value := decibel(v.sum / float64(end-first))
	return &value, nil
}
