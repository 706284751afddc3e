package testcam

import (
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// reportEvery is the time between two sender reports of a track. The first one
// goes out before the first packet, so that receivers can align the tracks
// from the beginning.
const reportEvery = 2 * time.Second

// track is the RTP and RTCP state of one track towards one reader.
type track struct {
	media     *description.Media
	ssrc      uint32
	clockRate int64  // per second
	offset    uint32 // RTP time at the camera's epoch
	packets   uint32
	octets    uint32
	reported  time.Duration // PTS of the last report; negative before the first
}

// rtpTime is a PTS on the track's clock.
func (t *track) rtpTime(pts time.Duration) uint32 {
	seconds, rest := int64(pts/time.Second), int64(pts%time.Second)
	return t.offset + uint32(seconds*t.clockRate+rest*t.clockRate/int64(time.Second))
}

// stamp completes a packet and counts it.
func (t *track) stamp(packet *rtp.Packet, pts time.Duration) {
	packet.Timestamp = t.rtpTime(pts)
	t.packets++
	t.octets += uint32(len(packet.Payload))
}

// report is a sender report that ties a PTS to the wall clock, nil when none is
// due.
func (t *track) report(pts time.Duration, wall time.Time) *rtcp.SenderReport {
	if t.reported >= 0 && pts-t.reported < reportEvery {
		return nil
	}
	t.reported = pts
	return &rtcp.SenderReport{
		SSRC:        t.ssrc,
		NTPTime:     ntp(wall),
		RTPTime:     t.rtpTime(pts),
		PacketCount: t.packets,
		OctetCount:  t.octets,
	}
}

// ntp is a time as RFC 5905 writes it: seconds since 1900 and a binary
// fraction, 32 bits each.
func ntp(t time.Time) uint64 {
	const from1900 = 2208988800
	return uint64(t.Unix()+from1900)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}
