package testcam

import (
	"math"
	"testing"
	"time"
)

// sizes are the pictures that the marks must survive in.
var sizes = [][2]int{{1280, 720}, {640, 360}, {320, 180}}

func TestTheMarkersAngleIsTheTablesAtEveryAngle(t *testing.T) {
	for _, size := range sizes {
		w, h := size[0], size[1]
		r := newTestRenderer(t, w, h)
		frame := make([]byte, SizeI420(w, h))
		for deg := 0.0; deg < 360; deg += 2.3 * float64(w) / 320 {
			must(t, r.Render(frame, Scene{Angle: deg, Light: 1}))
			got, ok := MarkerAngle(frame, w, h)
			if !ok || math.Abs(math.Remainder(got-deg, 360)) > 2 {
				t.Errorf("%dx%d: the table stands at %g, the picture says %g, %t", w, h, deg, got, ok)
			}
		}
	}
}

func TestTheMarkerIsFoundInDimLightAndNotInTheDark(t *testing.T) {
	r := newTestRenderer(t, 640, 360)
	frame := make([]byte, SizeI420(640, 360))
	for light, want := range map[float64]bool{1: true, 0.5: true, 0.2: true, 0: false} {
		must(t, r.Render(frame, Scene{Angle: 100, Light: light}))
		if _, ok := MarkerAngle(frame, 640, 360); ok != want {
			t.Errorf("at light %g the marker is found: %t, want %t", light, ok, want)
		}
	}
}

func TestMoreLightMakesABrighterPictureDownToNearlyBlack(t *testing.T) {
	r := newTestRenderer(t, 640, 360)
	frame := make([]byte, SizeI420(640, 360))
	before := 0.0
	for _, light := range []float64{0, 0.1, 0.25, 0.5, 0.75, 1} {
		must(t, r.Render(frame, Scene{Light: light}))
		luma := MeanLuma(frame, 640, 360)
		if luma <= before {
			t.Errorf("light %g gives a mean luma of %.1f, less light gave %.1f", light, luma, before)
		}
		if light == 0 && luma > 20 {
			t.Errorf("in the dark the mean luma is %.1f, want below 20", luma)
		}
		before = luma
	}
	if before < 40 {
		t.Errorf("in full light the mean luma is %.1f, want 40 or more", before)
	}
}

func TestTheTurningRingChangesThePictureAndAStandingOneDoesNot(t *testing.T) {
	r := newTestRenderer(t, 640, 360)
	a, b, c := make([]byte, SizeI420(640, 360)), make([]byte, SizeI420(640, 360)), make([]byte, SizeI420(640, 360))
	scene := Scene{Angle: 30, Light: 1, Frame: 7, Time: time.UnixMilli(1e12)}
	must(t, r.Render(a, scene))
	scene.Angle = 60
	must(t, r.Render(b, scene))
	scene.Angle = 30 - 360
	must(t, r.Render(c, scene))
	if same(a, b) {
		t.Error("a turn by 30 degrees left the picture as it was")
	}
	if !same(a, c) {
		t.Error("the same scene gave two pictures")
	}
}

func TestTheRingIsWideFromTheFrontAndNarrowFromTheSide(t *testing.T) {
	const w, h = 640, 360
	r := newTestRenderer(t, w, h)
	frame := make([]byte, SizeI420(w, h))
	width := func(angle float64) int {
		must(t, r.Render(frame, Scene{Angle: angle, Light: 1}))
		p, err := ViewI420(frame, w, h)
		must(t, err)
		_, middle, _ := newView(w, h).project(point{0, 0, ringRadius})
		line := int(middle) / 2 * (w / 2)
		first, last := 0, 0
		for x := range w / 2 {
			if p.U[line+x] < 116 && p.V[line+x] > 130 && math.Abs(float64(x-w/4)) < w/13 { // gold, within the table's gold line
				if first == 0 {
					first = x
				}
				last = x
			}
		}
		return 2 * (last - first)
	}
	front, side := width(0), width(90)
	if front < 120 || side > front/2 || side < 10 {
		t.Errorf("the ring is %d pixels wide from the front and %d from the side", front, side)
	}
}

func TestAFrameKeepsNothingOfTheOneBefore(t *testing.T) {
	used, fresh := newTestRenderer(t, 320, 180), newTestRenderer(t, 320, 180)
	a, b := make([]byte, SizeI420(320, 180)), make([]byte, SizeI420(320, 180))
	for deg := range 40 {
		must(t, used.Render(a, Scene{Angle: float64(deg * 9), Light: float64(deg) / 40}))
	}
	scene := Scene{Angle: 200, Light: 0.8}
	must(t, used.Render(a, scene))
	must(t, fresh.Render(b, scene))
	if !same(a, b) {
		t.Error("the picture depends on the frames before")
	}
}

func TestRenderTakesAnySceneAndRefusesAWrongFrame(t *testing.T) {
	r := newTestRenderer(t, 320, 180)
	frame := make([]byte, SizeI420(320, 180))
	for _, v := range []float64{math.NaN(), math.Inf(1), -1e18, 1e18} {
		must(t, r.Render(frame, Scene{Angle: v, Light: v, Frame: math.MaxUint32}))
	}
	zero, other := make([]byte, len(frame)), make([]byte, len(frame))
	must(t, r.Render(zero, Scene{}))
	must(t, r.Render(other, Scene{Angle: math.NaN(), Light: math.NaN()}))
	if !same(zero, other) {
		t.Error("an angle that is no number is not taken as 0")
	}
	if r.Render(frame[1:], Scene{}) == nil {
		t.Error("a frame that is a byte too short was accepted")
	}
	for _, size := range [][2]int{{0, 0}, {-2, -2}, {321, 180}, {320, 181}, {64, 36}, {8000, 4500}} {
		if _, err := NewRenderer(size[0], size[1]); err == nil {
			t.Errorf("a camera of %dx%d was made", size[0], size[1])
		}
	}
}

func TestRenderAllocatesNothing(t *testing.T) {
	r := newTestRenderer(t, 320, 180)
	frame := make([]byte, SizeI420(320, 180))
	scene := Scene{Light: 1}
	if n := testing.AllocsPerRun(20, func() {
		scene.Angle++
		scene.Light -= 0.01
		_ = r.Render(frame, scene)
	}); n != 0 {
		t.Errorf("a frame costs %g allocations", n)
	}
}

func newTestRenderer(t testing.TB, width, height int) *Renderer {
	t.Helper()
	r, err := NewRenderer(width, height)
	must(t, err)
	return r
}

func same(a, b []byte) bool { return string(a) == string(b) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
