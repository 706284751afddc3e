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
	// How the true frame rate is followed: a mean over about so many pictures,
	// believed after so many, in force at once when it is off by the great
	// fraction and every so often when it is off by the small one.
	cadenceMemory  = 32
	cadenceSettled = 4
	cadenceGreat   = 0.08
	cadenceSmall   = 0.01
	cadenceTrim    = 2 * time.Second
)

// governor turns the wanted rate into what the codec must be told. x264
// believes the nominal frame rate: when the camera delivers half the pictures,
// it makes half the bits. The governor therefore measures the true rate and
// scales bit rate and buffer time to make up for it, which costs no key frame
// as a new frame rate would. It knows no clock but the pictures' own.
type governor struct {
	kbps     int // wanted
	settled  int // wanted rate at the last step
	stepped  bool
	until    time.Duration // the short buffer's end
	boosted  bool
	nominal  float64 // pictures per second that the codec believes in
	interval float64 // mean time between pictures in s
	applied  float64 // interval*nominal that is in force
	last     time.Duration
	begun    bool
	seen     int
	trimmed  time.Duration // when applied was last set
}

func newGovernor(kbps int) *governor {
	g := &governor{kbps: kbps, settled: kbps}
	g.renominate(30)
	return g
}

// renominate tells the frame rate that the codec believes in from now on.
func (g *governor) renominate(fps float64) {
	if fps == g.nominal {
		return
	}
	g.nominal = fps
	g.interval, g.applied, g.seen = 1/fps, 1, 0
}

// step sets the wanted rate in kbit/s.
func (g *governor) step(kbps int) {
	g.kbps = kbps
	if math.Abs(float64(kbps-g.settled)) >= stepFrom*float64(g.settled) {
		g.settled, g.stepped = kbps, true
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
	picture := 1000 * g.applied / g.nominal // ms
	ms := max(calmVBV, calmPictures*picture)
	if g.boosted {
		ms = max(stepVBV, stepPictures*picture)
	}
	return max(1, int(math.Round(float64(g.kbps)*g.applied))), max(1, int(math.Round(ms/g.applied)))
}

// measure follows the true time between pictures: the plain mean of the first
// few, then exponentially. A gap or a jump back says nothing, and jitter must
// not reach the codec: a great change counts at once, a small one in time.
func (g *governor) measure(pts time.Duration) {
	gap := (pts - g.last).Seconds()
	first := !g.begun
	g.last, g.begun = pts, true
	if first || gap <= 0 || gap > 1.5 {
		return
	}
	if g.seen > 0 {
		gap = min(gap, 3*g.interval) // a burst of lost pictures is no new frame rate
	}
	g.seen = min(g.seen+1, cadenceMemory)
	g.interval += (gap - g.interval) / float64(g.seen)
	ratio := min(max(g.interval*g.nominal, 0.2), 8)
	change := math.Abs(ratio/g.applied - 1)
	great := g.seen >= cadenceSettled && change > cadenceGreat
	small := change > cadenceSmall && (pts-g.trimmed >= cadenceTrim || pts < g.trimmed)
	if great || small {
		g.applied, g.trimmed = ratio, pts
	}
}
