package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"studiobox/encoder/unit"
	"studiobox/firmware/health"
	"studiobox/uplink/ingesttest"
)

// debianPython is the one that Debian's python3-gi belongs to.
const debianPython = "/usr/bin/python3"

// showFor is how long the show among real peers lasts on air.
const showFor = 60 * time.Second

// TestAMinuteOnAirAmongRealPeers puts the daemon between GStreamer's RTSP
// server as camera, ffmpeg as ingest and Debian's mosquitto as broker, and lets
// ffmpeg judge what arrived.
func TestAMinuteOnAirAmongRealPeers(t *testing.T) {
	cameraURL := startGStreamerCamera(t, h264)
	broker := startMosquitto(t)
	recording := filepath.Join(t.TempDir(), "show.mkv")
	ingestURL := startFFmpegIngest(t, recording)

	p := start(t, "run", "--config", boxFile(t, cameraURL, ingestURL, fmt.Sprintf("[mqtt]\nbroker = %q\n", broker)))
	p.until("camera", 20*time.Second, cameraUp)
	p.until("broker", 10*time.Second, func(s *health.Snapshot) bool { return s.MQTT.Connected })
	if got := retained(t, broker); !strings.Contains(got, `"on":1`) {
		t.Errorf("retained state at the broker is %q, want the birth", got)
	}
	p.press(holdStart + 200*time.Millisecond)
	p.until("on air", 10*time.Second, onAir)
	pause(showFor)
	if s := p.status(); s == nil || !s.Session.OnAir {
		t.Errorf("after %v the box is not on air: %s", showFor, brief(s))
	}
	p.press(holdStop + 200*time.Millisecond)
	p.until("idle", 4*time.Second, state("idle"))
	p.stop()
	if got := retained(t, broker); !strings.Contains(got, `"on":0`) {
		t.Errorf("retained state after the end is %q, want it to say off", got)
	}
	judge(t, recording)
}

// judge decodes the recording with ffmpeg: no error, every time stamp above the
// one before, and nearly the whole show there.
func judge(t *testing.T, recording string) {
	t.Helper()
	// With the stamps as they are: at the nominal rate ffmpeg rounds two pictures
	// that came 30 ms apart to one.
	errorsOut, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", recording,
		"-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-").CombinedOutput()
	if err != nil || len(strings.TrimSpace(string(errorsOut))) > 0 {
		t.Errorf("ffmpeg decodes with errors: %v\n%s", err, tail(string(errorsOut), 10))
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=dts_time", "-of", "csv=p=0", recording).Output()
	if err != nil {
		t.Fatalf("ffprobe: %v", err)
	}
	var first, last float64
	packets := 0
	for _, field := range strings.Fields(string(out)) {
		dts, err := strconv.ParseFloat(strings.Trim(field, ","), 64)
		if err != nil {
			continue
		}
		if packets == 0 {
			first = dts
		} else if dts <= last {
			t.Errorf("packet %d: time %v does not rise above %v", packets, dts, last)
		}
		last = dts
		packets++
	}
	t.Logf("FIGURE a minute among real peers: %d pictures over %.1f s decoded without error", packets, last-first)
	if want := showFor.Seconds() - 3; last-first < want {
		t.Errorf("the recording covers %.1f s, want at least %.0f s", last-first, want)
	}
}

// The encoders of a GStreamer camera.
const (
	h264 = "x264enc tune=zerolatency speed-preset=ultrafast bitrate=1200 key-int-max=50 ! rtph264pay name=pay0 pt=96"
	h265 = "x265enc tune=zerolatency speed-preset=ultrafast bitrate=1200 key-int-max=50 ! rtph265pay name=pay0 pt=96"
)

func startGStreamerCamera(t *testing.T, encoder string) string {
	t.Helper()
	if err := exec.Command(debianPython, "-c", "import gi; gi.require_version('GstRtspServer','1.0'); from gi.repository import GstRtspServer").Run(); err != nil {
		t.Skip("SKIPPED LOUDLY: no GStreamer RTSP server for Python (make test-deps installs it)")
	}
	port := freePort(t)
	script := `
import gi, sys
gi.require_version('Gst','1.0'); gi.require_version('GstRtspServer','1.0')
from gi.repository import Gst, GstRtspServer, GLib
Gst.init(None)
server = GstRtspServer.RTSPServer(); server.set_address('127.0.0.1'); server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory(); factory.set_shared(True)
factory.set_launch('( videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=25/1 ! ' + sys.argv[2] + ' audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8 )')
server.get_mount_points().add_factory('/main', factory); server.attach(None); GLib.MainLoop().run()`
	startTool(t, port, debianPython, "-c", script, strconv.Itoa(port), encoder)
	return fmt.Sprintf("rtsp://127.0.0.1:%d/main", port)
}

func startFFmpegIngest(t *testing.T, recording string) string {
	t.Helper()
	port := freePort(t)
	url := fmt.Sprintf("rtsp://127.0.0.1:%d/live", port)
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-rtsp_flags", "listen", "-copyts", "-i", url, "-c", "copy", "-y", recording)
	runTool(t, cmd)
	pause(time.Second) // a listening ffmpeg takes one connection only: it cannot be asked whether it is ready
	return url
}

func startMosquitto(t *testing.T) string {
	t.Helper()
	port := freePort(t)
	conf := filepath.Join(t.TempDir(), "mosquitto.conf")
	writeFile(t, conf, fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\npersistence false\n", port))
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		path = "/usr/sbin/mosquitto"
	}
	startTool(t, port, path, "-c", conf)
	return fmt.Sprintf("tcp://127.0.0.1:%d", port)
}

// retained is the box's retained state at the broker.
func retained(t *testing.T, broker string) string {
	t.Helper()
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(broker, "tcp://"))
	out, err := exec.Command("mosquitto_sub", "-p", port, "-t", "studio/v1/test/SB-E2E001/state", "-C", "1", "-W", "5").Output()
	if err != nil {
		t.Errorf("mosquitto_sub: %v", err)
	}
	return string(out)
}

// startTool runs a server until the test ends and waits for its port.
func startTool(t *testing.T, port int, name string, args ...string) {
	t.Helper()
	runTool(t, exec.Command(name, args...))
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return
		}
		pause(50 * time.Millisecond)
	}
	t.Fatalf("%s does not answer on %s", name, address)
}

func runTool(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var out syncBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Skipf("SKIPPED LOUDLY: %s does not start: %v (make test-deps installs it)", cmd.Path, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-done:
		case <-time.After(3 * time.Second):
			_ = cmd.Process.Kill()
			<-done
		}
		if t.Failed() && out.String() != "" {
			t.Logf("%s printed:\n%s", filepath.Base(cmd.Path), tail(out.String(), 20))
		}
	})
}

// TestAnH265CameraPassesWhereTheIngestTakesItAndIsTranscodedWhereNot shows one
// camera to two ingests.
func TestAnH265CameraPassesWhereTheIngestTakesItAndIsTranscodedWhereNot(t *testing.T) {
	camera := startGStreamerCamera(t, h265)
	for name, tc := range map[string]struct {
		refuse []unit.Codec
		want   unit.Codec
	}{
		"taken":   {nil, unit.H265},
		"refused": {[]unit.Codec{unit.H265}, unit.H264},
	} {
		t.Run(name, func(t *testing.T) {
			in, run := newIngest(ingesttest.Config{RefuseCodecs: tc.refuse})
			announced := make(chan unit.Codec, 10)
			in.OnMedia = func(_ string, media unit.Media) { announced <- media.Video.Codec }
			background(t, "ingest", run)
			await(t, "ingest", in.Ready())
			startRelay(t, camera, in.URL("live"), "--start", "6M")
			in.firstAfter(t, time.Now(), 20*time.Second)
			if got := <-announced; got != tc.want {
				t.Errorf("the ingest was given %v, want %v", got, tc.want)
			}
		})
	}
}
