package boxcam

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
)

// workerVar makes the test binary run as a worker.
const workerVar = "STUDIOBOX_TEST_BOXCAM_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(workerVar) == "1" {
		os.Exit(gst.WorkerMain())
	}
	os.Exit(m.Run())
}

// patience is how long a test waits for what must happen, on a busy machine.
const patience = 20 * time.Second

// event is what the rest of the box is told, in order.
type event struct {
	media *unit.Media
	unit  *unit.Unit
}

// rig is a camera, what came of it, and the end of its run.
type rig struct {
	*Camera
	events chan event
	ended  chan error
	faults chan []Fault
	stop   context.CancelFunc
}

func newRig(t *testing.T, line string) *rig {
	t.Helper()
	address, err := Parse(line)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{events: make(chan event, 4096), ended: make(chan error, 1), faults: make(chan []Fault, 64)}
	sink := unit.SinkFunc(func(u *unit.Unit) { r.events <- event{unit: u} })
	r.Camera, err = New(Config{
		Address: address, Backend: gst.X264, Kbps: 400, Epoch: time.Now(),
		Worker: gst.Worker{Command: []string{os.Args[0]}, Env: []string{workerVar + "=1"}},
	}, sink, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	r.OnMedia = func(m unit.Media) { r.events <- event{media: &m} }
	r.OnFaults = func(f []Fault) { r.faults <- f }
	return r
}

func (r *rig) run(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	var running sync.WaitGroup
	running.Go(func() { r.ended <- r.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

func (r *rig) next(t *testing.T) event {
	t.Helper()
	select {
	case e := <-r.events:
		return e
	case err := <-r.ended:
		t.Fatalf("the camera ended: %v", err)
	case <-time.After(patience):
		t.Fatalf("nothing came for %v", patience)
	}
	return event{}
}

func (r *rig) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(patience):
		t.Fatalf("Run did not return within %v", patience)
		return nil
	}
}

// nextMedia waits for a description and returns it with the unit behind it.
func (r *rig) nextMedia(t *testing.T) (unit.Media, *unit.Unit) {
	t.Helper()
	for range 1000 {
		if e := r.next(t); e.media != nil {
			return *e.media, r.next(t).unit
		}
	}
	t.Fatal("no description came")
	return unit.Media{}, nil
}

func TestACameraOfTheBoxLooksAsOneInTheNetwork(t *testing.T) {
	r := newRig(t, "test: 320x240@30 tone:")
	r.run(t)
	first := r.next(t)
	if first.media == nil {
		t.Fatal("a unit came before its description")
	}
	m := *first.media
	if m.Video.Codec != unit.H264 || len(m.Video.SPS) == 0 || len(m.Video.PPS) == 0 {
		t.Errorf("video is %+v", m.Video)
	}
	if m.Audio == nil || m.Audio.Codec != unit.Opus || m.Audio.SampleRate != 48000 || m.Audio.Channels != 2 {
		t.Errorf("audio is %+v", m.Audio)
	}
	key := r.next(t).unit
	if !key.Key || !bytes.Equal(key.NALUs[0], m.Video.SPS) || !bytes.Equal(key.NALUs[1], m.Video.PPS) {
		t.Error("the first unit does not begin with the described parameter sets")
	}
	var seen [2]int
	for seen[unit.Video] < 30 || seen[unit.Audio] < 30 {
		seen[r.next(t).unit.Track]++
	}
	s := r.Stats()
	if !s.Connected || s.VideoUnits < 31 || s.AudioUnits < 30 || s.Kbps <= 0 || s.FPS <= 0 || s.Bytes == 0 {
		t.Errorf("stats: %+v", s)
	}
	r.SetSize(0, 120, 0)
	small, key := r.nextMedia(t)
	if !key.Key || bytes.Equal(small.Video.SPS, m.Video.SPS) {
		t.Error("a new size came without its description")
	}
	if width, height, fps := r.Source(); width != 320 || height != 240 || fps != 30 {
		t.Errorf("the source is %dx%d at %d, whatever is coded of it", width, height, fps)
	}
	r.stop()
	if err := r.end(t); err != nil {
		t.Errorf("Run returned %v at the end of its context", err)
	}
	if s := r.Stats(); s.Connected {
		t.Error("it is still connected")
	}
	if silence := r.Stats().LastVideo.Sub(r.Stats().LastAudio).Abs(); silence > 2*time.Second {
		t.Errorf("the last sound came %v from the last picture", silence)
	}
}

func TestAKilledCameraComesBackWithItsDescriptionOnTheSameTimeline(t *testing.T) {
	r := newRig(t, "test: 320x240@30")
	r.run(t)
	r.next(t)
	r.next(t)
	if err := syscall.Kill(r.Stats().Encoder.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	err := r.end(t)
	if !errors.Is(err, gst.ErrCrashed) || !strings.HasPrefix(err.Error(), "camera test: 320x240@30: ") {
		t.Errorf("Run returned %v", err)
	}
	var last time.Duration
	for len(r.events) > 0 {
		last = (<-r.events).unit.PTS
	}
	r.run(t)
	m, key := r.nextMedia(t)
	if m.Audio != nil {
		t.Error("there is sound without a microphone")
	}
	if !key.Key || key.PTS <= last {
		t.Errorf("the next run begins at %v (key %v) after %v", key.PTS, key.Key, last)
	}
}

func TestSettingsAreTakenWhileItRunsAndWhatIsLackingIsToldByName(t *testing.T) {
	r := newRig(t, "test: 320x240@30")
	r.run(t)
	r.next(t)
	if err := r.Set(Settings{Shutter: time.Second}); err == nil || !strings.Contains(err.Error(), "33.333ms") {
		t.Errorf("a shutter of a second: %v", err)
	}
	if err := r.Set(Settings{Shutter: 10 * time.Millisecond, WhiteBalance: 5000}); err != nil {
		t.Fatal(err)
	}
	told := r.nextFaults(t)
	if len(told) != 2 || told[0].Code != SettingMissing || !strings.HasPrefix(told[0].Text, "shutter: ") ||
		!strings.HasPrefix(told[1].Text, "white balance: ") {
		t.Errorf("faults: %q", told)
	}
	if err := r.Set(Settings{}); err != nil {
		t.Fatal(err)
	}
	if told := r.nextFaults(t); len(told) != 0 || len(r.Faults()) != 0 {
		t.Errorf("nothing is asked for, but there are faults: %q", told)
	}
}

func (r *rig) nextFaults(t *testing.T) []Fault {
	t.Helper()
	select {
	case f := <-r.faults:
		return f
	case <-time.After(patience):
		t.Fatalf("no faults were told within %v", patience)
		return nil
	}
}

func TestAMissingMicrophoneIsAFaultAndNoEnd(t *testing.T) {
	r := newRig(t, "test: 320x240@30 alsa:hw:97,0")
	r.run(t)
	if m, _ := r.nextMedia(t); m.Audio == nil {
		t.Error("a microphone that may come back is not described")
	}
	if told := r.nextFaults(t); len(told) != 1 || told[0].Code != MicrophoneLost {
		t.Errorf("faults: %q", told)
	}
	for range 10 {
		r.next(t)
	}
	if heard := r.Stats().LastAudio; !heard.IsZero() || !r.Microphone() {
		t.Errorf("sound came at %v", heard)
	}
}

func TestACameraThatIsNotThereIsToldInOneLine(t *testing.T) {
	r := newRig(t, "v4l2:/dev/video97")
	r.run(t)
	err := r.end(t)
	if err == nil || !strings.Contains(err.Error(), "/dev/video97") || strings.Contains(err.Error(), "\n") {
		t.Errorf("Run returned %v", err)
	}
}

func TestSettingsThatNoCameraTakesAreRefusedAtOnce(t *testing.T) {
	address, err := Parse("test:")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Address: address, Settings: Settings{Gain: 100}}, nil, nil); err == nil {
		t.Error("a gain of 100 was taken")
	}
}

func TestUnitsNeverGoBackInTimeAndSoundWaitsForThePicture(t *testing.T) {
	var got []*unit.Unit
	r := newRig(t, "test: tone:")
	r.sink = unit.SinkFunc(func(u *unit.Unit) { got = append(got, u) })
	sound := func(pts time.Duration) *unit.Unit {
		return &unit.Unit{PTS: pts, Track: unit.Audio, Frame: []byte{1}}
	}
	picture := func(pts time.Duration) *unit.Unit {
		return &unit.Unit{PTS: pts, Key: true, NALUs: [][]byte{{naluSPS}, {naluPPS}, {5}}}
	}
	early := picture(90)
	r.put(sound(50))
	r.put(picture(100))
	r.put(sound(60))
	r.put(early)
	r.put(sound(60))
	want := []time.Duration{100, 60, 100 + time.Microsecond, 60 + time.Microsecond}
	if len(got) != len(want) {
		t.Fatalf("%d units came, want %d", len(got), len(want))
	}
	for i, u := range got {
		if u.PTS != want[i] {
			t.Errorf("unit %d is at %d, want %d", i, u.PTS, want[i])
		}
	}
	if early.PTS != 90 {
		t.Error("a unit was modified")
	}
	if s := r.Stats(); s.DroppedAudio != 1 {
		t.Errorf("stats: %+v", s)
	}
}
