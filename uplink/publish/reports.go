package publish

import (
	"fmt"
	"time"

	"github.com/pion/rtcp"

	"studiobox/encoder/unit"
)

// reportInterval is how often both tracks send a sender report. Reports go only
// with media: their acknowledgement must not count for a stream that stopped.
const reportInterval = 2 * time.Second

// wallClock maps presentation time to wall-clock time, one offset for both
// tracks, so that a receiver finds sound and picture on one timeline.
type wallClock struct {
	known  bool
	offset time.Duration // wall time since 1970, minus PTS
}

// note takes in a video unit. The capture time of single units jitters; the
// offset follows slowly, except when the box's clock was set.
func (w *wallClock) note(u *unit.Unit) {
	offset := time.Duration(u.Captured.UnixNano()) - u.PTS
	if drift := offset - w.offset; !w.known || drift.Abs() > time.Second {
		w.known, w.offset = true, offset
	} else {
		w.offset += drift / 256
	}
}

// sendReports sends an RTCP compound of sender report and CNAME per track, all
// for the instant of the unit that follows. RFC 3550, section 6.4.1, speaks of
// the instant of sending; but receivers such as ffmpeg place the first unit by
// its RTP time alone and the rest by the report, and only a report for that very
// unit leaves no step between the two. The library's own reports are off: they
// carry nanoseconds where the RFC wants a binary fraction.
func sendReports(w wire, tracks []*track, wall *wallClock, pts time.Duration, now time.Time) error {
	ntp := toNTP(time.Unix(0, int64(wall.offset+pts)))
	name := fmt.Sprintf("studiobox-%08x", tracks[0].ssrc) // one per session, RFC 7022
	for _, t := range tracks {
		packet, err := rtcp.Marshal([]rtcp.Packet{
			&rtcp.SenderReport{SSRC: t.ssrc, NTPTime: ntp, RTPTime: t.stamp(pts), PacketCount: t.packets, OctetCount: t.octets},
			rtcp.NewCNAMESourceDescription(t.ssrc, name),
		})
		if err != nil {
			return err
		}
		if err := w.report(t, packet); err != nil {
			return err
		}
		if t.reports != nil {
			t.reports.SentReport(ntp, now)
		}
	}
	return nil
}

// toNTP is a time in the format of RFC 5905: seconds since 1900 in the upper 32
// bits, their fraction in the lower.
func toNTP(t time.Time) uint64 {
	const from1900To1970 = 2208988800
	seconds := uint64(t.Unix() + from1900To1970)
	return seconds<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}
