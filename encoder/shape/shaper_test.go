package shape

import (
	"testing"
	"time"

	"studiobox/encoder/unit"
)

func (w *world) want(makers string, quietest, gap time.Duration) {
	w.t.Helper()
	if w.viewer.makers != makers {
		w.t.Errorf("units came from %q, want %q", w.viewer.makers, makers)
	}
	if w.viewer.quietest > quietest {
		w.t.Errorf("%v without a unit, want at most %v", w.viewer.quietest, quietest)
	}
	if have := w.viewer.gap(); have > gap {
		w.t.Errorf("times jump by %v, want at most %v", have, gap)
	}
	if w.audioIn != w.audioOut {
		w.t.Errorf("%d of %d audio units came out", w.audioOut, w.audioIn)
	}
}

func TestACameraThatFitsPassesUntouched(t *testing.T) {
	w := newWorld(t, Config{})
	w.shaper.SetTarget(6000)
	w.film()
	w.run(10 * time.Second)
	w.want("c", frame, frame)
	if s := w.shaper.Stats(); s.Mode != "pass" || s.SourceKbps < 3800 || s.SourceKbps > 4200 || s.OutKbps != s.SourceKbps {
		t.Errorf("stats: %+v", s)
	}
}

func TestALowerTargetBringsTheTranscoderInMidGroupWithoutABreak(t *testing.T) {
	for name, bframes := range map[string]int{"no B": 0, "two B": 2} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			w.bframes, w.gop = bframes, 61
			w.shaper.SetTarget(6000)
			w.film()
			w.run(4*time.Second + 17*frame)
			w.shaper.SetTarget(1500)
			lowered := w.now
			taken := func() time.Duration {
				for range 100 {
					w.run(frame / 3)
					if w.shaper.Stats().Mode == "transcode" {
						return w.now - lowered
					}
				}
				return time.Hour
			}()
			if taken > 250*ms {
				t.Errorf("the transcoder took over after %v", taken)
			}
			w.run(2 * time.Second)
			w.want("ct", 250*ms, frame)
			if w.tc.kbps != 1500 || w.tc.primes != 1 {
				t.Errorf("transcoder at %d kbit/s, primed %d times", w.tc.kbps, w.tc.primes)
			}
		})
	}
}

func TestRoomForLongEnoughHandsBackAtACamerasKeyUnit(t *testing.T) {
	for name, bframes := range map[string]int{"no B": 0, "two B": 2} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			w.bframes, w.gop, w.tc.latency = bframes, 61, 150*ms
			w.shaper.SetTarget(1500)
			w.film()
			w.run(6 * time.Second)
			w.shaper.SetTarget(6000)
			w.run(4900 * ms)
			if w.shaper.Stats().Mode != "transcode" {
				t.Error("handed back before the room had lasted for 5 s")
			}
			w.run(5 * time.Second)
			w.want("ctc", 350*ms, frame)
		})
	}
}

func TestATargetThatFallsDuringAHandBackKeepsTheTranscoder(t *testing.T) {
	w := newWorld(t, Config{HandBackAfter: time.Second})
	w.tc.latency = 200 * ms
	w.shaper.SetTarget(1500)
	w.film()
	w.run(5 * time.Second)
	w.shaper.SetTarget(6000)
	for w.shaper.state.mode != handingBack {
		w.run(frame)
	}
	w.shaper.SetTarget(1500)
	w.run(5 * time.Second)
	w.want("ct", 400*ms, frame)
}

func TestASlowTranscoderStillTakesOver(t *testing.T) {
	w := newWorld(t, Config{})
	w.tc.latency = 700 * ms
	w.shaper.SetTarget(1500)
	w.film()
	w.run(20 * time.Second)
	w.want("ct", holdMost+2*frame, frame)
}

func TestADeadTranscoderLeavesTheCameraPassing(t *testing.T) {
	w := newWorld(t, Config{})
	w.tc.die()
	w.shaper.SetTarget(1000)
	w.film()
	w.run(10 * time.Second)
	w.want("c", frame, frame)
}

func TestASilentTranscoderIsGivenUpAndTriedAgain(t *testing.T) {
	w := newWorld(t, Config{})
	w.tc.silent = true
	w.shaper.SetTarget(1000)
	w.film()
	w.run(10 * time.Second)
	w.want("c", holdLeast+2*frame, frame)
	if s := w.shaper.Stats(); s.GivenUp < 2 {
		t.Errorf("given up %d times in 10 s", s.GivenUp)
	}
	w.tc.silent = false
	w.run(5 * time.Second)
	w.want("ct", holdLeast+2*frame, frame)
}

func TestATranscoderThatDiesOnAirIsReplacedByTheCamerasNextKeyUnit(t *testing.T) {
	w := newWorld(t, Config{})
	w.shaper.SetTarget(1500)
	w.film()
	w.run(5 * time.Second)
	w.tc.die()
	w.run(3 * time.Second)
	w.want("ctc", 2*time.Second+100*ms, 2*time.Second+100*ms)
	w.tc.live()
	w.run(3 * time.Second)
	w.want("ctct", 2*time.Second+100*ms, 2*time.Second+100*ms)
}

func TestATranscoderThatRestartsBeforeThatGoesOnItself(t *testing.T) {
	w := newWorld(t, Config{})
	w.gop = 300
	w.shaper.SetTarget(1500)
	w.film()
	w.run(15 * time.Second)
	w.tc.die()
	w.after(800*ms, w.tc.live)
	w.run(3 * time.Second)
	w.want("ct", time.Second, time.Second)
}

func TestAnH265CameraIsTranscodedUnlessTheIngestTakesIt(t *testing.T) {
	media := unit.Media{Video: unit.Format{Codec: unit.H265}}
	for accepts, makers := range map[bool]string{false: "t", true: "c"} {
		w := newWorld(t, Config{PassH265: accepts})
		w.shaper.SetMedia(media)
		w.shaper.SetTarget(6000)
		w.film()
		w.run(5 * time.Second)
		w.shaper.SetTarget(1000)
		w.run(5 * time.Second)
		w.want(makers, 150*ms, frame)
	}
}

func TestForcedTranscodingNeverLetsTheCameraPass(t *testing.T) {
	w := newWorld(t, Config{ForceTranscode: true})
	w.shaper.SetTarget(6000)
	w.film()
	w.run(5 * time.Second)
	w.tc.die()
	w.run(5 * time.Second)
	w.tc.live()
	w.run(5 * time.Second)
	w.want("t", 6*time.Second, 6*time.Second)
}

func TestAKeyUnitFarOffIsMadeByTheTranscoder(t *testing.T) {
	for name, c := range map[string]struct {
		gop    int
		makers string
	}{"every 10 s": {300, "ct"}, "every second": {30, "c"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{HandBackAfter: time.Minute})
			w.gop = c.gop
			w.film()
			w.run(11*time.Second + 10*frame)
			w.shaper.ForceKey()
			w.run(2 * time.Second)
			w.want(c.makers, 250*ms, frame)
		})
	}
}

func TestAForcedKeyUnitIsAskedOfTheTranscoderOnAir(t *testing.T) {
	w := newWorld(t, Config{})
	w.shaper.SetTarget(1500)
	w.film()
	w.run(5 * time.Second)
	group := w.tc.group
	w.shaper.ForceKey()
	w.run(200 * ms)
	if w.viewer.at.group != group+1 {
		t.Errorf("group %d on air 200 ms after a key unit was asked for in group %d", w.viewer.at.group, group)
	}
}

func TestALostConnectionToTheCameraBreaksNoDecoder(t *testing.T) {
	for name, target := range map[string]int{"passing": 6000, "transcoding": 1500} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			w.shaper.SetTarget(target)
			w.film()
			w.run(5 * time.Second)
			w.shaper.SetMedia(unit.Media{Video: unit.Format{Codec: unit.H264}})
			w.place, w.shown = w.place+7, w.shown+7 // units that never came
			w.run(5 * time.Second)
			if w.viewer.units < 200 {
				t.Errorf("only %d units came through", w.viewer.units)
			}
		})
	}
}

func TestAGroupThatOutgrowsItsMemoryWaitsForTheNextKeyUnit(t *testing.T) {
	w := newWorld(t, Config{})
	w.gop = gopUnits + 100
	w.shaper.SetTarget(6000)
	w.film()
	w.run(time.Duration(gopUnits+5) * frame)
	w.shaper.SetTarget(1500)
	w.run(90 * frame)
	w.want("c", frame, frame)
	w.run(30 * frame)
	w.want("ct", 200*ms, frame)
}

func TestPassingAllocatesNothing(t *testing.T) {
	w := newWorld(t, Config{})
	w.shaper.out = unit.SinkFunc(func(*unit.Unit) {})
	w.shaper.SetTarget(6000)
	w.gop = 30
	var units []*unit.Unit
	for range 300 {
		w.now += frame
		units = append(units, w.mini())
	}
	i := 0
	for ; i < 100; i++ {
		w.shaper.Put(units[i])
	}
	if n := testing.AllocsPerRun(150, func() { w.shaper.Put(units[i]); i++ }); n != 0 {
		t.Errorf("%v allocations per unit", n)
	}
}

func BenchmarkPass(b *testing.B) {
	s := New(Config{}, nil, &fakeTranscoder{}, unit.SinkFunc(func(*unit.Unit) {}), nil)
	u := &unit.Unit{Captured: time.Now(), NALUs: [][]byte{make([]byte, 5000)}}
	key := &unit.Unit{Captured: time.Now(), Key: true, NALUs: u.NALUs}
	b.ReportAllocs()
	for i := range b.N {
		if i%60 == 0 {
			s.Put(key)
		} else {
			s.Put(u)
		}
	}
}
