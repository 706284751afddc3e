package gst

import (
	"bytes"
	"time"

	"studiobox/encoder/unit"
)

// Types of H.264 NAL units (ITU-T H.264, table 7-1) that matter here.
const (
	naluIDR       = 5
	naluDelimiter = 9
)

// outUnit keeps a unit and its list of NAL units in one allocation.
type outUnit struct {
	unit.Unit
	list [8][]byte
}

// newUnit makes a unit of an H.264 byte stream, which it keeps. Access unit
// delimiters are left out, so that a key unit begins with its parameter sets.
func newUnit(pts time.Duration, captured time.Time, stream []byte) *unit.Unit {
	u := &outUnit{Unit: unit.Unit{PTS: pts, Captured: captured, Track: unit.Video}}
	u.NALUs = u.list[:0]
	for {
		var nalu []byte
		nalu, stream = cutNALU(stream)
		if nalu == nil {
			return &u.Unit
		}
		switch nalu[0] & 0x1f {
		case naluDelimiter:
			continue
		case naluIDR:
			u.Key = true
		}
		u.NALUs = append(u.NALUs, nalu)
	}
}

// cutNALU returns the first NAL unit of a byte stream and what follows it; nil
// when there is none left. Zeros before a start code belong to nobody.
func cutNALU(stream []byte) (nalu, rest []byte) {
	for {
		begin := bytes.Index(stream, []byte{0, 0, 1})
		if begin < 0 {
			return nil, nil
		}
		stream = stream[begin+3:]
		end := bytes.Index(stream, []byte{0, 0, 1})
		if end < 0 {
			end = len(stream)
		}
		nalu = bytes.TrimRight(stream[:end], "\x00")
		if len(nalu) > 0 {
			return nalu[:len(nalu):len(nalu)], stream[end:]
		}
		stream = stream[end:]
	}
}
