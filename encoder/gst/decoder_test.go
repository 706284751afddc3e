package gst

import (
	"bytes"
	"context"
	"math"
	"os/exec"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// decodeAll decodes units in lock-step; the source must not reorder.
func decodeAll(t *testing.T, codec unit.Codec, units []*unit.Unit, width, height int) []Frame {
	t.Helper()
	got := make(chan Frame, 16)
	d := NewDecoder(DecoderConfig{Worker: testWorker(), Codec: codec, Width: width, Height: height},
		func(f Frame) { got <- f }, testLog(t))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	waitReady(t, d)
	var frames []Frame
	for _, u := range units {
		d.Put(u)
		select {
		case f := <-got:
			frames = append(frames, f)
		case <-time.After(patience):
			t.Fatalf("no picture came of unit %d", len(frames))
		}
	}
	cancel()
	<-ended
	return frames
}

// worstPSNR is the lowest peak signal-to-noise ratio of any luma plane, in dB.
func worstPSNR(want, got []Frame) float64 {
	worst := math.Inf(1)
	for i := range got {
		n := got[i].Width * got[i].Height
		var square float64
		for j := range n {
			d := float64(want[i].I420[j]) - float64(got[i].I420[j])
			square += d * d
		}
		worst = min(worst, 10*math.Log10(255*255*float64(n)/max(square, 1)))
	}
	return worst
}

func meanLuma(f Frame) float64 {
	var sum float64
	for _, y := range f.I420[:f.Width*f.Height] {
		sum += float64(y)
	}
	return sum / float64(f.Width*f.Height)
}

func TestTheDecoderGivesTheLumaThatWasEncoded(t *testing.T) {
	levels := []byte{40, 90, 128, 180, 220}
	in := source{width: 320, height: 240, fps: 10, kbps: 2000, picture: func(i int) []byte {
		return flat(320, 240, levels[i])
	}}.make(t, len(levels))
	for i, f := range decodeAll(t, unit.H264, in, 0, 0) {
		if f.Width != 320 || f.Height != 240 || f.PTS != in[i].PTS || !f.Captured.Equal(in[i].Captured) {
			t.Errorf("picture %d is %dx%d at %v", i, f.Width, f.Height, f.PTS)
		}
		if luma := meanLuma(f); math.Abs(luma-float64(levels[i])) > 2 {
			t.Errorf("picture %d has a luma of %.1f, want %d", i, luma, levels[i])
		}
	}
}

func TestTheDecoderScalesToSizesWithPaddedRows(t *testing.T) {
	in := source{width: 320, height: 240, fps: 10, kbps: 2000, picture: func(int) []byte {
		return flat(320, 240, 150)
	}}.make(t, 2)
	for _, size := range [][2]int{{160, 120}, {102, 78}, {85, 63}} {
		f := decodeAll(t, unit.H264, in, size[0], size[1])[1]
		if f.Width != size[0] || f.Height != size[1] {
			t.Fatalf("picture is %dx%d, want %v", f.Width, f.Height, size)
		}
		if luma := meanLuma(f); math.Abs(luma-150) > 2 {
			t.Errorf("%v: luma is %.1f, want 150", size, luma)
		}
		chroma := f.I420[f.Width*f.Height:]
		if lo, hi := minMax(chroma); lo < 126 || hi > 130 {
			t.Errorf("%v: chroma is %d to %d, want grey", size, lo, hi)
		}
	}
}

func minMax(b []byte) (lo, hi byte) {
	lo, hi = 255, 0
	for _, v := range b {
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi
}

// h265 makes a stream with ffmpeg, which has the only H.265 encoder around.
func h265(t *testing.T, n int) []*unit.Unit {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("needs ffmpeg with libx265: apt install ffmpeg")
	}
	cmd := exec.Command(ffmpeg, "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=30",
		"-frames:v", "60", "-c:v", "libx265", "-preset", "ultrafast", "-bf", "0",
		"-x265-params", "aud=1:keyint=30:log-level=none", "-f", "hevc", "-")
	stream, err := cmd.Output()
	if err != nil {
		t.Skipf("needs ffmpeg with libx265: %v", err)
	}
	var units []*unit.Unit
	for {
		var nalu []byte
		if nalu, stream = cutNALU(stream); nalu == nil {
			break
		}
		kind := nalu[0] >> 1 & 0x3f
		if kind == 35 { // access unit delimiter
			units = append(units, &unit.Unit{PTS: ptsOf(len(units), 30), Captured: time.Now()})
			continue
		}
		u := units[len(units)-1]
		u.NALUs = append(u.NALUs, bytes.Clone(nalu))
		u.Key = u.Key || kind >= 16 && kind <= 21
	}
	if len(units) != n {
		t.Fatalf("ffmpeg made %d units, want %d", len(units), n)
	}
	return units
}
