package testcam

import (
	"math/rand/v2"
	"testing"
	"time"
)

var someMarkers = []Marker{
	{0, time.UnixMilli(0)},
	{1, time.UnixMilli(1)},
	{1<<32 - 1, time.UnixMilli(1<<48 - 1)},
	{123456789, time.Date(2026, 4, 1, 12, 34, 56, 789e6, time.UTC)},
	{0x55555555, time.UnixMilli(0x555555555555)},
}

func TestAMarkerIsReadBackExactlyAtEverySize(t *testing.T) {
	for _, size := range append(sizes, [2]int{1920, 1080}, [2]int{854, 480}, [2]int{416, 234}, [2]int{160, 120}) {
		w, h := size[0], size[1]
		frame := make([]byte, SizeI420(w, h))
		p, err := ViewI420(frame, w, h)
		must(t, err)
		for _, want := range someMarkers {
			drawMarker(p, want)
			wantMarker(t, frame, w, h, want)
		}
	}
}

func TestAMarkerSurvivesScalingDown(t *testing.T) {
	r := newTestRenderer(t, 1280, 720)
	frame := make([]byte, SizeI420(1280, 720))
	for _, want := range someMarkers {
		must(t, r.Render(frame, Scene{Light: 1, Frame: want.Frame, Time: want.Time}))
		for _, size := range [][2]int{{854, 480}, {640, 360}, {426, 240}, {320, 180}} {
			wantMarker(t, scaled(t, frame, 1280, 720, size[0], size[1]), size[0], size[1], want)
		}
	}
}

func TestTheMarkerCanBeReadInTheDark(t *testing.T) {
	r := newTestRenderer(t, 320, 180)
	frame := make([]byte, SizeI420(320, 180))
	must(t, r.Render(frame, Scene{Light: 0, Frame: 42, Time: time.UnixMilli(1e12)}))
	wantMarker(t, frame, 320, 180, Marker{42, time.UnixMilli(1e12)})
}

func TestADamagedMarkerIsNotRead(t *testing.T) {
	const w, h = 640, 360
	want := someMarkers[3]
	for n := range cells {
		frame := make([]byte, SizeI420(w, h))
		p, err := ViewI420(frame, w, h)
		must(t, err)
		drawMarker(p, want)
		column, row := cellAt(n)
		for y := row * h / 30; y < (row+1)*h/30; y++ {
			for x := column * w / 48; x < (column+1)*w/48; x++ {
				p.Y[y*w+x] = cellBlack + cellWhite - p.Y[y*w+x]
			}
		}
		if m, ok := ReadMarker(frame, w, h); ok {
			t.Errorf("with cell %d inverted the marker reads %v", n, m)
		}
	}
}

func TestAPictureWithoutAMarkerHasNone(t *testing.T) {
	const w, h = 320, 180
	frame := make([]byte, SizeI420(w, h))
	random := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		for i := range frame[:w*20] {
			frame[i] = byte(random.Uint32())
		}
		if m, ok := ReadMarker(frame, w, h); ok {
			t.Fatalf("noise was read as %v", m)
		}
	}
	for _, level := range []byte{0, 16, 128, 255} {
		for i := range frame {
			frame[i] = level
		}
		if m, ok := ReadMarker(frame, w, h); ok {
			t.Errorf("a picture all of %d was read as %v", level, m)
		}
	}
	p, err := ViewI420(frame, w, h)
	must(t, err)
	drawMarker(p, someMarkers[3])
	for i, v := range p.Y {
		p.Y[i] = 100 + v/8 // a strip as faint as a pattern in the studio could be
	}
	if m, ok := ReadMarker(frame, w, h); ok {
		t.Errorf("a faint pattern was read as %v", m)
	}
	if _, ok := ReadMarker(frame[1:], w, h); ok {
		t.Error("a marker was read from something that is no frame")
	}
}

func FuzzReadingNeverPanics(f *testing.F) {
	f.Add([]byte{1, 2, 3}, 320, 180)
	f.Add(make([]byte, SizeI420(96, 60)), 96, 60)
	f.Add(make([]byte, 6), 2, 2)
	f.Add([]byte{}, -4, 1<<62)
	f.Fuzz(func(_ *testing.T, data []byte, w, h int) {
		ReadMarker(data, w, h)
		MarkerAngle(data, w, h)
		MeanLuma(data, w, h)
	})
}

func wantMarker(t *testing.T, frame []byte, w, h int, want Marker) {
	t.Helper()
	got, ok := ReadMarker(frame, w, h)
	if !ok || got.Frame != want.Frame || !got.Time.Equal(want.Time) {
		t.Errorf("at %dx%d the marker reads %v, %t, want %v", w, h, got, ok, want)
	}
}

// scaled makes a frame smaller by taking the mean of the pixels that fall into
// each new one; chroma stays empty.
func scaled(t *testing.T, frame []byte, w, h, newW, newH int) []byte {
	t.Helper()
	from, err := ViewI420(frame, w, h)
	must(t, err)
	small := make([]byte, SizeI420(newW, newH))
	to, err := ViewI420(small, newW, newH)
	must(t, err)
	for y := range newH {
		for x := range newW {
			to.Y[y*newW+x] = byte(from.mean(x*w/newW, y*h/newH, (x+1)*w/newW, (y+1)*h/newH))
		}
	}
	return small
}
