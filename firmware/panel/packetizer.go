package panel

import (
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"studiobox/encoder/unit"
)

const (
	videoClock = 90_000 // Hz, RFC 6184
	rtpPayload = 1180   // bytes; leaves room for SRTP and tunnels in an MTU of 1280
	oldStep    = 9      // 0.1 ms between cached pictures
	oddStep    = videoClock / 25
)

// packetizer turns one viewer's units into RTP packets (RFC 6184). It keeps
// time so that a browser does not play cached pictures at their own pace,
// which would leave the viewer behind for good: they get stamps that hardly
// differ, right before that of the first live picture.
type packetizer struct {
	payloader codecs.H264Payloader
	sequence  uint16
	stamp     uint32        // of the last picture
	last      time.Duration // PTS of the last picture
	base      time.Duration // the PTS that baseStamp stands for
	baseStamp uint32
}

// old makes packets of a picture from the cache.
func (p *packetizer) old(u *unit.Unit) []*rtp.Packet {
	p.rebase(u.PTS, p.stamp+oldStep)
	return p.packets(u)
}

// live makes packets of a picture that has just come in.
func (p *packetizer) live(u *unit.Unit) []*rtp.Packet {
	if step := u.PTS - p.last; step <= 0 || step > newTimeline {
		p.rebase(u.PTS, p.stamp+oddStep)
	}
	p.last = u.PTS
	// From the base and not from the last picture, so that rounding never adds up.
	p.stamp = p.baseStamp + uint32((u.PTS-p.base)*videoClock/time.Second)
	return p.packets(u)
}

func (p *packetizer) rebase(pts time.Duration, stamp uint32) {
	p.base, p.last = pts, pts
	p.baseStamp, p.stamp = stamp, stamp
}

func (p *packetizer) packets(u *unit.Unit) []*rtp.Packet {
	var packets []*rtp.Packet
	for _, nalu := range u.NALUs {
		for _, payload := range p.payloader.Payload(rtpPayload, nalu) {
			p.sequence++
			packets = append(packets, &rtp.Packet{
				Header:  rtp.Header{Version: 2, SequenceNumber: p.sequence, Timestamp: p.stamp},
				Payload: payload,
			})
		}
	}
	if len(packets) > 0 {
		packets[len(packets)-1].Marker = true
	}
	return packets
}
