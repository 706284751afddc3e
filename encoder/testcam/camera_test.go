package testcam

import (
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
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
	f := h264Of(t, w.desc)
	if f.SPS == nil || f.PPS == nil {
		t.Error("the description has no parameter sets")
	}
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
	w.await(t, 50)
	w.mu.Lock()
	defer w.mu.Unlock()
	var extractor h264.DTSExtractor
	extractor.Initialize()
	back, last := 0, int64(math.MinInt64)
	for i, v := range w.video {
		pts := int64(int32(v.rtpTime - w.video[0].rtpTime))
		dts, err := extractor.Extract(v.nalus, pts)
		must(t, err)
		if dts <= last || dts > pts {
			t.Errorf("unit %d: DTS %d after %d, PTS %d", i, dts, last, pts)
		}
		if i > 0 && int32(v.rtpTime-w.video[i-1].rtpTime) < 0 {
			back++
		}
		last = dts
	}
	if back < 10 {
		t.Errorf("PTS went back %d times in %d units: these are no B-frames", back, len(w.video))
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

func TestAFrozenCameraKeepsItsConnectionAndGoesOnWithAKeyFrame(t *testing.T) {
	needGStreamer(t)
	cfg := small()
	cfg.Audio = unit.G711U
	camera := startCamera(t, cfg)
	w := watch(t, camera.URL(Main))
	w.await(t, 5)
	camera.Freeze(true)
	time.Sleep(200 * time.Millisecond) // for what is on its way
	video, audio := w.counts()
	time.Sleep(500 * time.Millisecond)
	if v, a := w.counts(); v != video || a != audio {
		t.Errorf("a frozen camera sent %d pictures and %d packets of sound", v-video, a-audio)
	}
	select {
	case err := <-w.ended:
		t.Fatalf("the connection of a frozen camera ended: %v", err)
	default:
	}
	camera.Freeze(false)
	w.await(t, video+5)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !h264.IsRandomAccess(w.video[video].nalus) {
		t.Error("after the freeze the picture goes on without a key frame")
	}
}

func TestAKickedClientIsCutAndMayComeBack(t *testing.T) {
	needGStreamer(t)
	camera := startCamera(t, small())
	w := watch(t, camera.URL(Main))
	w.await(t, 1)
	camera.Kick()
	w.wantEnd(t)
	watch(t, camera.URL(Main)).await(t, 1)
}

func TestACameraThatIsOffRefusesAndComesBackAtTheSameAddress(t *testing.T) {
	needGStreamer(t)
	camera := startCamera(t, small())
	url := camera.URL(Main)
	w := watch(t, url)
	w.await(t, 1)
	for range 3 {
		must(t, camera.Off(true))
		if err := newWatcher().play(url); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("a camera that is off says %v, want connection refused", err)
		}
		must(t, camera.Off(false))
	}
	w.wantEnd(t)
	watch(t, url).await(t, 1)
}

func TestTheCameraAsksForItsPasswordByDigest(t *testing.T) {
	needGStreamer(t)
	cfg := small()
	cfg.User, cfg.Password = "studio", "s3cret"
	camera := startCamera(t, cfg)
	url := camera.URL(Sub)
	var refused liberrors.ErrClientBadStatusCode
	for _, wrong := range []string{"studio:wrong@", ""} {
		err := newWatcher().play(strings.Replace(url, "studio:s3cret@", wrong, 1))
		if !errors.As(err, &refused) || refused.Code != base.StatusUnauthorized {
			t.Errorf("credentials %q get %v, want 401", wrong, err)
		}
	}
	watch(t, url).await(t, 1)
	conn, err := net.Dial("tcp", camera.door.reachable())
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = fmt.Fprintf(conn, "DESCRIBE rtsp://camera/%s RTSP/1.0\r\nCSeq: 1\r\n\r\n", Sub)
	must(t, err)
	answer := make([]byte, 1024)
	n, err := conn.Read(answer)
	must(t, err)
	if said := string(answer[:n]); !strings.Contains(said, "Digest") || strings.Contains(said, "Basic") {
		t.Errorf("the camera offers other ways than digest: %q", said)
	}
}

func TestAnUnknownPathIsNotFound(t *testing.T) {
	camera := startCamera(t, small())
	var refused liberrors.ErrClientBadStatusCode
	if err := newWatcher().play(camera.URL("attic")); !errors.As(err, &refused) || refused.Code != base.StatusNotFound {
		t.Errorf("an unknown path gets %v, want 404", err)
	}
}

func TestAKilledEncoderIsStartedAgain(t *testing.T) {
	needGStreamer(t)
	camera := startCamera(t, small())
	w := watch(t, camera.URL(Main))
	w.await(t, 5)
	process, err := os.FindProcess(camera.streams[Main].encoder.Stats().PID)
	must(t, err)
	must(t, process.Kill())
	eventually(t, "a new encoder", func() bool { return camera.Stats(Main).Restarts == 1 })
	before, _ := w.counts()
	w.await(t, before+5)
}

func TestNothingRunsAfterRun(t *testing.T) {
	needGStreamer(t)
	before := runtime.NumGoroutine()
	t.Run("camera", func(t *testing.T) {
		cfg := small()
		cfg.Audio = unit.G711A
		camera := startCamera(t, cfg)
		watch(t, camera.URL(Main)).await(t, 3)
		watch(t, camera.URL(Sub)).await(t, 3)
		must(t, camera.Off(true))
		must(t, camera.Off(false))
		watch(t, camera.URL(Main)).await(t, 3)
	})
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
}

func TestABadConfigurationIsRefusedWithItsReason(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"321x180":    func(c *Config) { c.Width = 321 },
		"320x0":      func(c *Config) { c.Height = 0 },
		"-1 frames":  func(c *Config) { c.FPS = -1 },
		"10 kbit/s":  func(c *Config) { c.Kbps = 10 },
		"9 B-frames": func(c *Config) { c.BFrames = 9 },
		"Opus":       func(c *Config) { c.Audio = unit.Opus },
		"no command": func(c *Config) { c.Worker = gst.Worker{} },
	} {
		cfg := small()
		cfg.Worker = testWorker()
		change(&cfg)
		if _, err := New(cfg, testLog(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
	}
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
