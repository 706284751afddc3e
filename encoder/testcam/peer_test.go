package testcam

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"studiobox/encoder/unit"
)

// TestFFmpegReadsTheCameraWithoutAnError plays both streams with a client that
// is not ours and decodes all of it; ffmpeg says every fault that it finds.
func TestFFmpegReadsTheCameraWithoutAnError(t *testing.T) {
	needGStreamer(t)
	cfg := small()
	cfg.Audio = unit.G711A
	cfg.User, cfg.Password = "studio", "s3cret"
	camera := startCamera(t, cfg)
	watch(t, camera.URL(Main)).await(t, 3) // so that ffmpeg comes into the middle of a GOP
	for _, path := range []string{Main, Sub} {
		said := command(t, "ffmpeg", "-hide_banner", "-loglevel", "warning", "-xerror", "-err_detect", "explode",
			"-rtsp_transport", "tcp", "-i", camera.URL(path), "-t", "3", "-f", "null", "-")
		if faults := withoutHarmless(said.errors); faults != "" {
			t.Errorf("ffmpeg on %s: %s", path, faults)
		}
	}
}

func TestFFprobeFindsTheTracksAsConfigured(t *testing.T) {
	needGStreamer(t)
	cfg := small()
	cfg.Audio = unit.G711U
	camera := startCamera(t, cfg)
	said := command(t, "ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-of", "json", "-show_streams", camera.URL(Main))
	var found struct {
		Streams []struct {
			CodecName  string `json:"codec_name"`
			Width      int    `json:"width"`
			Height     int    `json:"height"`
			FrameRate  string `json:"r_frame_rate"`
			SampleRate string `json:"sample_rate"`
		} `json:"streams"`
	}
	must(t, json.Unmarshal(said.output, &found))
	if len(found.Streams) != 2 || said.errors != "" {
		t.Fatalf("ffprobe finds %s and says %q", said.output, said.errors)
	}
	v, a := found.Streams[0], found.Streams[1]
	if v.CodecName != "h264" || v.Width != 320 || v.Height != 180 || v.FrameRate != "25/1" {
		t.Errorf("video is %+v", v)
	}
	if a.CodecName != "pcm_mulaw" || a.SampleRate != "8000" {
		t.Errorf("audio is %+v", a)
	}
}

type said struct {
	output []byte
	errors string
}

func command(t *testing.T, name string, args ...string) said {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("needs %s: apt install ffmpeg", name)
	}
	var errors bytes.Buffer
	c := exec.CommandContext(t.Context(), name, args...)
	c.Stderr = &errors
	output, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, errors.String())
	}
	return said{output, errors.String()}
}

// withoutHarmless leaves out what ffmpeg says of streams that have no fault.
func withoutHarmless(text string) string {
	var faults []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "Guessed Channel Layout") {
			faults = append(faults, line)
		}
	}
	return strings.Join(faults, "")
}
