package shape

import "time"

// Steps reduces the pictures of a camera that is encoded here from the start, as
// those of a camera in the network are while they are transcoded: the same ladder,
// without a stream to read the source from. The zero value is ready. It is not safe
// for concurrent use.
type Steps struct {
	ladder             ladder
	width, height, fps int // of the source
}

// Step takes the source, in pixels and pictures per second, and the rate in kbit/s
// that is allowed at a time, which must not fall. It returns what to encode, 0 for
// what the source has, and whether that is news.
func (s *Steps) Step(now time.Duration, width, height, fps, kbps int) (toWidth, toHeight, toFPS int, news bool) {
	if width <= 0 || height <= 0 || fps <= 0 {
		return 0, 0, 0, false // not known yet
	}
	if width != s.width || height != s.height || fps != s.fps {
		s.width, s.height, s.fps = width, height, fps
		s.ladder.set(now, width, height, fps)
		news = true
	}
	if kbps > 0 && s.ladder.step(now, kbps) {
		news = true
	}
	toWidth, toHeight, toFPS = s.ladder.rung().asked(width, height, fps)
	return toWidth, toHeight, toFPS, news
}

// asked is a rung as an encoder is told it: 0 for what the source has.
func (r rung) asked(width, height, fps int) (toWidth, toHeight, toFPS int) {
	toWidth, toHeight, toFPS = r.width, r.height, r.fps
	if toWidth == width && toHeight == height {
		toWidth, toHeight = 0, 0
	}
	if toFPS == fps {
		toFPS = 0
	}
	return toWidth, toHeight, toFPS
}
