package shape

import (
	"encoding/hex"
	"testing"

	"studiobox/encoder/unit"
)

func TestTheSizeIsReadFromTheParameterSets(t *testing.T) {
	for name, c := range map[string]struct {
		sps           string
		codec         unit.Codec
		width, height int
	}{
		"H.264":         {"67f4001f919b280a00b76022000003000200000300781e30632c", unit.H264, 1280, 720},
		"H.265":         {"4201010408000003009e0800000300007890007810021cb2cacd24995e02dc08080010000003001000000301e080", unit.H265, 1920, 1080},
		"broken H.264":  {"67f400", unit.H264, 0, 0},
		"broken H.265":  {"420101", unit.H265, 0, 0},
		"no set at all": {"65b800", unit.H264, 0, 0},
		"an empty unit": {"", unit.H265, 0, 0},
	} {
		sps, err := hex.DecodeString(c.sps)
		if err != nil {
			t.Fatal(err)
		}
		var s size
		s.look(&unit.Unit{Key: true, NALUs: [][]byte{{0x09}, sps}}, c.codec)
		if s.width != c.width || s.height != c.height {
			t.Errorf("%s: %d x %d, want %d x %d", name, s.width, s.height, c.width, c.height)
		}
	}
}
