package gcc

import (
	"time"

	"github.com/pion/rtp"
)

// restartBehind is how far behind a sequence number may be and still be a late
// packet. Repeats are never older than the sender's memory; what is further
// off comes after a gap of more than half the number space.
const restartBehind = -(1 << 13)

// order puts packets into sequence, waits a bounded time for those that are
// missing, and cuts the sequence into pictures. Times are given by the caller.
// It is not safe for concurrent use.
type order struct {
	// picture gets the packets of each whole picture, in order; broken is
	// true when a picture before it, since the last key picture, is lost. It
	// tells whether this one is a key picture.
	picture func(packets []*rtp.Packet, now time.Time, broken bool) (key bool)

	begun  bool
	next   uint16          // the sequence number that comes next
	came   time.Time       // when the packet before next came
	held   map[uint16]held // packets behind a hole
	whole  []*rtp.Packet   // the present picture so far
	torn   bool            // the present picture lacks a packet: leave out what is left of it
	broken bool            // nothing can be decoded up to the next key picture
	asking bool            // and the sender should be told so

	missing, late, given uint64 // packets given up, packets of no use any more, holes given up
}

// held is a packet with its time of arrival.
type held struct {
	packet *rtp.Packet
	at     time.Time
}

func newOrder(picture func([]*rtp.Packet, time.Time, bool) bool) *order {
	return &order{picture: picture, held: map[uint16]held{}, broken: true}
}

// push takes in a packet, which must not be altered afterwards.
func (o *order) push(p *rtp.Packet, now time.Time) {
	ahead := int16(p.SequenceNumber - o.next)
	switch {
	case !o.begun, ahead < restartBehind:
		o.restart(p, now)
	case ahead < 0:
		o.late++
		return
	}
	if _, twice := o.held[p.SequenceNumber]; twice {
		o.late++
		return
	}
	o.held[p.SequenceNumber] = held{p, now}
	o.advance(now)
}

// restart begins with this packet, whatever was before it.
func (o *order) restart(p *rtp.Packet, now time.Time) {
	clear(o.held)
	o.begun, o.next, o.came = true, p.SequenceNumber, now
	o.whole, o.torn, o.broken = nil, !beginsKey(p), true
}

// advance gives out what is in sequence, and gives up holes that were waited
// for long enough.
func (o *order) advance(now time.Time) {
	for {
		if h, ok := o.held[o.next]; ok {
			o.take(h, now)
			continue
		}
		if len(o.held) == 0 {
			return
		}
		key, found := o.completeKey()
		switch {
		case o.broken && found: // all before it is of no use
			o.giveUp(key)
		case now.Sub(o.came) >= repairWait:
			o.giveUp(o.nearest())
		default:
			return
		}
	}
}

// take moves on by the packet that is next.
func (o *order) take(h held, now time.Time) {
	delete(o.held, o.next)
	o.next++
	o.came = h.at
	if !o.torn {
		o.whole = append(o.whole, h.packet)
	}
	if !h.packet.Marker {
		return
	}
	if !o.torn {
		key := o.picture(o.whole, now, o.broken)
		o.broken = o.broken && !key
		o.asking = o.broken
	}
	o.whole, o.torn = nil, false
}

// giveUp goes on at a packet that is held, behind one hole or more. The
// picture there is whole only where it can be seen to begin.
func (o *order) giveUp(at uint16) {
	o.given++
	for ; o.next != at; o.next++ {
		if _, ok := o.held[o.next]; !ok {
			o.missing++
		}
		delete(o.held, o.next)
	}
	o.whole, o.torn = nil, !beginsKey(o.held[at].packet)
	o.broken, o.asking = true, true
}

// nearest is the first sequence number behind the hole.
func (o *order) nearest() uint16 {
	least := uint16(1<<16 - 1)
	for number := range o.held {
		least = min(least, number-o.next)
	}
	return o.next + least
}

// completeKey is where the newest whole key picture behind the hole begins.
func (o *order) completeKey() (at uint16, found bool) {
	for number, h := range o.held {
		if beginsKey(h.packet) && o.ends(number) && (!found || int16(number-at) > 0) {
			at, found = number, true
		}
	}
	return at, found
}

// ends tells whether all packets from a number up to a picture's end are held.
func (o *order) ends(number uint16) bool {
	for {
		h, ok := o.held[number]
		if !ok || h.packet.Marker {
			return ok
		}
		number++
	}
}

// NAL unit types of H.264 (table 7-1) and of RFC 6184.
const (
	naluIDR, naluSPS, naluAUD = 5, 7, 9
	naluSTAPA                 = 24
	naluType                  = 0x1f
)

// beginsKey tells a packet that a key picture of the box begins with: its
// parameter sets, alone or first in an aggregation, perhaps behind a delimiter.
func beginsKey(p *rtp.Packet) bool {
	payload := p.Payload
	if len(payload) == 0 {
		return false
	}
	if payload[0]&naluType != naluSTAPA {
		return payload[0]&naluType == naluSPS
	}
	for payload = payload[1:]; len(payload) > 2; {
		switch payload[2] & naluType {
		case naluSPS:
			return true
		case naluAUD:
			payload = payload[min(len(payload), 2+int(payload[0])<<8+int(payload[1])):]
		default:
			return false
		}
	}
	return false
}
