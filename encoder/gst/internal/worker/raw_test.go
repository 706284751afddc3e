package worker

import (
	"bytes"
	"testing"

	"studiobox/encoder/gst/internal/wire"
)

const caps1080 = "video/x-raw, format=(string)I420, width=(int)1920, height=(int)1080, interlace-mode=(string)progressive, " +
	"multiview-mode=(string)mono, multiview-flags=(GstVideoMultiviewFlagsSet)0:ffffffff:/right-view-first, " +
	"pixel-aspect-ratio=(fraction)1/1, chroma-site=(string)mpeg2, colorimetry=(string)bt709, framerate=(fraction)30000/1001"

func TestAFormatIsReadFromGStreamersNotation(t *testing.T) {
	f, err := parseFormat(caps1080)
	if err != nil || f.width != 1920 || f.height != 1080 || f.fps < 29.9 || f.fps > 30 {
		t.Errorf("read %+v, %v", f, err)
	}
	if f, err := parseFormat("video/x-raw, width=(int)8, height=(int)4"); err != nil || f.fps != 0 {
		t.Errorf("without a rate: %+v, %v", f, err)
	}
	for _, bad := range []string{"", "audio/x-raw", "video/x-raw, width=(int)8", "video/x-raw, width=(int)99999999999999999999, height=(int)1"} {
		if _, err := parseFormat(bad); err == nil {
			t.Errorf("%q is a format", bad)
		}
	}
}

func TestTheFrameRateIsReplacedOrAdded(t *testing.T) {
	f, err := parseFormat(setRate(caps1080, 25))
	if err != nil || f.fps != 25 || f.width != 1920 {
		t.Errorf("replaced: %+v, %v", f, err)
	}
	if got := setRate("video/x-raw, width=(int)8", 30); got != "video/x-raw, width=(int)8, framerate=(fraction)30/1" {
		t.Errorf("added: %q", got)
	}
}

func TestTheNominalFrameRateIsBelievable(t *testing.T) {
	for fps, want := range map[float64]int{0: 30, 1: 30, 25: 25, 29.97: 30, 59.94: 60, 1000: 30} {
		if got := nominalFPS(fps); got != want {
			t.Errorf("%v: %d, want %d", fps, got, want)
		}
	}
}

func TestTheSizeFollowsTheSourcesShape(t *testing.T) {
	for _, tt := range []struct{ sw, sh, w, h, wantW, wantH int }{
		{1920, 1080, 0, 0, 1920, 1080},
		{1920, 1080, 1280, 720, 1280, 720},
		{1920, 1080, 0, 720, 1280, 720},
		{1920, 1080, 640, 0, 640, 360},
		{1920, 1080, 0, 480, 852, 480}, // 853.3 is odd
		{1080, 1920, 0, 640, 360, 640},
		{641, 361, 0, 0, 640, 360},
		{1920, 1080, 3, 2, 16, 16},
	} {
		if w, h := fit(format{width: tt.sw, height: tt.sh}, tt.w, tt.h); w != tt.wantW || h != tt.wantH {
			t.Errorf("%dx%d to %dx%d: %dx%d, want %dx%d", tt.sw, tt.sh, tt.w, tt.h, w, h, tt.wantW, tt.wantH)
		}
	}
}

func TestPackingTakesTheRowsApart(t *testing.T) {
	// 3x3: luma rows of 4 bytes, 4 of them; chroma rows of 4 bytes, 2 of them.
	padded := []byte("abc.def.ghi.....uv..wx..UV..WX..")
	packed := make([]byte, wire.I420Size(3, 3))
	if !pack(packed, padded, 3, 3) || !bytes.Equal(packed, []byte("abcdefghiuvwxUVWX")) {
		t.Errorf("packed %q", packed)
	}
	if pack(packed, padded[:31], 3, 3) {
		t.Error("a short picture is packed")
	}
	whole := bytes.Repeat([]byte{7}, wire.I420Size(16, 8))
	packed = make([]byte, len(whole))
	if !pack(packed, whole, 16, 8) || !bytes.Equal(packed, whole) {
		t.Error("a picture without padding is changed")
	}
}
