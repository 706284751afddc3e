package publish

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"studiobox/encoder/unit"
	"studiobox/uplink/link"
)

const (
	rtpVersion     = 2
	rtpHeaderBytes = 12
)

// track is one RTP stream of a session.
type track struct {
	kind        unit.Track
	codec       unit.Codec
	channels    int   // audio
	rate        int64 // Hz of the RTP clock
	payloadType byte

	ssrc  uint32
	seq   uint16 // of the next packet
	first uint32 // RTP time of PTS 0

	packets, octets uint32 // as the sender report counts them

	// Interleaved: the channel of RTP; RTCP has the next one.
	channel byte
	// UDP: our sockets and the ingest's ports.
	rtp, rtcp     *net.UDPConn
	rtpTo, rtcpTo netip.AddrPort
	reports       *link.Reports // nil when interleaved
}

// newTrack starts at random numbers, as RFC 3550 asks.
func newTrack(kind unit.Track, format unit.Format, payloadType byte, rate int) *track {
	t := &track{
		kind: kind, codec: format.Codec, channels: max(1, format.Channels), rate: int64(rate), payloadType: payloadType,
		ssrc: rand.Uint32(), seq: uint16(rand.Uint32()), first: rand.Uint32(),
	}
	return t
}

// stamp is the RTP time of a presentation time.
func (t *track) stamp(pts time.Duration) uint32 {
	whole, part := int64(pts/time.Second), int64(pts%time.Second)
	return t.first + uint32(whole*t.rate+(part*t.rate+int64(time.Second)/2)/int64(time.Second))
}

// header fills in the RTP header of the next packet, which has the given
// length with header.
func (t *track) header(packet []byte, stamp uint32, marker bool) {
	packet[0] = rtpVersion << 6
	packet[1] = t.payloadType
	if marker {
		packet[1] |= 0x80
	}
	binary.BigEndian.PutUint16(packet[2:], t.seq)
	binary.BigEndian.PutUint32(packet[4:], stamp)
	binary.BigEndian.PutUint32(packet[8:], t.ssrc)
	t.seq++
	t.packets++
	t.octets += uint32(len(packet) - rtpHeaderBytes)
	if t.reports != nil {
		t.reports.SentPacket(len(packet))
	}
}
