package gst

import (
	"testing"

	"studiobox/encoder/unit"
)

// bits reads and writes a bit string, most significant bit first.
type bits struct {
	in  []byte
	pos int
	out []byte
	n   int
}

func (b *bits) bit() uint {
	v := uint(b.in[b.pos/8]>>(7-b.pos%8)) & 1
	b.pos++
	b.put(v)
	return v
}

func (b *bits) put(v uint) {
	if b.n%8 == 0 {
		b.out = append(b.out, 0)
	}
	b.out[b.n/8] |= byte(v << (7 - b.n%8))
	b.n++
}

func (b *bits) skip(n int) {
	for range n {
		b.bit()
	}
}

// ue copies an unsigned Exp-Golomb number (ITU-T H.264, 9.1).
func (b *bits) ue() uint {
	zeros := 0
	for b.bit() == 0 {
		zeros++
	}
	v := uint(1)
	for range zeros {
		v = v<<1 | b.bit()
	}
	return v - 1
}

// withoutVUI rewrites a High profile SPS of x264 so that it tells nothing about
// reordering, as that of many cameras (ITU-T H.264, 7.3.2.1.1).
func withoutVUI(t *testing.T, sps []byte) []byte {
	t.Helper()
	b := &bits{in: sps}
	b.skip(32)        // NAL header, profile, constraints, level
	b.ue()            // seq_parameter_set_id
	b.ue()            // chroma_format_idc
	b.ue()            // bit_depth_luma_minus8
	b.ue()            // bit_depth_chroma_minus8
	b.skip(1)         // qpprime_y_zero_transform_bypass_flag
	if b.bit() != 0 { // seq_scaling_matrix_present_flag
		t.Fatal("the SPS has scaling lists")
	}
	b.ue()          // log2_max_frame_num_minus4
	switch b.ue() { // pic_order_cnt_type
	case 0:
		b.ue() // log2_max_pic_order_cnt_lsb_minus4
	case 1:
		t.Fatal("the SPS has picture order count type 1")
	}
	b.ue()            // max_num_ref_frames
	b.skip(1)         // gaps_in_frame_num_value_allowed_flag
	b.ue()            // width
	b.ue()            // height
	if b.bit() == 0 { // frame_mbs_only_flag
		b.skip(1)
	}
	b.skip(1)         // direct_8x8_inference_flag
	if b.bit() == 1 { // frame_cropping_flag
		for range 4 {
			b.ue()
		}
	}
	b.put(0) // vui_parameters_present_flag
	b.put(1) // stop bit
	return b.out
}

// stripVUI returns copies of units whose SPS have no VUI.
func stripVUI(t *testing.T, units []*unit.Unit) []*unit.Unit {
	t.Helper()
	var stripped []*unit.Unit
	for _, u := range units {
		c := *u
		c.NALUs = nil
		for _, n := range u.NALUs {
			if n[0]&0x1f == 7 {
				n = withoutVUI(t, n)
			}
			c.NALUs = append(c.NALUs, n)
		}
		stripped = append(stripped, &c)
	}
	return stripped
}

func TestACameraThatTellsNothingAboutReorderingCausesNoDelay(t *testing.T) {
	in := stripVUI(t, source{width: 320, height: 240, fps: 30, kbps: 800}.make(t, 30))
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 400})
	for i, out := range lockStep(t, tc, got, in) { // ends only if none is held back
		if out.PTS != in[i].PTS {
			t.Fatalf("unit %d is at %v, want %v", i, out.PTS, in[i].PTS)
		}
	}
}

func TestACameraThatTellsNothingAboutItsBFramesLosesFewAtItsStart(t *testing.T) {
	in := stripVUI(t, source{width: 320, height: 240, fps: 30, kbps: 800, bframes: 2}.make(t, 90))
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 400})
	for _, u := range in {
		tc.Put(u)
		eventually(t, "the unit to be taken", tc.feed.idle)
	}
	out := got.take(t, 80)
	for i := 1; i < len(out); i++ {
		if out[i].PTS <= out[i-1].PTS {
			t.Errorf("unit %d is at %v, after one at %v", i, out[i].PTS, out[i-1].PTS)
		}
	}
}
