package worker

import (
	"math"
	"time"
)

// How the true frame rate is followed: a mean over about so many pictures,
// believed after so many, in force at once when it is off by the great
// fraction and every so often when it is off by the small one.
const (
	cadenceMemory  = 32
	cadenceSettled = 4
	cadenceGreat   = 0.08
	cadenceSmall   = 0.01
	cadenceTrim    = 2 * time.Second
)

// cadence follows the time between the pictures that are encoded.
type cadence struct {
	nominal  float64 // pictures per second that the codec believes in
	interval float64 // mean time between pictures in s
	applied  float64 // interval*nominal that is in force
	last     time.Duration
	begun    bool
	seen     int
	trimmed  time.Duration // when applied was last set
}

// expect begins anew with a frame rate that is worth as much as so many
// pictures seen.
func (c *cadence) expect(fps float64, worth int) {
	c.interval, c.seen = 1/fps, worth
	c.applied, c.trimmed = c.ratio(), c.last
	c.pause()
}

// ratio is how much longer a picture lasts than the codec believes.
func (c *cadence) ratio() float64 { return min(max(c.interval*c.nominal, 0.2), 8) }

// pause says that pictures were left out: the next gap is no frame rate.
func (c *cadence) pause() { c.begun = false }

// measure follows the true time between pictures: the plain mean of the first
// few, then exponentially. A gap or a jump back says nothing, and jitter must
// not reach the codec: a great change counts at once, a small one in time.
func (c *cadence) measure(pts time.Duration) {
	gap := (pts - c.last).Seconds()
	first := !c.begun
	c.last, c.begun = pts, true
	if first || gap <= 0 || gap > 1.5 {
		return
	}
	if c.seen > 0 {
		gap = min(gap, 3*c.interval) // a burst of lost pictures is no new frame rate
	}
	c.seen = min(c.seen+1, cadenceMemory)
	c.interval += (gap - c.interval) / float64(c.seen)
	ratio := c.ratio()
	change := math.Abs(ratio/c.applied - 1)
	great := c.seen >= cadenceSettled && change > cadenceGreat
	small := change > cadenceSmall && (pts-c.trimmed >= cadenceTrim || pts < c.trimmed)
	if great || small {
		c.applied, c.trimmed = ratio, pts
	}
}
