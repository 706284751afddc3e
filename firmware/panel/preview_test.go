package panel

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/encoder/unit"
)

var (
	h264Key   = [][]byte{{0x67, 0x42}, {0x68, 0xce}, {0x65, 0x88}}
	h264Delta = [][]byte{{0x41, 0x9a}}
	h265Key   = [][]byte{{0x40, 0x01, 0x0c}, {0x42, 0x01}, {0x44, 0x01}, {0x26, 0x01}}
)

// pictures makes units 40 ms apart, a key where the pattern says K. Capital
// letters other than that are pictures, too; their place in time is their place
// in the pattern unless shown gives another.
func pictures(pattern string, shown ...int) []*unit.Unit {
	var units []*unit.Unit
	for i, kind := range pattern {
		at := i
		if len(shown) > 0 {
			at = shown[i]
		}
		u := &unit.Unit{PTS: time.Duration(at) * 40 * time.Millisecond, NALUs: h264Delta}
		if kind == 'K' {
			u.Key, u.NALUs = true, h264Key
		}
		units = append(units, u)
	}
	return units
}

func putAll(p *Preview, units []*unit.Unit) {
	for _, u := range units {
		p.Put(u)
	}
}

func TestANewViewerGetsTheGroupOfPicturesUnderWay(t *testing.T) {
	for pattern, want := range map[string]int{"": 0, "pp": 0, "K": 1, "Kpp": 3, "KppKp": 2, "ppK": 1} {
		p := newPreview()
		units := pictures(pattern)
		putAll(p, units)
		got := p.watch(newFeed())
		if !slices.Equal(got, units[len(units)-want:]) {
			t.Errorf("after %q a viewer gets %d pictures, want the last %d", pattern, len(got), want)
		}
	}
}

func TestAViewerWithoutCachedPicturesBeginsAtTheNextKey(t *testing.T) {
	p, f := newPreview(), newFeed()
	p.watch(f)
	units := pictures("pppKpp")
	putAll(p, units)
	if got := drained(f); !slices.Equal(got, units[3:]) {
		t.Errorf("got %d pictures, want the 3 from the key on", len(got))
	}
}

func TestAViewerThatIsBehindLosesPicturesUpToTheNextKey(t *testing.T) {
	p, f := newPreview(), newFeed()
	p.watch(f)
	pattern := "K"
	for range feedDepth + 10 {
		pattern += "p"
	}
	units := pictures(pattern + "ppKpp")
	putAll(p, units[:len(pattern)])
	if got := drained(f); !slices.Equal(got, units[:feedDepth]) {
		t.Fatalf("got %d pictures, want the first %d", len(got), feedDepth)
	}
	putAll(p, units[len(pattern):])
	if got := drained(f); !slices.Equal(got, units[len(units)-3:]) {
		t.Errorf("after the gap got %d pictures, want the 3 from the next key on", len(got))
	}
	p.leave(f)
	putAll(p, units)
	if got := drained(f); len(got) != 0 {
		t.Errorf("a viewer that left gets %d pictures", len(got))
	}
}

func drained(f *feed) []*unit.Unit {
	var units []*unit.Unit
	for {
		select {
		case u := <-f.units:
			units = append(units, u)
		default:
			return units
		}
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	p := newPreview()
	big := [][]byte{make([]byte, maxCachedBytes/10)}
	units := pictures("Kpppppppppppp")
	for _, u := range units[1:] {
		u.NALUs = big
	}
	putAll(p, units)
	if got := p.watch(newFeed()); len(got) != 0 {
		t.Errorf("a group of pictures beyond %d bytes is still cached: %d pictures", maxCachedBytes, len(got))
	}
	many := pictures("K")
	for i := range maxCachedUnits + 1 {
		many = append(many, &unit.Unit{PTS: time.Duration(i+1) * time.Millisecond, NALUs: h264Delta})
	}
	putAll(p, many)
	if got := p.watch(newFeed()); len(got) != 0 {
		t.Errorf("a group of more than %d pictures is still cached", maxCachedUnits)
	}
}

func TestATileSaysWhatABrowserCannotPlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPreview()
		check := func(when string, want tileState) {
			t.Helper()
			if got := p.state(); got != want {
				t.Errorf("%s: %q, want %q", when, got, want)
			}
		}
		check("before the first picture", tileWaiting)
		p.Put(&unit.Unit{Track: unit.Audio, Frame: []byte{1}})
		check("with sound alone", tileWaiting)
		putAll(p, pictures("Kppp"))
		check("with H.264 in order", tileOK)
		time.Sleep(silentAfter + time.Millisecond)
		check("when the camera is gone", tileWaiting)
		p.Put(&unit.Unit{Key: true, NALUs: h265Key})
		check("with H.265", tileH265)
		putAll(p, pictures("K"))
		check("back to H.264", tileOK)
		putAll(p, pictures("Kpbb", 0, 3, 1, 2))
		check("with B-frames", tileBFrames)
		for range 10 {
			time.Sleep(time.Second)
			putAll(p, pictures("Kppp"))
		}
		check("10 s after the last B-frame", tileOK)
	})
}

func TestATimelineThatBeginsAnewIsNotTakenForBFrames(t *testing.T) {
	p := newPreview()
	putAll(p, pictures("Kpppppp"))
	putAll(p, pictures("Kppp")) // a reconnect, 240 ms back
	if got := p.state(); got != tileOK {
		t.Errorf("after a key that goes back: %q", got)
	}
}

func TestNoBrokenPictureReachesAViewer(t *testing.T) {
	p, f := newPreview(), newFeed()
	p.watch(f)
	units := pictures("Kpbb", 0, 3, 1, 2)
	putAll(p, units)
	if got := drained(f); !slices.Equal(got, units[:2]) {
		t.Errorf("got %d pictures, want the 2 before the first one out of order", len(got))
	}
}

func TestCachedPicturesAreStampedRightBeforeTheLiveOnes(t *testing.T) {
	var p packetizer
	units := pictures("Kpppppppppppppppppppppppppp")
	first := p.old(units[0])[0].Timestamp
	for _, u := range units[1:25] {
		p.old(u)
	}
	live := p.live(units[25])[0].Timestamp
	if cached := live - first; cached > videoClock/20 {
		t.Errorf("24 cached pictures and one live one span %d ticks: the viewer would stay behind", cached)
	}
	if step := p.live(units[26])[0].Timestamp - live; step != videoClock/25 {
		t.Errorf("live pictures 40 ms apart are %d ticks apart, want 3600", step)
	}
}

func TestStampsNeverDriftAndNeverGoBack(t *testing.T) {
	var p packetizer
	const fps = 30000.0 / 1001
	at := func(n int) *unit.Unit {
		return &unit.Unit{PTS: time.Duration(float64(n) * float64(time.Second) / fps), NALUs: h264Delta}
	}
	first := p.live(at(0))[0].Timestamp
	var last uint32
	for n := 1; n <= 30000; n++ {
		last = p.live(at(n))[0].Timestamp
	}
	if got, want := last-first, uint32(1001*videoClock); got < want-1 || got > want+1 {
		t.Errorf("after 1001 s the stamps moved by %d ticks, want %d", got, want)
	}
	if back := p.live(at(3))[0].Timestamp; int32(back-last) <= 0 || back-last > videoClock {
		t.Errorf("a timeline that began anew moved the stamps by %d ticks", int32(back-last))
	}
}
