package rtspcam

import (
	"bufio"
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// gstPython finds a Python that has gst-rtsp-server.
func gstPython(t *testing.T) string {
	t.Helper()
	const probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", probe).Run() == nil {
			return python
		}
	}
	t.Skip("needs GstRtspServer for Python: apt install python3-gi gir1.2-gst-rtsp-server-1.0")
	return ""
}

// gstCamera starts a camera of GStreamer's and gives its URL.
func gstCamera(t *testing.T, credentials, video, audio string) string {
	t.Helper()
	args := append([]string{"testdata/gstcamera.py", credentials}, strings.Fields(video)...)
	args = append(append(args, "-"), strings.Fields(audio)...)
	cmd := exec.Command(gstPython(t), args...)
	cmd.Stderr = t.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		kill := time.AfterFunc(3*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		kill.Stop()
	})
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the GStreamer camera did not start: %v", err)
	}
	if credentials != "" {
		credentials += "@"
	}
	return "rtsp://" + credentials + "127.0.0.1:" + strings.TrimSpace(port) + "/studio"
}

func TestAGStreamerCameraIsPulledWithDigestAndDecodesWithoutErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		video, audio, transport string
		codec                   unit.Codec
	}{
		"B-frames, Opus, TCP": {
			"x264enc bframes=2 key-int-max=25 speed-preset=ultrafast ! rtph264pay", "audioresample ! opusenc ! rtpopuspay",
			"tcp", unit.Opus,
		},
		"zero latency, AAC, UDP": {
			"x264enc tune=zerolatency key-int-max=25 speed-preset=ultrafast ! rtph264pay config-interval=-1",
			"avenc_aac ! rtpmp4gpay", "udp", unit.AAC,
		},
		"LATM, auto": {
			"x264enc tune=zerolatency key-int-max=25 speed-preset=ultrafast ! rtph264pay",
			"avenc_aac ! rtpmp4apay", "auto", unit.AAC,
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := gstCamera(t, "studio:s3cret", c.video, c.audio)
			cam, r, _ := pull(t, Config{URL: url, Transport: c.transport, StallAfter: 5 * time.Second})
			units := r.await(t, unit.Video, 60)
			if frames := r.await(t, unit.Audio, 10); len(frames[0].Frame) == 0 {
				t.Error("empty sound")
			}
			s := cam.Stats()
			if s.Media.Audio == nil || s.Media.Audio.Codec != c.codec {
				t.Errorf("sound is %+v", s.Media.Audio)
			}
			if s.KeyInterval < 900*time.Millisecond || s.KeyInterval > 1300*time.Millisecond {
				t.Errorf("key interval is %v, want 1s", s.KeyInterval)
			}
			if s.LostPackets != 0 || s.CorruptPackets != 0 {
				t.Errorf("%d packets lost, %d corrupt", s.LostPackets, s.CorruptPackets)
			}
			decode(t, units)
		})
	}
}

// decode proves that ffmpeg shows every picture and complains about none.
func decode(t *testing.T, units []*unit.Unit) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("needs ffmpeg: apt install ffmpeg")
	}
	var stream, complaints, frames bytes.Buffer
	for _, u := range units {
		for _, nalu := range u.NALUs {
			stream.WriteString(startCode)
			stream.Write(nalu)
		}
	}
	cmd := exec.Command("ffmpeg", "-v", "warning", "-f", "h264", "-i", "-", "-f", "framecrc", "-fps_mode", "passthrough", "-")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &stream, &frames, &complaints
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(complaints.String()) {
		// A raw stream has no times; the complaint is about that alone.
		if !strings.Contains(line, "Timestamps are unset") {
			t.Errorf("ffmpeg: %s", line)
		}
	}
	shown := 0
	for line := range strings.Lines(frames.String()) {
		if !strings.HasPrefix(line, "#") {
			shown++
		}
	}
	if shown != len(units) {
		t.Errorf("%d pictures decoded of %d", shown, len(units))
	}
}

func TestAGStreamerCameraWithLateSoundIsAligned(t *testing.T) {
	t.Parallel()
	const late = 300 * time.Millisecond
	url := gstCamera(t, "", "queue name=late_150 ! x264enc tune=zerolatency key-int-max=25 speed-preset=ultrafast ! rtph264pay",
		"alawenc ! queue name=late_450 ! rtppcmapay")
	epoch := time.Now()
	cam, r, _ := pull(t, Config{URL: url, Epoch: epoch, StallAfter: 5 * time.Second})
	ahead := func(track unit.Track, more int) time.Duration {
		from := len(r.all(track))
		var each []time.Duration
		for _, u := range r.await(t, track, from+more)[from:] {
			each = append(each, u.PTS-u.Captured.Sub(epoch))
		}
		slices.Sort(each)
		return each[len(each)/2]
	}
	picture, sound := ahead(unit.Video, 10), ahead(unit.Audio, 20)
	t.Logf("before the reports sound is off by %v", picture-sound-late)
	waitFor(t, "the alignment", func() bool { return cam.Stats().Synced })
	// Sound arrives late, and so its PTS must lie that much before its arrival. On
	// a busy machine the camera's process can be late itself for a while: one
	// window of several must be right. A wrong alignment is wrong in all of them.
	off := time.Hour
	for try := 0; try < 8 && off.Abs() > 60*time.Millisecond; try++ {
		picture, sound = ahead(unit.Video, 25), ahead(unit.Audio, 50)
		off = picture - sound - late
		t.Logf("after them by %v", off)
	}
	if off.Abs() > 60*time.Millisecond {
		t.Errorf("sound is off by %v", off)
	}
}
