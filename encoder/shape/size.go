package shape

import (
	"bytes"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"studiobox/encoder/unit"
)

// size reads the picture's size from the parameter sets of what goes out.
type size struct {
	sps           []byte // the one that was read last
	width, height int
}

// look reads a key unit; parameter sets that have not changed cost a comparison.
func (s *size) look(u *unit.Unit, codec unit.Codec) {
	for _, nalu := range u.NALUs {
		if !isSPS(nalu, codec) {
			continue
		}
		if !bytes.Equal(nalu, s.sps) {
			s.sps = nalu
			s.width, s.height = dimensions(nalu, codec)
		}
		return
	}
}

func isSPS(nalu []byte, codec unit.Codec) bool {
	switch {
	case len(nalu) == 0:
		return false
	case codec == unit.H265:
		return h265.NALUType(nalu[0]>>1&0x3f) == h265.NALUType_SPS_NUT
	}
	return h264.NALUType(nalu[0]&0x1f) == h264.NALUTypeSPS
}

// dimensions are 0 x 0 when the set cannot be read.
func dimensions(nalu []byte, codec unit.Codec) (width, height int) {
	if codec == unit.H265 {
		var sps h265.SPS
		if sps.Unmarshal(nalu) != nil {
			return 0, 0
		}
		return sps.Width(), sps.Height()
	}
	var sps h264.SPS
	if sps.Unmarshal(nalu) != nil {
		return 0, 0
	}
	return sps.Width(), sps.Height()
}
