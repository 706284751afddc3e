package rtspcam

import (
	"bytes"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"studiobox/encoder/unit"
)

// parameters are the latest known parameter sets of a track.
type parameters struct {
	codec         unit.Codec
	vps, sps, pps []byte
}

// complete tells whether a decoder can start with these sets.
func (p *parameters) complete() bool {
	return p.sps != nil && p.pps != nil && (p.vps != nil || p.codec != unit.H265)
}

// learn keeps a parameter set that came in band and tells whether it is news.
// An SPS that cannot be read is not kept.
func (p *parameters) learn(k kind, nalu []byte) (news bool) {
	held := &p.sps
	switch k {
	case videoSet:
		held = &p.vps
	case pictureSet:
		held = &p.pps
	}
	if bytes.Equal(*held, nalu) || k == sequenceSet && !readableSPS(p.codec, nalu) {
		return false
	}
	*held = bytes.Clone(nalu) // the NAL unit would hold its whole packet in memory
	return true
}

func readableSPS(codec unit.Codec, nalu []byte) bool {
	if codec == unit.H265 {
		var sps h265.SPS
		return sps.Unmarshal(nalu) == nil
	}
	var sps h264.SPS
	return sps.Unmarshal(nalu) == nil
}

// format describes the track with the present sets.
func (p *parameters) format() unit.Format {
	return unit.Format{Codec: p.codec, VPS: p.vps, SPS: p.sps, PPS: p.pps}
}

// lead gives the NAL units of a key picture with the parameter sets first. Sets
// that the picture brings along stay, those that it lacks are put in; the
// delimiter goes, since after the sets it would begin another picture. A picture
// that is in order already comes back untouched.
func (p *parameters) lead(nalus [][]byte, syntax syntax) [][]byte {
	if p.led(nalus, syntax) {
		return nalus
	}
	ordered := make([][]byte, 0, len(nalus)+3)
	for _, set := range [...]struct {
		kind kind
		held []byte
	}{{videoSet, p.vps}, {sequenceSet, p.sps}, {pictureSet, p.pps}} {
		before := len(ordered)
		for _, nalu := range nalus {
			if syntax.kind(nalu) == set.kind {
				ordered = append(ordered, nalu)
			}
		}
		if len(ordered) == before && set.held != nil {
			ordered = append(ordered, set.held)
		}
	}
	for _, nalu := range nalus {
		if k := syntax.kind(nalu); !k.set() && k != delimiter {
			ordered = append(ordered, nalu)
		}
	}
	return ordered
}

// led tells whether a key picture begins with all its parameter sets in order.
func (p *parameters) led(nalus [][]byte, syntax syntax) bool {
	step := videoSet
	if p.codec != unit.H265 {
		step = sequenceSet
	}
	if len(nalus) == 0 || syntax.kind(nalus[0]) != step {
		return false
	}
	for _, nalu := range nalus {
		k := syntax.kind(nalu)
		switch {
		case k == delimiter:
			return false
		case k.set():
			if k != step && k != step+1 {
				return false
			}
			step = k
		case step == pictureSet:
			step = otherUnit // no set may follow
		case step != otherUnit:
			return false
		}
	}
	return true
}
