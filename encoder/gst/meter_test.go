package gst

import (
	"context"
	"math"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"studiobox/encoder/unit"
)

// sound makes six seconds of 1 kHz at -20 dBFS (peak) with ffmpeg.
func sound(t testing.TB, args ...string) []byte {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal("needs ffmpeg: apt install ffmpeg")
	}
	source := []string{"-v", "error", "-f", "lavfi", "-i", "aevalsrc=0.1*sin(2*PI*1000*t):s=48000:d=6"}
	out, err := exec.Command(ffmpeg, append(append(source, args...), "-")...).Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	return out
}

func aacFrames(t testing.TB) (unit.Format, [][]byte) {
	var packets mpeg4audio.ADTSPackets
	if err := packets.Unmarshal(sound(t, "-af", "pan=stereo|c0=c0|c1=c0", "-c:a", "aac", "-b:a", "128k", "-f", "adts")); err != nil {
		t.Fatal(err)
	}
	var frames [][]byte
	for _, p := range packets {
		frames = append(frames, p.AU)
	}
	return unit.Format{Codec: unit.AAC, SampleRate: 48000, Channels: 2, Config: []byte{0x11, 0x90}}, frames
}

func g711Frames(codec unit.Codec, format string) func(testing.TB) (unit.Format, [][]byte) {
	return func(t testing.TB) (unit.Format, [][]byte) {
		raw := sound(t, "-ac", "1", "-ar", "8000", "-f", format)
		return unit.Format{Codec: codec, SampleRate: 8000, Channels: 1}, slices.Collect(slices.Chunk(raw, 160))
	}
}

func TestLoudnessIsMeasuredInEachCodingOfSound(t *testing.T) {
	for name, c := range map[string]struct {
		frames func(testing.TB) (unit.Format, [][]byte)
		want   float64 // LUFS; a sine has 3.0 dB less power than a full square
	}{
		"AAC, stereo":        {aacFrames, -20.0},
		"A-law, one channel": {g711Frames(unit.G711A, "alaw"), -23.0},
		"µ-law, one channel": {g711Frames(unit.G711U, "mulaw"), -23.0},
	} {
		t.Run(name, func(t *testing.T) {
			format, frames := c.frames(t)
			m := NewMeter(MeterConfig{Worker: testWorker(), Format: format}, testLog(t))
			start(t, m)
			if _, ok := m.LUFS(); ok {
				t.Error("a reading before any sound")
			}
			for i, frame := range frames {
				eventually(t, "room for sound", func() bool { return m.waiting() < soundQueue/2 })
				m.Put(&unit.Unit{Track: unit.Audio, Frame: frame, PTS: time.Duration(i) * 20 * time.Millisecond})
			}
			eventually(t, "four readings", func() bool { return m.Stats().Out >= 4 })
			if got, ok := m.LUFS(); !ok || math.Abs(got-c.want) > 0.5 {
				t.Errorf("%.1f LUFS, %t; want %.1f", got, ok, c.want)
			}
		})
	}
}

// waiting is how many frames have not been sent to the child.
func (m *Meter) waiting() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.queue.len()
}

func TestTheSoundOfACameraOnTheBoxIsMeasured(t *testing.T) {
	m := NewMeter(MeterConfig{
		Worker: testWorker(), Format: unit.Format{Codec: unit.Opus, SampleRate: 48000, Channels: 2},
	}, testLog(t))
	start(t, m)
	c := NewCamera(CameraConfig{
		Worker: testWorker(), Backend: X264, Kind: TestCard, CaptureWidth: 320, CaptureHeight: 240, CaptureFPS: 10,
		Microphone: TestTone, Settings: Settings{Kbps: 200}, Epoch: time.Now(),
	}, m, testLog(t))
	start(t, c)
	eventually(t, "a reading", func() bool { _, ok := m.LUFS(); return ok })
	if got, _ := m.LUFS(); got < -40 || got > -3 {
		t.Errorf("the test tone measures %.1f LUFS", got)
	}
}

func TestAPictureHasNoLoudness(t *testing.T) {
	m := NewMeter(MeterConfig{Worker: testWorker(), Format: unit.Format{Codec: unit.H264}}, testLog(t))
	if err := m.Run(context.Background()); err == nil {
		t.Error("the loudness of a picture was measured")
	}
}

func TestSoundIsMeasuredAgainAfterBrokenFrames(t *testing.T) {
	format, frames := aacFrames(t)
	m := NewMeter(MeterConfig{Worker: testWorker(), Format: format}, testLog(t))
	start(t, m)
	for range 20 {
		m.Put(&unit.Unit{Track: unit.Audio, Frame: []byte{255, 255, 255, 255, 255, 255, 255, 255}})
	}
	for _, frame := range frames {
		eventually(t, "room for sound", func() bool { return m.waiting() < soundQueue/2 })
		m.Put(&unit.Unit{Track: unit.Audio, Frame: frame})
	}
	eventually(t, "a reading after the broken frames", func() bool { _, ok := m.LUFS(); return ok })
}
