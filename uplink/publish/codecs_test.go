package publish_test

import (
	"slices"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// aacConfig is AAC-LC, 48 kHz, stereo (ISO/IEC 14496-3, 1.6.2.1).
var aacConfig = []byte{0x11, 0x90}

func TestSoundOfEveryCodecArrivesOnThePicturesTimeline(t *testing.T) {
	for name, format := range map[string]unit.Format{
		"AAC":        {Codec: unit.AAC, SampleRate: 48000, Channels: 2, Config: aacConfig},
		"Opus":       {Codec: unit.Opus, SampleRate: 48000, Channels: 2},
		"G711A":      {Codec: unit.G711A, SampleRate: 8000, Channels: 1},
		"G711U wide": {Codec: unit.G711U, SampleRate: 16000, Channels: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			media := media264()
			media.Audio = &format
			s := newStudio(t, setup{})
			s.publisher.SetMedia(media)
			s.start()
			await(t, "recording", 3*time.Second, func() bool { return s.publisher.Stats().Connected })
			var pictures, sounds []*unit.Unit
			const lag = 160 * time.Millisecond // sound is in the queue this much before its picture
			for n := range 50 {
				at := time.Minute + time.Duration(n)*40*time.Millisecond
				picture := picture264(n, at, n%25 == 0, 900)
				pictures = append(pictures, picture)
				s.publisher.Put(picture)
				for half := range time.Duration(2) {
					heard := sound(2*n+int(half), at+lag+half*20*time.Millisecond, 320)
					sounds = append(sounds, heard)
					s.publisher.Put(heard)
				}
				time.Sleep(2 * time.Millisecond)
			}
			await(t, "all units", 3*time.Second, func() bool { return len(s.got()) >= 150 })
			same(t, pictures, s.track(unit.Video))
			got := s.track(unit.Audio)
			if len(got) != len(sounds) {
				t.Fatalf("%d sounds arrived of %d", len(got), len(sounds))
			}
			first := s.track(unit.Video)[0]
			for n, u := range got {
				if !slices.Equal(u.Frame, sounds[n].Frame) {
					t.Fatalf("sound %d differs", n)
				}
				want := sounds[n].PTS - pictures[0].PTS
				if off := u.PTS - first.PTS - want; off.Abs() > 100*time.Microsecond {
					t.Fatalf("sound %d is %v off the picture's timeline", n, off)
				}
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if a := s.media[0].Audio; a == nil || a.Codec != format.Codec || a.SampleRate != format.SampleRate || a.Channels != format.Channels {
				t.Errorf("announced sound %+v, want %+v", a, format)
			}
		})
	}
}

func TestH265ArrivesWithItsParameterSets(t *testing.T) {
	s := newStudio(t, setup{})
	s.publisher.SetMedia(unit.Media{Video: unit.Format{Codec: unit.H265, VPS: vps265, SPS: sps265, PPS: pps265}})
	s.start()
	await(t, "recording", 3*time.Second, func() bool { return s.publisher.Stats().Connected })
	var sent []*unit.Unit
	for n := range 40 {
		u := picture265(n, time.Duration(n)*40*time.Millisecond, n%20 == 0, 500+2500*(n%3))
		sent = append(sent, u)
		s.publisher.Put(u)
		time.Sleep(2 * time.Millisecond)
	}
	await(t, "all units", 3*time.Second, func() bool { return len(s.got()) >= len(sent) })
	same(t, sent, s.got())
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.media[0].Video; v.Codec != unit.H265 || !slices.Equal(v.SPS, sps265) || !slices.Equal(v.VPS, vps265) {
		t.Errorf("announced %+v", v)
	}
}

func TestPicturesWithBFramesKeepDecodingOrderAndTheirTimes(t *testing.T) {
	s := newStudio(t, setup{})
	s.publisher.SetMedia(media264())
	s.start()
	await(t, "recording", 3*time.Second, func() bool { return s.publisher.Stats().Connected })
	const frame = time.Second / 25
	var sent []*unit.Unit
	for group := range 10 {
		for i, shown := range []int{0, 3, 1, 2, 6, 4, 5} { // I P B B P B B, as decoded
			n := 7*group + i
			u := picture264(n, time.Hour+time.Duration(7*group+shown)*frame, i == 0, 2000)
			sent = append(sent, u)
			s.publisher.Put(u)
			time.Sleep(2 * time.Millisecond)
		}
	}
	await(t, "all units", 3*time.Second, func() bool { return len(s.got()) >= len(sent) })
	same(t, sent, s.got())
}

func TestUnitsFromBeforeTheSessionBeginWithTheNewestKeyUnit(t *testing.T) {
	media := media264()
	media.Audio = &unit.Format{Codec: unit.G711A, SampleRate: 8000, Channels: 1}
	s := newStudio(t, setup{})
	s.publisher.SetMedia(media)
	for n := range 8 {
		at := time.Duration(n) * 40 * time.Millisecond
		s.publisher.Put(sound(n, at, 160))
		s.publisher.Put(picture264(n, at, n == 1 || n == 5, 700))
	}
	s.start()
	await(t, "the backlog from the key unit on", 3*time.Second, func() bool { return len(s.got()) == 5 })
	want := []struct {
		track unit.Track
		n     int
	}{{unit.Video, 5}, {unit.Audio, 6}, {unit.Video, 6}, {unit.Audio, 7}, {unit.Video, 7}}
	for i, u := range s.got() {
		if u.Track != want[i].track || numberOf(u) != want[i].n || u.Key != (i == 0) {
			t.Errorf("unit %d: %v %d, want %v %d", i, u.Track, numberOf(u), want[i].track, want[i].n)
		}
	}
	if dropped := s.publisher.Stats().DroppedVideo; dropped != 0 {
		t.Errorf("%d units from before the session count as dropped", dropped)
	}
}

func TestANewSessionAsksForAKeyUnitAndWaitsForIt(t *testing.T) {
	s := newStudio(t, setup{})
	s.publisher.SetMedia(media264())
	s.start()
	await(t, "recording", 3*time.Second, func() bool { return s.publisher.Stats().Connected })
	for n := range 10 {
		s.publisher.Put(picture264(n, time.Duration(n)*40*time.Millisecond, false, 500))
	}
	asked := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.keyAsked
	}
	if n := asked(); n != 1 {
		t.Errorf("asked %d times at the start, want once", n)
	}
	await(t, "asking again", 1500*time.Millisecond, func() bool { return asked() == 2 })
	if len(s.got()) > 0 {
		t.Error("a unit went out before any key unit")
	}
	s.publisher.Put(picture264(10, time.Second, true, 500))
	await(t, "the key unit", time.Second, func() bool { return len(s.got()) == 1 && s.got()[0].Key })
	time.Sleep(1200 * time.Millisecond)
	if n := asked(); n != 2 {
		t.Errorf("asked %d times although video flows", n)
	}
}
