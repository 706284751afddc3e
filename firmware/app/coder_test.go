package app

import (
	"testing"
	"time"

	"studiobox/encoder/unit"
	"studiobox/uplink/publish"
	"studiobox/uplink/rate"

	"studiobox/encoder/rtspcam"
)

func testPicture(t *testing.T) *picture {
	t.Helper()
	p, err := newPicture(pictureConfig{
		Camera:  streamsConfig{Camera: rtspcam.Config{URL: "rtsp://127.0.0.1:1/a", Epoch: time.Now()}},
		Publish: publish.Config{URL: "rtsp://127.0.0.1:1/b"},
		Limits:  rate.Limits{FloorKbps: 300, CeilingKbps: 6000, StartKbps: 1500},
	}, newLogger("error"), func() {})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAnIngestThatRefusesH265IsOfferedH264AndTheNextShowTriesAgain(t *testing.T) {
	p := testPicture(t)
	p.setMedia(unit.Media{Video: unit.Format{Codec: unit.H265}})
	if c := p.coder.Load(); !c.passH265 || c.source != unit.H265 {
		t.Fatalf("an H.265 camera got the coder %+v", c)
	}
	told := false
	p.refused = func() { told = true }
	p.publisherFailed(publish.ErrCodec)
	if c := p.coder.Load(); c.passH265 || c.source != unit.H265 {
		t.Error("after the refusal H.265 still passes")
	}
	if told {
		t.Error("the show was ended although H.264 is still to be tried")
	}
	p.publisherFailed(publish.ErrCodec)
	if !told {
		t.Error("an ingest that takes no H.264 either must end the start")
	}
	p.tryH265()
	if !p.coder.Load().passH265 {
		t.Error("the next show does not try H.265 again")
	}
}

func TestACameraThatStaysWithH264KeepsItsCoder(t *testing.T) {
	p := testPicture(t)
	before := p.coder.Load()
	p.setMedia(unit.Media{Video: unit.Format{Codec: unit.H264}})
	p.tryH265()
	if p.coder.Load() != before {
		t.Error("the transcoder was replaced for nothing")
	}
}

func TestAnH265StreamIsTooWideOnlyAfterASecondAboveTheLine(t *testing.T) {
	var w width
	now := time.Now()
	steps := []struct {
		after          time.Duration
		source, target int
		want           bool
	}{
		{0, 2000, 3000, false},
		{100 * time.Millisecond, 2000, 1500, false},
		{900 * time.Millisecond, 2000, 1500, false},
		{1000 * time.Millisecond, 2000, 2500, false}, // room again: the second begins anew
		{1100 * time.Millisecond, 2000, 1500, false},
		{2000 * time.Millisecond, 2000, 1500, false},
		{2100 * time.Millisecond, 2000, 1500, true},
	}
	for _, s := range steps {
		if got := w.exceeds(now.Add(s.after), s.source, s.target); got != s.want {
			t.Errorf("after %v with %d against %d: %v, want %v", s.after, s.source, s.target, got, s.want)
		}
	}
}

func TestSoundIsPutAsideBeforeThePictureGetsTheRest(t *testing.T) {
	if silent, heard := videoKbps(1000, false), videoKbps(1000, true); silent != 980 || heard != 980-audioKbps {
		t.Errorf("1000 kbit/s leave %d without and %d with sound", silent, heard)
	}
	if got := videoKbps(50, true); got < 1 {
		t.Errorf("a tiny rate leaves %d", got)
	}
}
