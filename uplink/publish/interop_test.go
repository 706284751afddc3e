package publish_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"studiobox/encoder/unit"
	"studiobox/uplink/publish"
)

// show is coded material of a real encoder.
type show struct {
	media unit.Media
	units []*unit.Unit // by decoding time
}

const showLength = 5 // s

// film lets ffmpeg make a show with the given number of B-frames in a row.
func film(t *testing.T, bFrames int) show {
	t.Helper()
	need(t, "ffmpeg", "ffprobe")
	folder := t.TempDir()
	whole, video, audio := filepath.Join(folder, "a.mkv"), filepath.Join(folder, "v.h264"), filepath.Join(folder, "a.aac")
	length := strconv.Itoa(showLength)
	command(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
		"-t", length, "-c:v", "libx264", "-preset", "veryfast", "-bf", strconv.Itoa(bFrames), "-g", "25", "-b:v", "800k", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2", whole)
	command(t, "ffmpeg", "-v", "error", "-i", whole, "-map", "0:v", "-c", "copy", "-bsf:v", "h264_mp4toannexb,h264_metadata=aud=insert", "-f", "h264", video)
	command(t, "ffmpeg", "-v", "error", "-i", whole, "-map", "0:a", "-c", "copy", "-f", "adts", audio)
	s := show{}
	s.addVideo(t, read(t, video), times(t, whole, "v"))
	s.addAudio(t, read(t, audio), times(t, whole, "a"))
	return s
}

func (s *show) addVideo(t *testing.T, stream []byte, at []time.Duration) {
	t.Helper()
	var nalus h264.AnnexB
	for _, part := range bytes.Split(stream, []byte{0, 0, 0, 1, 9})[1:] { // access unit delimiters, 2 bytes
		if err := nalus.Unmarshal(part[1:]); err != nil {
			t.Fatal(err)
		}
		u := &unit.Unit{PTS: at[0], NALUs: append([][]byte(nil), nalus...), Key: h264.IsRandomAccess(nalus)}
		at = at[1:]
		for _, nalu := range u.NALUs {
			switch h264.NALUType(nalu[0] & 0x1f) {
			case h264.NALUTypeSPS:
				s.media.Video.SPS = nalu
			case h264.NALUTypePPS:
				s.media.Video.PPS = nalu
			}
		}
		s.units = append(s.units, u)
	}
	s.media.Video.Codec = unit.H264
}

// addAudio puts each sound behind the first picture whose time is not earlier.
func (s *show) addAudio(t *testing.T, stream []byte, at []time.Duration) {
	t.Helper()
	var packets mpeg4audio.ADTSPackets
	if err := packets.Unmarshal(stream); err != nil {
		t.Fatal(err)
	}
	config, err := mpeg4audio.AudioSpecificConfig{
		Type: packets[0].Type, SampleRate: packets[0].SampleRate, ChannelCount: packets[0].ChannelCount,
	}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	s.media.Audio = &unit.Format{Codec: unit.AAC, SampleRate: packets[0].SampleRate, Channels: packets[0].ChannelCount, Config: config}
	var merged []*unit.Unit
	for n, picture := range s.units {
		merged = append(merged, picture)
		for due := time.Duration(n+1) * 40 * time.Millisecond; len(packets) > 0 && len(at) > 0 && at[0] < due; {
			merged = append(merged, &unit.Unit{Track: unit.Audio, PTS: at[0], Frame: packets[0].AU})
			packets, at = packets[1:], at[1:]
		}
	}
	s.units = merged
}

// play puts the show in as fast as a camera would.
func (s show) play(p *publish.Publisher) (pictures int) {
	ticker := time.NewTicker(40 * time.Millisecond)
	defer ticker.Stop()
	for _, u := range s.units {
		if u.Track == unit.Video {
			<-ticker.C
			pictures++
		}
		u.Captured = time.Now()
		p.Put(u)
	}
	return pictures
}

// broadcast publishes the show to a peer that may need time to come up, and
// ends the session in order.
func (s show) broadcast(t *testing.T, cfg publish.Config) (pictures int) {
	t.Helper()
	p, err := publish.New(cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	p.SetMedia(s.media)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		err := p.Run(ctx)
		for errors.Is(err, publish.ErrRefused) && ctx.Err() == nil {
			time.Sleep(50 * time.Millisecond)
			err = p.Run(ctx)
		}
		done <- err
	}()
	await(t, "the peer records", 10*time.Second, func() bool { return p.Stats().Connected })
	pictures = s.play(p)
	if cfg.Transport != "udp" {
		if !p.MediaAcked(time.Now(), time.Second) {
			t.Errorf("media is not acknowledged: %+v", p.Stats())
		}
	}
	time.Sleep(300 * time.Millisecond)
	if stats := p.Stats(); stats.DroppedVideo+stats.DroppedAudio > 0 {
		t.Errorf("dropped %+v", stats)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return pictures
}

func TestFFmpegDecodesWhatIsPublished(t *testing.T) {
	t.Parallel()
	s := film(t, 2)
	for _, transport := range []string{"tcp", "udp"} {
		t.Run(transport, func(t *testing.T) {
			address := freeAddress(t)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			peer := exec.CommandContext(ctx, "ffmpeg", "-v", "warning", "-rtsp_flags", "listen", "-rtsp_transport", transport, "-i", "rtsp://"+address+"/live", "-f", "framecrc", "-")
			var frames, complaints bytes.Buffer
			peer.Stdout, peer.Stderr = &frames, &complaints
			if err := peer.Start(); err != nil {
				t.Fatal(err)
			}
			pictures := s.broadcast(t, publish.Config{URL: "rtsp://" + address + "/live", Transport: transport})
			ended := make(chan error, 1)
			go func() { ended <- peer.Wait() }()
			select {
			case <-ended:
			case <-time.After(5 * time.Second):
				_ = peer.Process.Signal(os.Interrupt) // over UDP it waits for more
				<-ended
			}
			judge(t, frames.String(), pictures)
			for line := range strings.Lines(complaints.String()) {
				t.Log("ffmpeg: ", strings.TrimSpace(line))
				for _, bad := range []string{"rror", "corrupt", "missed", "non-existing", "concealing", "Unexpected"} {
					if strings.Contains(line, bad) && !strings.Contains(line, "Immediate exit") {
						t.Errorf("ffmpeg complains: %s", line)
					}
				}
			}
		})
	}
}

// judge reads framecrc lines: stream, dts, pts, duration, size, checksum.
func judge(t *testing.T, frames string, pictures int) {
	t.Helper()
	count, last := map[string]int{}, map[string]int{}
	for line := range strings.Lines(frames) {
		fields := strings.Split(line, ",")
		if strings.HasPrefix(line, "#") || len(fields) < 5 {
			continue
		}
		pts, err := strconv.Atoi(strings.TrimSpace(fields[2]))
		if err != nil {
			t.Fatal(err)
		}
		stream := fields[0]
		if count[stream] > 0 && pts <= last[stream] {
			t.Errorf("stream %s: time %d after %d", stream, pts, last[stream])
		}
		count[stream]++
		last[stream] = pts
	}
	t.Logf("frames per stream: %v of %d pictures", count, pictures)
	if count["0"] < pictures-8 || count["1"] < 200 {
		t.Errorf("decoded %v of %d pictures", count, pictures)
	}
}

// gstIngest is a GStreamer RTSP server that decodes what is recorded to it and
// prints one line per decoded frame: what, and its time in ns.
const gstIngest = `
import sys, gi
gi.require_version('Gst', '1.0'); gi.require_version('GstRtspServer', '1.0')
from gi.repository import Gst, GstRtspServer, GLib
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address('127.0.0.1'); server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
factory.set_launch('( rtph264depay name=depay0 ! h264parse ! avdec_h264 ! fakesink name=v sync=false signal-handoffs=true '
                   'rtpmp4gdepay name=depay1 ! aacparse ! avdec_aac ! fakesink name=a sync=false signal-handoffs=true )')
def configured(_, media):
    for name in 'va':
        sink = media.get_element().get_child_by_name(name)
        sink.connect('handoff', lambda s, b, p, n=name: sys.stdout.write('%s %d\n' % (n, b.pts)))
factory.connect('media-configure', configured)
server.get_mount_points().add_factory('/live', factory)
server.attach(None)
GLib.MainLoop().run()
`

func TestGStreamerDecodesWhatIsPublished(t *testing.T) {
	t.Parallel()
	s := film(t, 0) // GStreamer's jitter buffer bends the times of B-frames
	python := "/usr/bin/python3"
	if out, err := exec.Command(python, "-c", "import gi; gi.require_version('GstRtspServer','1.0'); from gi.repository import GstRtspServer").CombinedOutput(); err != nil {
		t.Skipf("needs python3-gi and gir1.2-gst-rtsp-server-1.0: %s", out)
	}
	if exec.Command("gst-inspect-1.0", "avdec_h264").Run() != nil {
		t.Skip("needs gstreamer1.0-libav")
	}
	for _, transport := range []string{"tcp", "udp"} {
		t.Run(transport, func(t *testing.T) {
			address := freeAddress(t)
			_, port, _ := net.SplitHostPort(address)
			ctx, cancel := context.WithCancel(t.Context())
			peer := exec.CommandContext(ctx, python, "-u", "-c", gstIngest, port)
			var complaints bytes.Buffer
			peer.Stderr = &complaints
			out, err := peer.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := peer.Start(); err != nil {
				t.Fatal(err)
			}
			lines := make(chan []string, 1)
			go func() {
				var all []string
				for scanner := bufio.NewScanner(out); scanner.Scan(); {
					all = append(all, scanner.Text())
				}
				lines <- all
			}()
			pictures := s.broadcast(t, publish.Config{URL: "rtsp://" + address + "/live", Transport: transport})
			cancel()
			frames := ""
			for _, line := range <-lines {
				name, at, _ := strings.Cut(line, " ")
				frames += fmt.Sprintf("%d,0,%s,0,0,0\n", strings.Index("va", name), at)
			}
			_ = peer.Wait()
			judge(t, frames, pictures)
			if complaints.Len() > 0 {
				t.Logf("GStreamer: %s", complaints.String())
			}
		})
	}
}

func need(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s: apt install ffmpeg", tool)
		}
	}
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	var complaints bytes.Buffer
	c := exec.Command(name, args...)
	c.Stderr = &complaints
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, complaints.String())
	}
	return string(out)
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// times are the presentation times of a stream, in decoding order.
func times(t *testing.T, file, stream string) (at []time.Duration) {
	t.Helper()
	for line := range strings.Lines(command(t, "ffprobe", "-v", "error", "-select_streams", stream, "-show_entries", "packet=pts_time", "-of", "csv=p=0", file)) {
		seconds, err := strconv.ParseFloat(strings.Trim(strings.TrimSpace(line), ","), 64)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, time.Duration(seconds*float64(time.Second)))
	}
	return at
}

func freeAddress(t *testing.T) string {
	listener := listen(t)
	defer listener.Close()
	return listener.Addr().String()
}
