package rtspcam

import (
	"bytes"

	"github.com/pion/rtp"
)

// Bounds of an access unit, against a camera that never ends one. 8 MiB is an
// intra picture of 2160p at far more than any camera's rate; 1,024 slices are
// more than one for each row of macroblocks.
const (
	maxUnitBytes = 8 << 20
	maxUnitNALUs = 1024
	// maxDropout is RFC 3550's MAX_DROPOUT: a longer jump of the sequence number
	// is a restart of the sender, not a loss.
	maxDropout = 3000
)

// depacketiser joins the RTP packets of one video track into access units. It
// gives out whole ones only, and says when one is not.
//
// gortsplib's own decoders serve for audio but not here: they refuse more than
// 25 NAL units in a picture (single-NAL cameras send hundreds), give a picture
// that ends without a marker the time of the next one, and do not tell a loss
// between two NAL units.
//
// Payloads are kept without a copy. gortsplib v4.16.2 makes a new buffer for
// each interleaved frame (pkg/base InterleavedFrame.Unmarshal) and, on UDP, for
// each datagram that a callback has got (clientUDPListener.run), and never
// writes to it again; the reader's pooled struct is reused, its Payload is not.
type depacketiser struct {
	syntax syntax
	// deliver gets each whole access unit.
	deliver func(nalus [][]byte, timestamp uint32)
	// damage is called when pictures from here on may refer to something that is
	// not there: packets lost, or (lost = 0) nonsense received.
	damage func(lost int)

	started   bool
	next      uint16 // sequence number expected
	open      bool   // an access unit is being collected
	broken    bool   // ... and lacks something
	timestamp uint32
	nalus     [][]byte
	size      int
	usual     int // NAL units in the last access unit: room for the next

	head      [2]byte
	fragments [][]byte // of the NAL unit being collected; reused
	partSize  int
	inBand    bool // the camera sends parameter sets with its pictures
}

// push takes the next packet in order of arrival.
func (d *depacketiser) push(pkt *rtp.Packet) {
	gap := d.follow(pkt.SequenceNumber)
	if len(pkt.Payload) == 0 {
		return // padding
	}
	if d.open && pkt.Timestamp != d.timestamp {
		d.close() // a camera that sets no marker
	}
	p := d.syntax.open(pkt.Payload)
	if !d.open {
		d.open = true
		d.timestamp = pkt.Timestamp
		d.broken = gap && !d.begins(p)
	}
	d.take(p)
	if pkt.Marker {
		d.close()
	}
}

// follow checks the sequence number and tells whether something may be missing
// before this packet, which is so before the very first one too.
func (d *depacketiser) follow(sequence uint16) (gap bool) {
	missing := int(sequence - d.next)
	d.next = sequence + 1
	if !d.started {
		d.started = true
		return true
	}
	if missing == 0 {
		return false
	}
	if missing > maxDropout {
		missing = 1 // unknown how many
	}
	d.broken = true
	d.dropFragments()
	d.damage(missing)
	return true
}

// begins tells whether a packet after a gap is the first of its access unit. A
// delimiter or sequence set always is. Any other start can have lost parameter
// sets before it, which matters only when the camera sends them in band.
func (d *depacketiser) begins(p payload) bool {
	nalu, rest := p.body, []byte(nil)
	size := d.syntax.headSize()
	switch {
	case p.layout == aggregate && len(p.body) > 2:
		nalu = p.body[2:]
	case p.layout == fragment && p.first:
		nalu, rest = p.head[:size], p.body
	case p.layout != single:
		return false
	}
	kind := d.syntax.kind(nalu)
	if kind == delimiter || kind == videoSet || kind == sequenceSet {
		return true
	}
	if rest == nil && len(nalu) > size {
		rest = nalu[size:]
	}
	return !d.inBand && kind.slice() && firstSlice(rest)
}

// take adds the content of a payload to the access unit.
func (d *depacketiser) take(p payload) {
	if d.broken {
		return // the rest of a unit that is lost already
	}
	if len(d.fragments) > 0 && (p.layout != fragment || p.first) {
		d.spoil() // the NAL unit before was never ended
		return
	}
	switch p.layout {
	case single:
		d.add(p.body)
	case aggregate:
		d.addAll(p.body)
	case fragment:
		d.addPart(p)
	default:
		d.spoil()
	}
}

func (d *depacketiser) addAll(body []byte) {
	for len(body) > 2 {
		size := int(body[0])<<8 | int(body[1])
		body = body[2:]
		if size == 0 && len(bytes.TrimLeft(body, "\x00")) == 0 {
			return // padding of some cameras
		}
		if size == 0 || size > len(body) {
			break
		}
		d.add(body[:size])
		if body = body[size:]; len(body) == 0 {
			return
		}
	}
	d.spoil()
}

func (d *depacketiser) addPart(p payload) {
	size := d.syntax.headSize()
	if p.first {
		d.head = p.head
		d.partSize = size
	} else if len(d.fragments) == 0 {
		d.spoil()
		return
	}
	d.fragments = append(d.fragments, p.body)
	d.partSize += len(p.body)
	if d.partSize > maxUnitBytes {
		d.spoil()
		return
	}
	if !p.last {
		return
	}
	nalu := make([]byte, 0, d.partSize)
	nalu = append(nalu, d.head[:size]...)
	for _, part := range d.fragments {
		nalu = append(nalu, part...)
	}
	d.dropFragments()
	d.add(nalu)
}

// startCode cannot occur inside of a NAL unit: some cameras pack several NAL
// units with start codes between them as if they were one.
const startCode = "\x00\x00\x00\x01"

func (d *depacketiser) add(nalu []byte) {
	for {
		i := bytes.Index(nalu, []byte(startCode))
		if i < 0 {
			break
		}
		if i > 0 {
			d.addOne(nalu[:i])
		}
		nalu = nalu[i+len(startCode):]
	}
	d.addOne(nalu)
}

func (d *depacketiser) addOne(nalu []byte) {
	kind := d.syntax.kind(nalu)
	d.size += len(nalu)
	if kind == invalidUnit || d.size > maxUnitBytes || len(d.nalus) >= maxUnitNALUs {
		d.spoil()
		return
	}
	d.inBand = d.inBand || kind.set()
	if d.nalus == nil {
		d.nalus = make([][]byte, 0, max(d.usual, 1))
	}
	d.nalus = append(d.nalus, nalu)
}

// spoil gives up the access unit because of nonsense in it.
func (d *depacketiser) spoil() {
	d.broken = true
	d.dropFragments()
	d.damage(0)
}

// close ends the access unit and gives it out if it is whole.
func (d *depacketiser) close() {
	if len(d.fragments) > 0 {
		d.spoil()
	}
	nalus, whole := d.nalus, !d.broken && len(d.nalus) > 0
	d.open, d.broken = false, false
	d.nalus, d.size = nil, 0
	if whole {
		d.usual = len(nalus)
		d.deliver(nalus, d.timestamp)
	}
}

// dropFragments forgets the parts, and lets go of their packets.
func (d *depacketiser) dropFragments() {
	clear(d.fragments)
	d.fragments = d.fragments[:0]
	d.partSize = 0
}
