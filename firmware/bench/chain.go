package main

import (
	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"studiobox/encoder/unit"
)

// chain tells whether a unit can be decoded: a key unit always, another one
// when everything back to its key unit is there. It reads frame_num (ITU-T
// H.264, 7.4.3), which counts reference pictures, and so sees what a sender
// left out without a word; a decoder would paint over such a hole.
type chain struct {
	whole     bool
	sps       *h264.SPS
	last      uint32 // frame_num of the last picture
	reference bool   // the last picture was one
}

// cut is the start of another session: what follows builds on nothing before.
func (c *chain) cut() { c.whole = false }

// take judges the next unit; hole is what the ingest knows itself: that
// something is missing before this unit.
func (c *chain) take(u *unit.Unit, hole bool) bool {
	for _, nalu := range u.NALUs {
		if len(nalu) > 0 && nalu[0]&nalTypeMask == nalSPS {
			sps := &h264.SPS{}
			if sps.Unmarshal(nalu) == nil {
				c.sps = sps
			}
		}
	}
	number, reference, ok := c.frameNumber(u)
	switch {
	case u.Key:
		c.whole = true // a damaged one is thrown away by the depacketiser
	case hole || ok && !c.follows(number):
		c.whole = false
	}
	if ok {
		c.last, c.reference = number, reference
	}
	return c.whole
}

// follows tells whether a picture of that frame_num can come after the last.
func (c *chain) follows(number uint32) bool {
	expected := c.last
	if c.reference {
		expected = (c.last + 1) % (1 << (c.sps.Log2MaxFrameNumMinus4 + 4))
	}
	return number == expected
}

// frameNumber reads the head of the unit's first slice (7.3.3).
func (c *chain) frameNumber(u *unit.Unit) (number uint32, reference, ok bool) {
	for _, nalu := range u.NALUs {
		if c.sps == nil || c.sps.SeparateColourPlaneFlag || len(nalu) < 2 {
			continue
		}
		if kind := nalu[0] & nalTypeMask; kind != nalSlice && kind != nalIDR {
			continue
		}
		head := h264.EmulationPreventionRemove(nalu[1:min(len(nalu), 32)])
		pos := 0
		for range 3 { // first_mb_in_slice, slice_type, pic_parameter_set_id
			if _, err := bits.ReadGolombUnsigned(head, &pos); err != nil {
				return 0, false, false
			}
		}
		value, err := bits.ReadBits(head, &pos, int(c.sps.Log2MaxFrameNumMinus4+4))
		return uint32(value), nalu[0]&0x60 != 0, err == nil
	}
	return 0, false, false
}
