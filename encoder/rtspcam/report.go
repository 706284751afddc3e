package rtspcam

import (
	"time"

	"studiobox/encoder/unit"
)

// Bounds of what a sender report can make of the timeline.
const (
	// maxSkew is the largest correction that is believed. Sound and picture of
	// one camera never arrive further apart; a report that says so is broken.
	maxSkew = 5 * time.Second
	// wallStep tells a step of the camera's wall clock (it has just found its
	// time server) from the unsteadiness of reports.
	wallStep = 25 * time.Millisecond
	// slewAbove is the error that is left alone: reports are not better.
	slewAbove = 10 * time.Millisecond
	// jumpAbove is the error that slewing would take too long for.
	jumpAbove = 200 * time.Millisecond
)

// senderReport is an RTCP sender report: wall is the camera's wall clock at the
// instant that media is on the track's clock.
type senderReport struct {
	known     bool
	ntp       uint64 // as sent: seconds since 1900 in 32.32 bits
	timestamp uint32
	media     time.Duration
}

// wall reads the NTP time, by RFC 3550 or, if nano is set, with nanoseconds for
// a fraction.
func (r *senderReport) wall(nano bool) time.Duration {
	seconds, fraction := time.Duration(r.ntp>>32)*time.Second, r.ntp&0xffffffff
	if nano {
		return seconds + time.Duration(fraction)
	}
	return seconds + time.Duration(fraction*uint64(time.Second)>>32)
}

// canBeNano tells whether the fraction could be nanoseconds.
func (r *senderReport) canBeNano() bool { return r.ntp&0xffffffff < uint64(time.Second) }

// reported takes a sender report of a track. A report without a wall clock is
// ignored.
func (t *timeline) reported(track unit.Track, ntp uint64, timestamp uint32) {
	c := &t.tracks[track]
	if ntp == 0 || c.rate == 0 {
		return
	}
	fresh := senderReport{known: true, ntp: ntp, timestamp: timestamp}
	if !c.started {
		c.rawReport = fresh
		return
	}
	fresh.media = c.at(timestamp)
	if c.report.known && stepped(&c.report, &fresh) {
		// The other track's report is by the wall clock of before the step.
		t.tracks[1-track].report.known = false
	}
	c.report = fresh
	t.align()
}

// stepped tells whether the wall clock was set between two reports of a track.
func stepped(before, after *senderReport) bool {
	nano := before.canBeNano() && after.canBeNano()
	elapsed := after.media - before.media
	off := (after.wall(false) - before.wall(false) - elapsed).Abs()
	if nano {
		off = min(off, (after.wall(true) - before.wall(true) - elapsed).Abs())
	}
	return off > wallStep
}

// skew is how much sound is early against the picture by the reports.
//
// gortsplib up to v4, and so servers built on it, write nanoseconds where RFC
// 3550 wants a binary fraction (bluenviron/gortsplib#869): read by the book, two
// such reports are wrong by up to 0.77 s against each other. Where both readings
// are possible, the one that is nearer to the order of arrival counts.
func (t *timeline) skew() time.Duration {
	v, a := &t.tracks[unit.Video], &t.tracks[unit.Audio]
	ahead := (v.offset + v.report.media) - (a.offset + a.report.media)
	skew := ahead - (v.report.wall(false) - a.report.wall(false))
	if v.report.canBeNano() && a.report.canBeNano() {
		if nano := ahead - (v.report.wall(true) - a.report.wall(true)); nano.Abs() < skew.Abs() {
			skew = nano
		}
	}
	return skew
}

// align brings sound and picture together once both tracks have reported.
func (t *timeline) align() {
	v, a := &t.tracks[unit.Video], &t.tracks[unit.Audio]
	if !v.started || !a.started || !v.report.known || !a.report.known {
		return
	}
	skew := t.skew()
	switch {
	case skew.Abs() > maxSkew:
		return
	case t.aligned && skew.Abs() <= slewAbove:
		t.slew = 0
	case t.aligned && skew.Abs() <= jumpAbove:
		t.slew = skew
	case skew > 0:
		a.lift(skew)
		t.slew = 0
	default:
		v.lift(-skew)
		t.slew = 0
	}
	t.aligned = true
}

// lift moves the track's further units later.
func (c *trackClock) lift(by time.Duration) {
	c.offset += by
	c.pts += by
}

// slewStep is the part of the correction that is due after waited has passed.
func (t *timeline) slewStep(waited time.Duration) time.Duration {
	most := max(0, min(waited, time.Second)) * slewPerSecond / time.Second
	return max(-most, min(most, t.slew))
}
