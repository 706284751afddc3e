package rtspcam

import (
	"time"

	"studiobox/encoder/unit"
)

// Bounds of the timeline.
const (
	// maxReorder is how far a video time may lie before the one that was sent
	// ahead of it: B-frames reach back 16 pictures at most, and a studio camera
	// sends 8 a second at least. Further back the camera has set its clock anew.
	maxReorder = 2 * time.Second
	// maxLeap is how far RTP time and arrival may come apart from one unit to the
	// next before the camera's clock counts as set anew. Longer than any backlog
	// that the stall watch lets build up.
	maxLeap = 3 * time.Second
	// tick keeps times apart that would otherwise be equal.
	tick = time.Microsecond
	// slewPerSecond is how far later corrections move sound per second: at 0.5 %
	// no receiver's clock recovery loses its footing.
	slewPerSecond = 5 * time.Millisecond
)

// timeline puts both tracks of one connection on a common axis. It is pure:
// arrival times go in, no clock is read.
//
// A track begins at the arrival of its first unit and then runs on its own RTP
// clock. That leaves the tracks apart by the difference of their delays on the
// way here. Sender reports tell which RTP times of both tracks belong together;
// once both tracks have reported, the track that is early is moved later, at
// once and for good. Moving forward is a gap, which every receiver bridges;
// moving the other one back would make times fall. After that the clocks of
// picture and sound drift by parts per million only, and sound is slewed.
type timeline struct {
	tracks  [2]trackClock // by unit.Track
	lead    time.Duration // how far PTS run ahead of arrival
	aligned bool
	slew    time.Duration // correction that sound still has to make
}

// trackClock is the RTP clock of one track.
type trackClock struct {
	rate      int // Hz
	started   bool
	timestamp uint32        // RTP time of the last unit
	ticks     int64         // the same without wrap, counted from the first unit
	offset    time.Duration // PTS = media time + offset
	arrival   time.Duration // of the last unit
	pts       time.Duration // of the last unit
	highest   time.Duration // PTS given out so far
	report    senderReport
	rawReport senderReport // came before the first unit
}

// newTimeline begins above floor, the highest PTS of earlier connections.
// A rate of 0 means that there is no such track.
func newTimeline(videoRate, audioRate int, floor time.Duration) *timeline {
	t := &timeline{}
	for i, rate := range [...]int{unit.Video: videoRate, unit.Audio: audioRate} {
		t.tracks[i].rate = rate
		t.tracks[i].highest = floor
	}
	return t
}

// highest is the highest PTS that was given out.
func (t *timeline) highest() time.Duration {
	return max(t.tracks[unit.Video].highest, t.tracks[unit.Audio].highest)
}

// video gives the PTS of a picture. It rises from key picture to key picture;
// in between the order is the camera's, since pictures come in decoding order.
func (t *timeline) video(timestamp uint32, arrival time.Duration, key bool) time.Duration {
	c := &t.tracks[unit.Video]
	pts := t.advance(c, timestamp, arrival)
	if key && pts <= c.highest {
		// Nothing may be shown before a key picture that was sent after it: the
		// clock went back by less than maxReorder.
		pts = t.restart(c, arrival)
	}
	return c.give(pts, arrival)
}

// audio gives the PTS of an audio frame; it always rises.
func (t *timeline) audio(timestamp uint32, arrival time.Duration) time.Duration {
	c := &t.tracks[unit.Audio]
	waited := arrival - c.arrival
	pts := t.advance(c, timestamp, arrival)
	if step := t.slewStep(waited); step != 0 {
		c.offset += step
		t.slew -= step
		pts += step
	}
	if pts <= c.highest {
		pts = c.highest + tick
	}
	return c.give(pts, arrival)
}

// advance moves the track's clock to a unit and gives the PTS that it says.
func (t *timeline) advance(c *trackClock, timestamp uint32, arrival time.Duration) time.Duration {
	if !c.started {
		t.start(c, timestamp, arrival)
		return c.media() + c.offset
	}
	ticks := int64(int32(timestamp - c.timestamp)) // wraps every 13 hours at 90 kHz
	step := c.duration(ticks)
	c.ticks += ticks
	c.timestamp = timestamp
	waited := arrival - c.arrival
	if step < -maxReorder || step-waited > maxLeap || waited-step > maxLeap {
		return t.restart(c, arrival)
	}
	return c.media() + c.offset
}

// start sets the track going at the arrival of its first unit.
func (t *timeline) start(c *trackClock, timestamp uint32, arrival time.Duration) {
	if !t.tracks[unit.Video].started && !t.tracks[unit.Audio].started {
		t.lead = max(0, c.highest+tick-arrival)
	}
	c.started = true
	c.timestamp = timestamp
	c.offset = arrival + t.lead
	c.arrival = arrival
	c.pts = c.offset
	if c.rawReport.known {
		c.report = c.rawReport
		c.report.media = c.at(c.rawReport.timestamp)
		t.align()
	}
}

// restart ties the track to its arrival anew after the camera has set its
// clock: time goes on from the last unit by as much as has passed since.
// Earlier reports say nothing about the new clock.
func (t *timeline) restart(c *trackClock, arrival time.Duration) time.Duration {
	pts := max(c.pts+max(0, arrival-c.arrival), c.highest+tick)
	c.offset = pts - c.media()
	c.report.known = false
	t.aligned = false
	t.slew = 0
	return pts
}

// give notes a PTS as given out.
func (c *trackClock) give(pts, arrival time.Duration) time.Duration {
	c.pts = pts
	c.arrival = arrival
	c.highest = max(c.highest, pts)
	return pts
}

// media is the time of the last unit on the track's own clock.
func (c *trackClock) media() time.Duration { return c.duration(c.ticks) }

// at is the time of an RTP timestamp within half a wrap of the last unit.
func (c *trackClock) at(timestamp uint32) time.Duration {
	return c.duration(c.ticks + int64(int32(timestamp-c.timestamp)))
}

// duration converts RTP ticks. Whole seconds go apart, since nanoseconds times
// ticks would overflow after 28 hours.
func (c *trackClock) duration(ticks int64) time.Duration {
	rate := int64(c.rate)
	return time.Duration(ticks/rate)*time.Second + time.Duration(ticks%rate*int64(time.Second)/rate)
}
