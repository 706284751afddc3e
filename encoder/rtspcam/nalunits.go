package rtspcam

import "bytes"

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
