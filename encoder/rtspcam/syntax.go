package rtspcam

import "bytes"

// kind is what a NAL unit is for, as far as this package cares.
type kind uint8

const (
	invalidUnit  kind = iota
	plainSlice        // needs earlier pictures
	leadingSlice      // H.265 RASL: needs pictures from before the key picture that it follows
	keySlice          // needs no earlier picture
	videoSet          // H.265 VPS
	sequenceSet       // SPS
	pictureSet        // PPS
	delimiter         // begins an access unit, carries nothing
	otherUnit         // SEI and the like
)

// slice tells whether the NAL unit holds a part of the picture itself.
func (k kind) slice() bool { return k == plainSlice || k == leadingSlice || k == keySlice }

// set tells whether the NAL unit is a parameter set.
func (k kind) set() bool { return k == videoSet || k == sequenceSet || k == pictureSet }

// layout is how an RTP payload carries NAL units.
type layout uint8

const (
	unusable  layout = iota
	single           // body is one NAL unit
	aggregate        // body is 16-bit sizes, each with a NAL unit
	fragment         // body is a part of a NAL unit without its header
)

// payload is an RTP payload taken apart.
type payload struct {
	layout      layout
	body        []byte
	head        [2]byte // header of the NAL unit that a fragment belongs to
	first, last bool    // which part of the NAL unit a fragment is
}

// syntax is what H.264 and H.265 do differently in RTP. Sizes are in bytes.
type syntax interface {
	// headSize is the size of a NAL unit's header.
	headSize() int
	// kind reads the header of a NAL unit; shorter ones are invalid.
	kind(nalu []byte) kind
	// open takes an RTP payload apart.
	open(data []byte) payload
}

// firstSlice tells whether the slice with this header is the first of its
// picture: both codings begin a slice with a field that is a single 1 bit there
// (H.264 7.3.3 first_mb_in_slice = 0 as ue(v), H.265 7.3.6.1
// first_slice_segment_in_pic_flag).
func firstSlice(afterHead []byte) bool { return len(afterHead) > 0 && afterHead[0]&0x80 != 0 }

// h264Syntax is RFC 6184, packetization modes 0 and 1.
type h264Syntax struct{}

func (h264Syntax) headSize() int { return 1 }

func (h264Syntax) kind(nalu []byte) kind {
	if len(nalu) < 1 || nalu[0]&0x80 != 0 { // forbidden_zero_bit
		return invalidUnit
	}
	switch t := nalu[0] & 0x1f; {
	case t == 5:
		return keySlice
	case t >= 1 && t <= 4, t == 19, t == 20, t == 21:
		return plainSlice
	case t == 7:
		return sequenceSet
	case t == 8:
		return pictureSet
	case t == 9:
		return delimiter
	case t == 0, t >= 24:
		return invalidUnit
	}
	return otherUnit
}

func (h264Syntax) open(data []byte) payload {
	if len(data) < 1 {
		return payload{}
	}
	switch t := data[0] & 0x1f; {
	case t >= 1 && t <= 23, bytes.HasPrefix(data, []byte(startCode)):
		return payload{layout: single, body: data}
	case t == 24: // STAP-A
		return payload{layout: aggregate, body: data[1:]}
	case t == 28 && len(data) > 2: // FU-A
		return payload{
			layout: fragment,
			body:   data[2:],
			head:   [2]byte{data[0]&0xe0 | data[1]&0x1f},
			first:  data[1]&0x80 != 0,
			last:   data[1]&0x40 != 0,
		}
	}
	return payload{}
}

// h265Syntax is RFC 7798 without decoding order numbers.
type h265Syntax struct{}

func (h265Syntax) headSize() int { return 2 }

func (h265Syntax) kind(nalu []byte) kind {
	if len(nalu) < 2 || nalu[0]&0x80 != 0 || nalu[1]&0x07 == 0 { // forbidden_zero_bit, nuh_temporal_id_plus1
		return invalidUnit
	}
	switch t := nalu[0] >> 1 & 0x3f; {
	case t == 8 || t == 9:
		return leadingSlice
	case t <= 15:
		return plainSlice
	case t <= 21: // BLA, IDR, CRA
		return keySlice
	case t == 32:
		return videoSet
	case t == 33:
		return sequenceSet
	case t == 34:
		return pictureSet
	case t == 35:
		return delimiter
	case t >= 48:
		return invalidUnit
	}
	return otherUnit
}

func (h265Syntax) open(data []byte) payload {
	if len(data) < 2 {
		return payload{}
	}
	switch t := data[0] >> 1 & 0x3f; {
	case t < 48:
		return payload{layout: single, body: data}
	case t == 48: // aggregation packet
		return payload{layout: aggregate, body: data[2:]}
	case t == 49 && len(data) > 3: // fragmentation unit
		return payload{
			layout: fragment,
			body:   data[3:],
			head:   [2]byte{data[0]&0x81 | data[2]&0x3f<<1, data[1]},
			first:  data[2]&0x80 != 0,
			last:   data[2]&0x40 != 0,
		}
	}
	return payload{}
}
