package publish

import (
	"encoding/binary"

	"studiobox/encoder/unit"
)

// wire carries the packets of a session.
type wire interface {
	// next gives room for one RTP packet of the track with n bytes. The
	// packet must be complete before the next call to the wire.
	next(t *track, n int) ([]byte, error)
	// flush returns once all packets are on their way.
	flush() error
	// report sends an RTCP packet.
	report(t *track, packet []byte) error
	// payload is the most bytes that a packet may carry after its header.
	payload() int
}

// Payload headers of the fragmentation units.
const (
	h264FragmentUnit = 28 // FU-A, RFC 6184, 5.8
	h265FragmentUnit = 49 // RFC 7798, 4.4.3
	fragmentStart    = 0x80
	fragmentEnd      = 0x40
)

// packetize puts one unit on the wire.
func packetize(w wire, t *track, u *unit.Unit) error {
	stamp := t.stamp(u.PTS)
	if u.Track == unit.Video {
		return packetizeVideo(w, t, u.NALUs, stamp)
	}
	switch t.codec {
	case unit.AAC:
		return packetizeAAC(w, t, u.Frame, stamp)
	case unit.G711A, unit.G711U:
		return packetizeSamples(w, t, u.Frame, stamp)
	default:
		return packetizeWhole(w, t, u.Frame, stamp)
	}
}

// packetizeVideo sends each NAL unit as it is, or in fragments; the marker
// closes the access unit.
func packetizeVideo(w wire, t *track, nalus [][]byte, stamp uint32) error {
	last := len(nalus) - 1
	for last >= 0 && len(nalus[last]) == 0 {
		last--
	}
	for i, nalu := range nalus[:last+1] {
		var err error
		switch {
		case len(nalu) == 0:
			continue
		case len(nalu) <= w.payload():
			err = copyPacket(w, t, nalu, stamp, i == last)
		case t.codec == unit.H265:
			err = fragment(w, t, nalu, stamp, i == last, 2)
		default:
			err = fragment(w, t, nalu, stamp, i == last, 1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyPacket(w wire, t *track, payload []byte, stamp uint32, marker bool) error {
	packet, err := w.next(t, rtpHeaderBytes+len(payload))
	if err != nil {
		return err
	}
	t.header(packet, stamp, marker)
	copy(packet[rtpHeaderBytes:], payload)
	return nil
}

// fragment splits a NAL unit whose own header is header bytes long: 1 for
// H.264 and 2 for H.265. The FU repeats it with the type replaced, and carries
// the type in one more byte.
func fragment(w wire, t *track, nalu []byte, stamp uint32, marker bool, header int) error {
	rest, room := nalu[header:], w.payload()-header-1
	for start := true; len(rest) > 0; start = false {
		n := min(len(rest), room)
		end := n == len(rest)
		packet, err := w.next(t, rtpHeaderBytes+header+1+n)
		if err != nil {
			return err
		}
		t.header(packet, stamp, marker && end)
		payload := packet[rtpHeaderBytes:]
		if header == 1 {
			payload[0] = nalu[0]&0xe0 | h264FragmentUnit
			payload[1] = nalu[0] & 0x1f
		} else {
			payload[0] = nalu[0]&0x81 | h265FragmentUnit<<1
			payload[1] = nalu[1]
			payload[2] = nalu[0] >> 1 & 0x3f
		}
		if start {
			payload[header] |= fragmentStart
		}
		if end {
			payload[header] |= fragmentEnd
		}
		copy(payload[header+1:], rest[:n])
		rest = rest[n:]
	}
	return nil
}

// packetizeAAC is mode AAC-hbr of RFC 3640: one access unit per packet after a
// header of 13 bits of size and 3 of index; a unit that is too long is split
// under its whole size, and the marker shows where it ends.
func packetizeAAC(w wire, t *track, frame []byte, stamp uint32) error {
	const headers = 4
	for rest := frame; len(rest) > 0; {
		n := min(len(rest), w.payload()-headers)
		packet, err := w.next(t, rtpHeaderBytes+headers+n)
		if err != nil {
			return err
		}
		t.header(packet, stamp, n == len(rest))
		payload := packet[rtpHeaderBytes:]
		binary.BigEndian.PutUint16(payload, 16) // bits of AU headers
		binary.BigEndian.PutUint16(payload[2:], uint16(len(frame))<<3)
		copy(payload[headers:], rest[:n])
		rest = rest[n:]
	}
	return nil
}

// packetizeSamples splits G.711 anywhere between samples: each packet's time
// is that of its first one.
func packetizeSamples(w wire, t *track, frame []byte, stamp uint32) error {
	room := w.payload() / t.channels * t.channels
	for len(frame) > 0 {
		n := min(len(frame), room)
		if err := copyPacket(w, t, frame[:n], stamp, false); err != nil {
			return err
		}
		frame = frame[n:]
		stamp += uint32(n / t.channels)
	}
	return nil
}

// packetizeWhole is for Opus, whose packets cannot be split (RFC 7587, 4.2).
// One that does not fit, which takes more than 500 kbit/s, is left out.
func packetizeWhole(w wire, t *track, frame []byte, stamp uint32) error {
	if len(frame) == 0 || len(frame) > w.payload() {
		return nil
	}
	return copyPacket(w, t, frame, stamp, false)
}
