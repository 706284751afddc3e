package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"studiobox/encoder/unit"
)

// clipUnits are the clip's pictures as an ingest gets them, a key picture first.
func clipUnits(t *testing.T) []*unit.Unit {
	c, err := openCamera()
	if err != nil {
		t.Fatal(err)
	}
	c.server.Close()
	var units []*unit.Unit
	for n, nalus := range c.units {
		units = append(units, &unit.Unit{
			Track: unit.Video, Key: h264.IsRandomAccess(nalus), NALUs: nalus, PTS: time.Duration(n) * time.Second / clipFPS,
		})
	}
	return units
}

func needFFmpeg(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		if testing.Short() {
			t.Skip("SKIPPED LOUDLY: needs ffmpeg: apt install ffmpeg")
		}
		t.Fatal("ffmpeg is missing: apt install ffmpeg")
	}
}

func TestAFilmIsDecodedAndMeasured(t *testing.T) {
	needFFmpeg(t)
	units := clipUnits(t)
	f := &film{}
	f.put(units[1])
	f.put(&unit.Unit{Track: unit.Audio, Key: true})
	if facts, err := f.develop(t.Context()); err != nil || facts != (filmed{}) {
		t.Errorf("before a key picture: %+v, %v", facts, err)
	}
	for _, u := range units {
		f.put(u)
	}
	facts, err := f.develop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	facts.Bars = [8][3]int{} // of another picture than vivid's
	if want := (filmed{Units: 50, Width: 320, Height: 180, Pictures: 50, FPS: clipFPS, Changed: 49}); facts != want {
		t.Errorf("got %+v, want %+v", facts, want)
	}
	f.cut()
	if facts, err := f.develop(t.Context()); err != nil || facts.Units != 0 {
		t.Errorf("after a cut: %+v, %v", facts, err)
	}
}

func TestAFilmIsBounded(t *testing.T) {
	f := &film{}
	for range 3 * mostFilm {
		f.put(&unit.Unit{Track: unit.Video, Key: true})
	}
	if len(f.units) != mostFilm {
		t.Errorf("%d units are kept, want %d", len(f.units), mostFilm)
	}
}

func TestABrokenFilmIsToldWithTheDecodersWords(t *testing.T) {
	needFFmpeg(t)
	f := &film{}
	for n, u := range clipUnits(t) {
		if n == 10 {
			damaged := *u
			damaged.NALUs = [][]byte{u.NALUs[0][:len(u.NALUs[0])/2]}
			u = &damaged
		}
		f.put(u)
	}
	if _, err := f.develop(t.Context()); err == nil || !strings.Contains(err.Error(), "ffmpeg") {
		t.Errorf("got %v", err)
	}
}

func TestEightStripesAreMeasuredAndAPictureThatStandsHasNotChanged(t *testing.T) {
	const width, height = 64, 16
	var picture []byte
	for range height {
		for x := range width {
			picture = append(picture, byte(x/8), 100+byte(x/8), 200+byte(x/8))
		}
	}
	noisy := make([]byte, len(picture))
	moved := make([]byte, len(picture))
	for at, value := range picture {
		noisy[at], moved[at] = value+far, value
	}
	for point := range fewChanged + 1 {
		moved[3*point+1] += far + 1
	}
	facts := filmed{Width: width, Height: height}
	facts.measure(slices.Concat(moved, picture, picture, noisy, picture))
	if facts.Pictures != 5 || facts.Changed != 1 {
		t.Errorf("%d pictures, %d changed", facts.Pictures, facts.Changed)
	}
	if facts.Bars[0] != [3]int{0, 100, 200} || facts.Bars[7] != [3]int{7, 107, 207} {
		t.Errorf("stripes %v", facts.Bars)
	}
}

func TestOnlyMachinesThatPlayACamerasStoryCarryIt(t *testing.T) {
	for _, tt := range []struct {
		only, machine string
		want          bool
	}{
		{"", "amd64", true}, {"golive,camera", "arm64", true}, {"v4l2", "amd64", true}, {"", "raspi3b", false},
		{"conform,golive,stuck,sigkill", "amd64", false}, {"cameras", "amd64", false},
	} {
		k, err := machineNamed(tt.machine)
		if err != nil {
			t.Fatal(err)
		}
		if l := (lab{only: tt.only}); l.films(k) != tt.want {
			t.Errorf("-only %q on %s: %t", tt.only, tt.machine, !tt.want)
		}
	}
}
