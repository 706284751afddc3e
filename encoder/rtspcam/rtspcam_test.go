package rtspcam

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"

	"studiobox/encoder/unit"
)

// recorder is a sink that keeps everything.
type recorder struct {
	mutex sync.Mutex
	units []*unit.Unit
	media []unit.Media
	order []string // "media" and "unit", as they came
	woken chan struct{}
}

func (r *recorder) Put(u *unit.Unit) {
	r.mutex.Lock()
	r.units = append(r.units, u)
	r.order = append(r.order, "unit")
	r.mutex.Unlock()
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

func (r *recorder) onMedia(m unit.Media) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.media = append(r.media, m)
	r.order = append(r.order, "media")
}

// came tells what came n-th.
func (r *recorder) came(n int) string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.order[n]
}

// all gives what was recorded of a track so far.
func (r *recorder) all(track unit.Track) []*unit.Unit {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var units []*unit.Unit
	for _, u := range r.units {
		if u.Track == track {
			units = append(units, u)
		}
	}
	return units
}

// await blocks until n units of a track are there.
func (r *recorder) await(t testing.TB, track unit.Track, n int) []*unit.Unit {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		if units := r.all(track); len(units) >= n {
			return units
		}
		select {
		case <-r.woken:
		case <-limit:
			t.Fatalf("only %d %v units came, want %d", len(r.all(track)), track, n)
		}
	}
}

// pull starts a camera and ends it with the test. The error of Run comes on the
// channel.
func pull(t testing.TB, cfg Config) (*Camera, *recorder, chan error) {
	t.Helper()
	r := &recorder{woken: make(chan struct{}, 1)}
	if cfg.Epoch.IsZero() {
		cfg.Epoch = time.Now()
	}
	cam, err := New(cfg, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	cam.OnMedia = r.onMedia
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	done := make(chan struct{})
	go func() { defer close(done); ended <- cam.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return cam, r, ended
}

func numberOf(u *unit.Unit) int {
	if u.Track == unit.Audio {
		return readNumber(u.Frame)
	}
	slice := u.NALUs[len(u.NALUs)-1]
	if slice[0] == 0x26 || slice[0] == 0x02 {
		return readNumber(slice[3:])
	}
	return readNumber(slice[2:])
}

// checkVideo proves that pictures are complete, in the order sent, begin with a
// key, and that keys lead with the parameter sets.
func checkVideo(t *testing.T, f film, units []*unit.Unit) {
	t.Helper()
	sets := [][]byte{unhex(spsHex), unhex(ppsHex)}
	if f.hevc {
		sets = [][]byte{unhex(hevcVPSHex), unhex(hevcSPSHex), unhex(hevcPPSHex)}
	}
	if !units[0].Key {
		t.Fatal("the first picture is no key")
	}
	first := numberOf(units[0])
	for i, u := range units {
		want := first + i
		if f.bFrames {
			want = first + i - i%f.gop + decodingOrder[i%f.gop]
		}
		if numberOf(u) != want {
			t.Fatalf("picture %d is number %d, want %d", i, numberOf(u), want)
		}
		if u.Key != (i%f.gop == 0) {
			t.Errorf("picture %d: key is %v", i, u.Key)
		}
		if u.Key {
			for j, set := range sets {
				if !bytes.Equal(u.NALUs[j], set) {
					t.Fatalf("NAL unit %d of a key picture is %x, want %x", j, u.NALUs[j], set)
				}
			}
			if len(u.NALUs) != len(sets)+1 {
				t.Errorf("key picture has %d NAL units", len(u.NALUs))
			}
		}
		if last := u.NALUs[len(u.NALUs)-1]; len(last) != f.size {
			t.Errorf("picture %d has %d bytes, want %d", i, len(last), f.size)
		}
		wantPTS := units[0].PTS + time.Duration(numberOf(u)-first)*f.every
		if off := u.PTS - wantPTS; off.Abs() > time.Millisecond {
			t.Errorf("picture %d has PTS %v, want %v", numberOf(u), u.PTS, wantPTS)
		}
	}
}

func TestPicturesAndSoundArriveWholeAndTimed(t *testing.T) {
	cases := []struct {
		name      string
		film      film
		transport string
		codec     unit.Codec
	}{
		{"H.264, sets in SDP only, Opus", film{setsInSDP: true, sound: opus()}, "tcp", unit.Opus},
		{"H.264, sets in band only, A-law", film{setsInBand: true, sound: alaw()}, "tcp", unit.G711A},
		{"H.264 with B-frames, µ-law", film{setsInSDP: true, bFrames: true, sound: mulaw()}, "tcp", unit.G711U},
		{"H.264 over UDP, AAC", film{setsInSDP: true, sound: aac()}, "udp", unit.AAC},
		{"H.264, auto, no sound", film{setsInSDP: true, setsInBand: true}, "auto", unit.NoCodec},
		{"H.265, sets in SDP only", film{setsInSDP: true, hevc: true}, "tcp", unit.NoCodec},
		{"H.265, sets in band only, AAC", film{setsInBand: true, hevc: true, sound: aac()}, "tcp", unit.AAC},
		{"small pictures in one packet", film{setsInSDP: true, size: 200}, "tcp", unit.NoCodec},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fake := &fakeCamera{t: t, film: c.film}
			fake.start()
			fake.roll(t.Context())
			cam, r, _ := pull(t, Config{URL: fake.url(""), Transport: c.transport})
			units := r.await(t, unit.Video, 2*fake.film.gop+2)
			checkVideo(t, fake.film, units)
			checkSound(t, c.codec, cam, r)
			if r.came(0) != "media" {
				t.Error("the first unit came before the media was told")
			}
			wantTransport := c.transport
			if wantTransport == "auto" {
				wantTransport = "udp"
			}
			if s := cam.Stats(); s.Transport != wantTransport {
				t.Errorf("transport is %s", s.Transport)
			}
		})
	}
}

func checkSound(t *testing.T, codec unit.Codec, cam *Camera, r *recorder) {
	t.Helper()
	media := cam.Stats().Media
	if codec == unit.NoCodec {
		if media.Audio != nil || len(r.all(unit.Audio)) != 0 {
			t.Error("a camera without sound has sound")
		}
		return
	}
	if media.Audio == nil || media.Audio.Codec != codec {
		t.Fatalf("sound is described as %+v", media.Audio)
	}
	if codec == unit.AAC && !bytes.Equal(media.Audio.Config, []byte{0x11, 0x90}) {
		t.Errorf("AAC configuration is %x", media.Audio.Config)
	}
	frames := r.await(t, unit.Audio, 20)
	first := frames[0]
	for i, u := range frames {
		if len(u.Frame) != 160 || numberOf(u) != numberOf(first)+i {
			t.Fatalf("frame %d has %d bytes and number %d", i, len(u.Frame), numberOf(u))
		}
		step := 20 * time.Millisecond
		if codec == unit.AAC {
			step = 1024 * time.Second / 48000
		}
		if off := u.PTS - first.PTS - time.Duration(i)*step; off.Abs() > 100*time.Microsecond {
			t.Errorf("frame %d is off by %v", i, off)
		}
	}
}

func TestUDPRefusedFallsBackToTCP(t *testing.T) {
	t.Parallel()
	fake := &fakeCamera{t: t, film: film{setsInSDP: true}, refuseUDP: true}
	fake.start()
	fake.roll(t.Context())
	cam, r, _ := pull(t, Config{URL: fake.url(""), Transport: "auto"})
	checkVideo(t, fake.film, r.await(t, unit.Video, 13))
	if s := cam.Stats(); s.Transport != "tcp" {
		t.Errorf("transport is %s", s.Transport)
	}
}

func TestTheCameraIsLetGoWithATeardown(t *testing.T) {
	t.Parallel()
	fake := &fakeCamera{t: t, film: film{setsInSDP: true}}
	fake.start()
	fake.roll(t.Context())
	r := &recorder{woken: make(chan struct{}, 1)}
	cam, err := New(Config{URL: fake.url(""), Epoch: time.Now()}, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- cam.Run(ctx) }()
	r.await(t, unit.Video, 2)
	begun := time.Now()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("an end that was asked for is an error: %v", err)
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("the end took %v", took)
	}
	waitFor(t, "the TEARDOWN", func() bool {
		fake.mutex.Lock()
		defer fake.mutex.Unlock()
		return fake.teardowns == 1 && len(fake.conns) == 0
	})
	if cam.Stats().Connected {
		t.Error("still shown as connected")
	}
}

// waitFor polls for something that another process or goroutine does.
func waitFor(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come about", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func TestASilentCameraIsFoundInOneAndAHalfSeconds(t *testing.T) {
	t.Parallel()
	fake := &fakeCamera{t: t, film: film{setsInSDP: true, sound: opus()}}
	fake.start()
	fake.roll(t.Context())
	_, r, ended := pull(t, Config{URL: fake.url("")})
	r.await(t, unit.Video, 3)
	fake.set(func(c *fakeCamera) { c.silent = true })
	units := r.all(unit.Video)
	err := <-ended
	silence := time.Since(units[len(units)-1].Captured)
	if !errors.Is(err, ErrStalled) {
		t.Fatalf("error is %v", err)
	}
	if silence < DefaultStallAfter || silence > DefaultStallAfter+700*time.Millisecond {
		t.Errorf("found after %v", silence)
	}
}

func TestSoundAloneDoesNotKeepACameraAlive(t *testing.T) {
	t.Parallel()
	fake := &fakeCamera{t: t, film: film{setsInSDP: true, sound: opus()}}
	fake.start()
	fake.roll(t.Context())
	_, r, ended := pull(t, Config{URL: fake.url(""), StallAfter: time.Second})
	r.await(t, unit.Video, 3)
	fake.set(func(c *fakeCamera) { c.lose = func(int, *rtp.Packet) bool { return true } })
	before := len(r.all(unit.Audio))
	if err := <-ended; !errors.Is(err, ErrStalled) {
		t.Fatalf("error is %v", err)
	}
	if len(r.all(unit.Audio)) == before {
		t.Error("the sound stopped too: the test proves nothing")
	}
}

func TestADroppedConnectionIsToldAtOnce(t *testing.T) {
	t.Parallel()
	fake := &fakeCamera{t: t, film: film{setsInSDP: true}}
	fake.start()
	fake.roll(t.Context())
	_, r, ended := pull(t, Config{URL: fake.url("")})
	r.await(t, unit.Video, 3)
	begun := time.Now()
	fake.hangUp()
	err := <-ended
	if !errors.Is(err, ErrClosed) {
		t.Errorf("error is %v", err)
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("took %v", took)
	}
}

func TestTimesGoOnRisingOverReconnects(t *testing.T) {
	t.Parallel()
	fake := &fakeCamera{t: t, film: film{setsInSDP: true, gop: 2, sound: opus()}}
	fake.start()
	fake.roll(t.Context())
	r := &recorder{woken: make(chan struct{}, 1)}
	epoch := time.Now()
	cam, err := New(Config{URL: fake.url(""), Epoch: epoch}, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- cam.Run(ctx) }()
		r.await(t, unit.Video, 4*(round+1))
		r.await(t, unit.Audio, 2*(round+1))
		cancel()
		<-done
		for _, u := range append(r.all(unit.Video), r.all(unit.Audio)...) {
			if u.PTS > cam.floor {
				t.Fatalf("the next connection may begin at %v, below %v", cam.floor, u.PTS)
			}
		}
	}
	for _, track := range []unit.Track{unit.Video, unit.Audio} {
		last := time.Duration(-1)
		for i, u := range r.all(track) {
			if u.PTS <= last {
				t.Fatalf("%v unit %d has PTS %v after %v", track, i, u.PTS, last)
			}
			last = u.PTS
			if off := u.PTS - u.Captured.Sub(epoch); off.Abs() > 300*time.Millisecond {
				t.Errorf("%v unit %d has PTS %v, but came at %v", track, i, u.PTS, u.Captured.Sub(epoch))
			}
		}
	}
}

func TestUnknownSoundIsLeftAsideWithANote(t *testing.T) {
	t.Parallel()
	fake := &fakeCamera{t: t, film: film{setsInSDP: true, sound: &format.Vorbis{
		PayloadTyp: 98, SampleRate: 48000, ChannelCount: 2, Configuration: []byte{1, 2, 3},
	}}}
	fake.start()
	fake.roll(t.Context())
	cam, r, _ := pull(t, Config{URL: fake.url("")})
	checkVideo(t, fake.film, r.await(t, unit.Video, 3))
	s := cam.Stats()
	if s.Media.Audio != nil || len(r.all(unit.Audio)) > 0 {
		t.Error("sound was taken")
	}
	if len(s.Notes) != 1 || s.Notes[0] != "audio codec Vorbis is not supported" {
		t.Errorf("notes are %q", s.Notes)
	}
}

func TestStatsTellRatePicturesAndKeyInterval(t *testing.T) {
	t.Parallel()
	fake := &fakeCamera{t: t, film: film{setsInSDP: true, size: 5000, sound: opus()}}
	fake.start()
	fake.roll(t.Context())
	cam, r, _ := pull(t, Config{URL: fake.url("")})
	r.await(t, unit.Video, 60)
	s := cam.Stats()
	if s.FPS < 23 || s.FPS > 27 {
		t.Errorf("%.1f pictures a second, want 25", s.FPS)
	}
	if s.Kbps < 900 || s.Kbps > 1100 {
		t.Errorf("%d kbit/s, want 1000", s.Kbps)
	}
	if s.KeyInterval != 480*time.Millisecond {
		t.Errorf("key interval is %v, want 480ms", s.KeyInterval)
	}
	if !s.Connected || s.LastVideo.IsZero() || s.VideoUnits < 60 || s.AudioUnits == 0 || s.Bytes < 60*5000 {
		t.Errorf("stats are %+v", s)
	}
	if s.LostPackets != 0 || s.CorruptPackets != 0 {
		t.Errorf("%d lost, %d corrupt on a clean line", s.LostPackets, s.CorruptPackets)
	}
}
