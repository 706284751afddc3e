package worker

import (
	"math"
	"time"
)

// x264 follows a rate with a memory that scales with its VBV buffer. A short
// buffer settles within 250 ms but costs quality, so it is short only around a
// step. Measured in notes/gstreamer.md, "Bitrate steps".
const (
	calmVBV  = 300 // ms
	stepVBV  = 80  // ms
	stepLast = 500 * time.Millisecond
	// stepFrom is the smallest change that counts as a step, as a fraction of
	// the rate; smaller ones follow well enough with the calm buffer.
	stepFrom = 0.1
	// A buffer must also hold this many pictures, which matters when there are
	// few per second: with fewer, x264 leaves a tenth of the rate unused.
	calmPictures = 6
	stepPictures = 2.4
	// A drop below this fraction of the rate also brakes: its first pictures
	// fall on a queue that the higher rate has left. With stepVBV two of them
	// have more than twice their share, with so many pictures of buffer 1.4
	// at most; for any longer it would cost quality without need.
	brakeFrom     = 2.0 / 3
	brakePictures = 1.6
	brakeLast     = 100 * time.Millisecond
	// After a great step up x264 makes only 0.6 to 0.8 of the new rate in the
	// first half second, so it is told more for a while: a part of the rise,
	// and no more than brings it near the new rate.
	kickShare = 0.25
	kickMost  = 1.2
	kickLast  = 350 * time.Millisecond
)

// governor turns the wanted rate into what the codec must be told. x264
// believes the nominal frame rate: when the camera delivers half the pictures,
// it makes half the bits. The governor therefore measures the true rate and
// scales bit rate and buffer time to make up for it, which costs no key frame
// as a new frame rate would. What the codec makes of it is charged to an
// account, so that the rate holds over the seconds. It knows no clock but the
// pictures' own.
type governor struct {
	kbps    int // wanted
	settled int // wanted rate at the last step
	stepped bool
	until   time.Duration // the short buffer's end
	boosted bool
	braking bool    // the step is a great drop
	kick    float64 // what a step up is told more; 1 after others
	limit   int     // pictures per second at most, 0 = no limit
	cadence
	account
}

func newGovernor(kbps int) *governor {
	g := &governor{kbps: kbps, settled: kbps, account: newAccount()}
	g.renominate(30)
	return g
}

// renominate tells the frame rate that the codec believes in from now on.
func (g *governor) renominate(fps float64) {
	if fps == g.nominal {
		return
	}
	g.nominal = fps
	g.expect(g.likely(), 0) // cameras promise more than they deliver
}

// bound tells the most pictures per second from now on, 0 = no limit.
func (g *governor) bound(fps int) {
	if fps == g.limit {
		return
	}
	g.limit = fps
	g.expect(g.likely(), cadenceSettled)
	g.stepped, g.braking, g.kick = true, false, 1 // the bits per picture step
}

// likely is the frame rate to expect before it is measured.
func (g *governor) likely() float64 {
	if g.limit > 0 {
		return min(g.nominal, float64(g.limit))
	}
	return g.nominal
}

// step sets the wanted rate in kbit/s.
func (g *governor) step(kbps int) {
	g.kbps = kbps
	if math.Abs(float64(kbps-g.settled)) < stepFrom*float64(g.settled) {
		return
	}
	ratio := float64(kbps) / float64(g.settled)
	if ratio > 1 {
		g.rise()
	}
	g.kick = min(max(1, 1+kickShare*(ratio-1)), kickMost)
	g.braking = ratio < brakeFrom
	g.settled, g.stepped = kbps, true
}

// spent charges a coded picture of so many bytes. While the buffer is short
// the codec is between two rates, and pays by itself for its first pictures.
func (g *governor) spent(bytes int) {
	if !g.boosted {
		share := float64(g.kbps) * 125 * g.interval // bytes
		g.spend(float64(bytes)/share, g.interval)
	}
}

// next returns the bit rate and the buffer time, in kbit/s and ms as the codec
// counts them, for the picture of this time.
func (g *governor) next(pts time.Duration) (kbps, vbv int) {
	g.measure(pts)
	if g.stepped {
		g.stepped, g.boosted, g.until = false, true, pts+stepLast
	}
	if g.boosted && (pts >= g.until || pts < g.until-stepLast) {
		g.boosted = false
	}
	told := float64(g.kbps) * g.applied * g.factor
	if g.boosted && pts < g.until-stepLast+kickLast {
		told *= g.kick
	}
	return max(1, int(math.Round(told))), max(1, int(math.Round(g.buffer(pts)/g.applied)))
}

// buffer is the buffer time in true ms for the picture of this time.
func (g *governor) buffer(pts time.Duration) float64 {
	picture := 1000 * g.applied / g.nominal
	switch {
	case !g.boosted:
		return max(calmVBV, calmPictures*picture)
	case g.braking && pts < g.until-stepLast+brakeLast:
		return brakePictures * picture
	}
	return max(stepVBV, stepPictures*picture)
}
