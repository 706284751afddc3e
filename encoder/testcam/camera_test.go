package testcam

import (
	"bytes"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/g711"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
)

func TestAClientGetsPictureAndSoundWithStrictlyRisingTimes(t *testing.T) {
	needGStreamer(t)
	cfg := small()
	cfg.Audio = unit.G711A
	w := watch(t, startCamera(t, cfg).URL(Main))
	w.await(t, 60)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !h264.IsRandomAccess(w.video[0].nalus) {
		t.Error("the first picture is no key frame")
	}
	for i, v := range w.video[1:] {
		if step := int32(v.rtpTime - w.video[i].rtpTime); step <= 0 || step%(90000/25) != 0 {
			t.Errorf("the video clock moves by %d at unit %d", step, i+1)
		}
	}
	if len(w.audio) < 100 {
		t.Fatalf("%d packets of sound came with %d pictures", len(w.audio), len(w.video))
	}
	for i, a := range w.audio[1:] {
		if a.rtpTime-w.audio[i].rtpTime != packetSize || a.sequence != w.audio[i].sequence+1 {
			t.Errorf("the audio clock moves by %d at packet %d", a.rtpTime-w.audio[i].rtpTime, i+1)
		}
	}
}

func TestBFramesComeInDecodingOrder(t *testing.T) {
	needGStreamer(t)
	cfg := small()
	cfg.BFrames = 2
	w := watch(t, startCamera(t, cfg).URL(Main))
	w.await(t, 40)
	w.mu.Lock()
	defer w.mu.Unlock()
	var times []int32
	back := 0
	for i, v := range w.video {
		times = append(times, int32(v.rtpTime-w.video[0].rtpTime))
		if i > 0 && times[i] < times[i-1] {
			back++
		}
	}
	if back < 5 {
		t.Errorf("PTS went back %d times in %d units: these are no B-frames", back, len(times))
	}
	// In order of PTS no picture may move farther than the B-frames reach, and
	// no two may share a time.
	sorted := slices.Sorted(slices.Values(times))
	for i, at := range times[:len(times)-cfg.BFrames] {
		place, _ := slices.BinarySearch(sorted, at)
		if place < i-cfg.BFrames || place > i+cfg.BFrames {
			t.Errorf("unit %d is picture %d", i, place)
		}
	}
	if len(slices.Compact(sorted)) != len(times) {
		t.Error("two pictures share a time")
	}
}

// TestSenderReportsTieBothTracksToTheTimeInThePicture holds three clocks
// together: the one burned into the picture, the video's and the sound's as
// their sender reports give them.
func TestSenderReportsTieBothTracksToTheTimeInThePicture(t *testing.T) {
	needGStreamer(t)
	cfg := small()
	cfg.Audio = unit.G711A
	w := watch(t, startCamera(t, cfg).URL(Main))
	w.await(t, 60)
	w.client.Close()
	frames := decode(t, w.video)
	for i, frame := range frames {
		m, ok := ReadMarker(frame, 320, 180)
		wall := w.wall(description.MediaTypeVideo, w.video[i].rtpTime, 90000)
		if off := wall.Sub(m.Time); !ok || off.Abs() > 2*time.Millisecond {
			t.Fatalf("frame %d: the picture says %v (%t), the sender report %v", i, m.Time, ok, wall)
		}
	}
	beeps := 0
	quiet := false // the first packet may lie within a beep
	for _, a := range w.audio {
		for i, sample := range lpcm(a.samples) {
			at := w.wall(description.MediaTypeAudio, a.rtpTime+uint32(i), soundRate)
			if math.Abs(sample) < 1500 {
				quiet = quiet || at.Nanosecond() > 5e8
				continue
			}
			if off := at.Sub(at.Round(time.Second)); quiet && off.Abs() > 5*time.Millisecond {
				t.Errorf("a beep starts %v off the second", off)
			}
			if quiet {
				beeps++
			}
			quiet = false
		}
	}
	if beeps < 2 {
		t.Errorf("%d beeps in %d packets of sound", beeps, len(w.audio))
	}
	t.Logf("%d frames and %d beeps agree", len(frames), beeps)
}

func TestTheTableTurnsInWhatAClientDecodes(t *testing.T) {
	needGStreamer(t)
	cfg := small()
	var angle atomic.Int64
	cfg.Scene = func(time.Time) (float64, float64) { return float64(angle.Load()), 1 }
	w := watch(t, startCamera(t, cfg).URL(Main))
	w.await(t, 5)
	before, _ := w.counts()
	angle.Store(90)
	w.await(t, before+10)
	w.client.Close()
	frames := decode(t, w.video)
	for i, want := range map[int]float64{0: 0, len(frames) - 1: 90} {
		if deg, ok := MarkerAngle(frames[i], 320, 180); !ok || math.Abs(math.Remainder(deg-want, 360)) > 3 {
			t.Errorf("frame %d shows the table at %.1f, %t, want %g", i, deg, ok, want)
		}
	}
}

func TestDescribeWaitsForTheParameterSets(t *testing.T) {
	cfg := small()
	cfg.Worker = gst.Worker{Command: []string{"/bin/false"}} // the sets come from below
	camera := startCamera(t, cfg)
	s := camera.streams[Main]
	sps := []byte{0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03,
		0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20}
	described := make(chan *watcher, 1)
	go func() {
		w := newWatcher()
		if err := w.play(camera.URL(Main)); err != nil {
			t.Errorf("the camera does not play: %v", err)
		}
		described <- w
	}()
	eventually(t, "DESCRIBE to start the film", s.isWanted)
	s.deliver(&unit.Unit{Key: true, NALUs: [][]byte{sps, {0x68, 0xce, 0x3c, 0x80}, {0x65, 1}}})
	w := <-described
	defer w.client.Close()
	if f := h264Of(t, w.desc); !bytes.Equal(f.SPS, sps) || f.PPS == nil {
		t.Errorf("the description has the parameter sets %x and %x", f.SPS, f.PPS)
	}
}

// TestNoReaderGetsAPictureThatItCannotDecode sends units by hand, for a moment
// of luck hides this fault with a real encoder.
func TestNoReaderGetsAPictureThatItCannotDecode(t *testing.T) {
	cfg := small()
	cfg.Worker = gst.Worker{Command: []string{"/bin/false"}} // no unit but those below
	camera := startCamera(t, cfg)
	s := camera.streams[Sub]
	s.video.SafeSetParams([]byte{0x67, 0x42, 0xc0, 0x1e}, []byte{0x68, 0xce}) // so that DESCRIBE need not wait
	w := watch(t, camera.URL(Sub))
	send := func(n int, key bool, nalu byte) {
		s.deliver(&unit.Unit{PTS: time.Duration(n) * time.Second, Key: key, NALUs: [][]byte{{nalu, 1, 2, 3}}})
	}
	send(0, false, 0x41)
	send(1, true, 0x65)
	send(2, false, 0x41)
	camera.Freeze(true)
	send(3, true, 0x65)
	camera.Freeze(false)
	send(4, false, 0x41)
	send(5, true, 0x65)
	w.await(t, 3)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, want := range []struct {
		second uint32
		nalu   byte
	}{{1, 0x65}, {2, 0x41}, {5, 0x65}} {
		at, nalu := (w.video[i].rtpTime-w.video[0].rtpTime)/90000+1, w.video[i].nalus[0][0]
		if at != want.second || nalu != want.nalu {
			t.Errorf("unit %d is %#x of second %d, want %#x of second %d", i, nalu, at, want.nalu, want.second)
		}
	}
}

func TestALateJoinerBeginsWithAKeyFrameAtOnce(t *testing.T) {
	needGStreamer(t)
	cfg := small()
	cfg.GOP = 10 * time.Second
	camera := startCamera(t, cfg)
	watch(t, camera.URL(Main)).await(t, 10)
	late := watch(t, camera.URL(Main))
	start := time.Now()
	late.await(t, 1)
	waited := time.Since(start)
	late.mu.Lock()
	defer late.mu.Unlock()
	if !h264.IsRandomAccess(late.video[0].nalus) {
		t.Error("the first picture is no key frame")
	}
	if waited > 3*time.Second {
		t.Errorf("the key frame took %v of a GOP of %v", waited, cfg.GOP)
	}
}

func TestAStreamIsFilmedOnlyWhileSomebodyWatchesIt(t *testing.T) {
	needGStreamer(t)
	camera := startCamera(t, small())
	w := watch(t, camera.URL(Main))
	w.await(t, 3)
	if s := camera.Stats(Main); !s.Filming || s.Readers != 1 || s.Frames == 0 {
		t.Errorf("main is watched and does %+v", s)
	}
	if s := camera.Stats(Sub); s.Filming || s.Frames != 0 {
		t.Errorf("nobody watches sub and it does %+v", s)
	}
	w.client.Close()
	eventually(t, "main to rest", func() bool { return !camera.Stats(Main).Filming })
	frames := camera.Stats(Main).Frames
	time.Sleep(200 * time.Millisecond)
	if now := camera.Stats(Main).Frames; now != frames {
		t.Errorf("%d frames were rendered for nobody", now-frames)
	}
	watch(t, camera.URL(Sub)).await(t, 3)
}

// decode turns what a client got into raw frames, one for each unit.
func decode(t *testing.T, video []videoUnit) [][]byte {
	t.Helper()
	out := make(chan gst.Frame, 8)
	decoder := gst.NewDecoder(gst.DecoderConfig{Worker: testWorker(), Codec: unit.H264},
		func(f gst.Frame) { out <- f }, testLog(t))
	inBackground(t, decoder.Run)
	eventually(t, "a decoder", decoder.Ready)
	var frames [][]byte
	for i, v := range video {
		decoder.Put(&unit.Unit{
			PTS: time.Duration(i+1) * 40 * time.Millisecond, Captured: time.Now(),
			Track: unit.Video, Key: h264.IsRandomAccess(v.nalus), NALUs: v.nalus,
		})
		select {
		case f := <-out:
			frames = append(frames, f.I420)
		case <-time.After(20 * time.Second):
			t.Fatalf("unit %d of %d was not decoded in 20 s", i, len(video))
		}
	}
	return frames
}

// lpcm decodes A-law.
func lpcm(samples []byte) []float64 {
	var decoded g711.Alaw
	decoded.Unmarshal(samples)
	values := make([]float64, len(samples))
	for i := range values {
		values[i] = float64(int16(uint16(decoded[2*i])<<8 | uint16(decoded[2*i+1])))
	}
	return values
}
