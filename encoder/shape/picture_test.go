package shape

import (
	"fmt"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// fakePicture notes what a transcoder is told of its pictures.
type fakePicture struct {
	world *world
	sizes []string
	skips []bool
}

func (f *fakePicture) SetSize(width, height, fps int) {
	f.sizes = append(f.sizes, fmt.Sprintf("%.0fs %dx%d@%d", f.world.now.Seconds(), width, height, fps))
}

func (f *fakePicture) SetSkip(on bool) {
	f.skips = append(f.skips, on)
	f.world.tc.skip = on
}

// pictureWorld is a world whose transcoder is told of its pictures.
func pictureWorld(t *testing.T, cfg Config) (*world, *fakePicture) {
	f := &fakePicture{}
	cfg.Picture = f
	f.world = newWorld(t, cfg)
	return f.world, f
}

func TestFrameRatesAreMeasuredByTheSourcesTimes(t *testing.T) {
	for _, fps := range []int{8, 10, 25, 30, 50, 60} {
		var f frameRate
		for i := range 3 * rateOver {
			f.add(time.Duration(i) * time.Second / time.Duration(fps))
		}
		if f.fps != fps {
			t.Errorf("%d per second measured as %d", fps, f.fps)
		}
	}
}

func TestLostPicturesAreNoNewFrameRate(t *testing.T) {
	var f frameRate
	changes := 0
	for i := range 40 * rateOver {
		if i%20 >= 2 && f.add(time.Duration(i)*time.Second/30) { // a tenth is lost
			changes++
		}
	}
	if changes != 1 || f.fps != 27 {
		t.Errorf("%d changes, %d per second at last", changes, f.fps)
	}
}

func TestACameraThatSlowsDownAtNightHasANewFrameRate(t *testing.T) {
	var f frameRate
	at := time.Duration(0)
	for range 3 * rateOver {
		at += time.Second / 30
		f.add(at)
	}
	for range 3 * rateOver {
		at += time.Second / 10
		f.add(at)
	}
	if f.fps != 10 {
		t.Errorf("%d per second", f.fps)
	}
}

func TestSkippingIsForATranscoderOnTheAirOnly(t *testing.T) {
	w, p := pictureWorld(t, Config{})
	w.shaper.SetSkip(true)
	w.shaper.SetTarget(6000)
	w.film()
	w.run(3 * time.Second)
	w.want("c", frame, frame) // passes all the same
	w.shaper.SetTarget(1500)
	w.run(500 * ms) // the take-over needs its key unit, then it may skip
	if s := w.shaper.Stats(); s.Mode != "transcode" || fmt.Sprint(p.skips) != "[true]" {
		t.Fatalf("mode %s, skips %v", s.Mode, p.skips)
	}
	w.shaper.SetSkip(false)
	w.run(time.Second)
	if fmt.Sprint(p.skips) != "[true false]" {
		t.Errorf("skips %v", p.skips)
	}
}

func TestSilenceThatWasAskedForDoesNotLoseTheTranscoder(t *testing.T) {
	w, _ := pictureWorld(t, Config{HandBackAfter: time.Second})
	w.gop = 30
	w.shaper.SetTarget(1500)
	w.film()
	w.run(4 * time.Second)
	group := w.tc.group
	w.shaper.SetTarget(9000) // there would be room to hand back
	w.shaper.SetSkip(true)
	w.run(3 * time.Second)
	w.shaper.SetTarget(1500)
	w.shaper.SetSkip(false)
	w.run(2 * time.Second)
	if w.viewer.makers != "ct" {
		t.Errorf("units came from %q, want ct", w.viewer.makers)
	}
	if w.tc.group != group {
		t.Errorf("skipping cost %d key units", w.tc.group-group)
	}
}

func TestWithoutAPictureToSetSkippingIsIgnored(t *testing.T) {
	w := newWorld(t, Config{})
	w.shaper.SetTarget(1500)
	w.film()
	w.run(3 * time.Second)
	w.shaper.SetSkip(true)
	w.run(3 * time.Second)
	w.want("ct", 250*ms, frame)
}

// sps720 is a parameter set of 1280 x 720.
var sps720 = []byte("\x67\xf4\x00\x1f\x91\x9b\x28\x0a\x00\xb7\x60\x22\x00\x00\x03\x00\x02\x00\x00\x03\x00\x78\x1e\x30\x63\x2c")

func TestTheLadderIsAppliedToTheTranscoder(t *testing.T) {
	w, p := pictureWorld(t, Config{ForceTranscode: true})
	w.sps = sps720
	w.shaper.SetTarget(3000)
	w.film()
	w.run(10 * time.Second)
	w.shaper.SetTarget(800)
	w.run(10 * time.Second)
	w.shaper.SetTarget(400)
	w.run(5 * time.Second)
	if s := w.shaper.Stats(); s.FPS != 15 {
		t.Errorf("stats: %+v", s)
	}
	w.shaper.SetTarget(3000)
	w.run(15 * time.Second)
	if got, want := fmt.Sprint(p.sizes), "[2s 0x0@0 11s 0x0@15 21s 960x540@15 35s 0x0@0]"; got != want {
		t.Errorf("sizes %v, want %v", got, want)
	}
	if s := w.shaper.Stats(); s.FPS != 30 {
		t.Errorf("stats: %+v", s)
	}
}

func TestTheLadderKnowsItsRungBeforeATakeOver(t *testing.T) {
	w, p := pictureWorld(t, Config{})
	w.sps = sps720
	w.tc.ready = false
	w.shaper.SetTarget(400)
	w.film()
	w.run(5 * time.Second)
	if s := w.shaper.Stats(); s.Mode != "pass" || s.FPS != 30 || len(p.sizes) != 2 {
		t.Errorf("stats %+v, sizes %v", s, p.sizes)
	}
}

func TestFittingThePictureAllocatesNothing(t *testing.T) {
	w, _ := pictureWorld(t, Config{})
	w.shaper.camera = size{width: 1280, height: 720}
	w.shaper.SetTarget(6000)
	u := &unit.Unit{}
	put := func() {
		w.shaper.camMax += frame
		w.shaper.now += frame
		w.shaper.fitPicture(u)
	}
	for range 2 * rateOver { // the rungs are made once
		put()
	}
	if !w.shaper.ladder.known() {
		t.Fatal("there is no ladder")
	}
	if n := testing.AllocsPerRun(1000, put); n != 0 {
		t.Errorf("%v allocations per unit", n)
	}
}
