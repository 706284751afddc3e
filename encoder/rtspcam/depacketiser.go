package rtspcam

import "github.com/pion/rtp"

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
