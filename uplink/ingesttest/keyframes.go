package ingesttest

import "studiobox/encoder/unit"

// keyframes tells units that can be decoded alone, and gives those the
// parameter sets that a publisher sent in the SDP only.
type keyframes struct {
	codec         unit.Codec
	vps, sps, pps []byte
}

// NAL unit types of ITU-T H.264, table 7-1, and H.265, table 7-1.
const (
	h264IDR, h264SPS, h264PPS        = 5, 7, 8
	h265FirstIRAP, h265LastIRAP      = 16, 23
	h265VPS, h265SPS, h265PPS        = 32, 33, 34
	h264TypeMask, h265TypeMask  byte = 0x1f, 0x3f
)

// look returns the unit's NAL units as a unit must hold them, and whether it
// is a key unit.
func (k *keyframes) look(nalus [][]byte) ([][]byte, bool) {
	key, sets := false, false
	for _, nalu := range nalus {
		if len(nalu) == 0 {
			continue
		}
		if k.codec == unit.H265 {
			switch kind := nalu[0] >> 1 & h265TypeMask; {
			case kind >= h265FirstIRAP && kind <= h265LastIRAP:
				key = true
			case kind == h265VPS:
				k.vps = nalu
			case kind == h265SPS:
				k.sps, sets = nalu, true
			case kind == h265PPS:
				k.pps = nalu
			}
			continue
		}
		switch nalu[0] & h264TypeMask {
		case h264IDR:
			key = true
		case h264SPS:
			k.sps, sets = nalu, true
		case h264PPS:
			k.pps = nalu
		}
	}
	if key && !sets {
		nalus = k.prepend(nalus)
	}
	return nalus, key
}

func (k *keyframes) prepend(nalus [][]byte) [][]byte {
	var whole [][]byte
	for _, set := range [][]byte{k.vps, k.sps, k.pps} {
		if set != nil {
			whole = append(whole, set)
		}
	}
	return append(whole, nalus...)
}
