package e2e

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"studiobox/encoder/testcam"
	"studiobox/encoder/unit"
	"studiobox/firmware/health"
	"studiobox/uplink/ingesttest"
)

const (
	holdStart = 1000 * time.Millisecond
	holdStop  = 1500 * time.Millisecond
)

func state(want string) func(*health.Snapshot) bool {
	return func(s *health.Snapshot) bool { return s.Session.State == want }
}

func onAir(s *health.Snapshot) bool { return s.Session.OnAir }

func cameraUp(s *health.Snapshot) bool {
	return s.Camera.Connected && s.Camera.FPS > 5 && s.Encoder.Error == ""
}

func TestGoLiveFromTheHeldButtonToTheFirstMediaAtTheIngest(t *testing.T) {
	camera := startCamera(t, testcam.Config{Audio: unit.G711A})
	in := startIngest(t, ingesttest.Config{})
	p := start(t, "run", "--config", boxFile(t, camera.URL("main"), in.URL("live"), ""))
	p.until("camera", 15*time.Second, cameraUp)
	pause(time.Second) // warm: the transcoder's child is up

	var times figures
	for n := range tries(3) {
		pressed := time.Now()
		p.press(holdStart + 200*time.Millisecond)
		p.until("on air", 10*time.Second, onAir)
		times = append(times, in.firstAfter(t, pressed, time.Second).Sub(pressed)-holdStart)

		p.press(holdStop + 200*time.Millisecond)
		stopping := time.Now()
		p.until("idle", 5*time.Second, state("idle"))
		if took := time.Since(stopping); took > 2500*time.Millisecond {
			t.Errorf("try %d: the stop took %v after the hold", n, took)
		}
	}
	times.report(t, "go live, hold ended to first picture at the ingest", 2*time.Second)
	if took := p.stop(); took > 2500*time.Millisecond {
		t.Errorf("Ctrl-C took %v", took)
	}
}

func TestAShortPressOrADoublePressStartsNothing(t *testing.T) {
	camera := startCamera(t, testcam.Config{})
	in := startIngest(t, ingesttest.Config{})
	p := start(t, "run", "--config", boxFile(t, camera.URL("main"), in.URL("live"), ""))
	p.until("camera", 15*time.Second, cameraUp)
	for range 3 {
		p.press(300 * time.Millisecond)
		p.press(600 * time.Millisecond)
	}
	if s := p.status(); s == nil || s.Session.State != "idle" {
		t.Errorf("after short presses the box is %s", brief(s))
	}
	if n := in.Stats().Connections; n != 0 {
		t.Errorf("the ingest saw %d connections", n)
	}
}

func TestAFailedCheckIsNamedAndNothingIsPublished(t *testing.T) {
	camera := startCamera(t, testcam.Config{})
	for name, tc := range map[string]struct {
		camera   string
		old, new string // in box.toml
		want     string
	}{
		"no camera": {"rtsp://127.0.0.1:1/none", "", "", health.CheckCamera},
		"no disk":   {camera.URL("main"), "min_disk_mb = 1", "min_disk_mb = 1000000", health.CheckDisk},
		"no sound":  {camera.URL("main"), "transport = \"tcp\"", "transport = \"tcp\"\nrequire_audio = true", health.CheckAudio},
	} {
		t.Run(name, func(t *testing.T) {
			in := startIngest(t, ingesttest.Config{})
			path := boxFile(t, tc.camera, in.URL("live"), "")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, path, strings.Replace(string(text), tc.old, tc.new, 1))
			p := start(t, "run", "--config", path)
			if tc.want == health.CheckCamera {
				p.until("status", 10*time.Second, func(*health.Snapshot) bool { return true })
			} else {
				p.until("camera", 15*time.Second, cameraUp)
			}
			p.press(holdStart + 300*time.Millisecond)
			s := p.until("fault", 3*time.Second, state("fault"))
			if first, _, _ := strings.Cut(s.Session.Why, ","); first != tc.want { // a slow machine's encoder may not be up either
				t.Errorf("why is %q, want %q first", s.Session.Why, tc.want)
			}
			if n := in.Stats().Connections; n != 0 {
				t.Errorf("the ingest saw %d connections", n)
			}
		})
	}
}

func TestAStopEndsInTwoSecondsWithADeadIngest(t *testing.T) {
	camera := startCamera(t, testcam.Config{})
	in := startIngest(t, ingesttest.Config{ReadBuffer: 8 << 10})
	p := start(t, "run", "--config", boxFile(t, camera.URL("main"), in.URL("live"), ""))
	p.until("camera", 15*time.Second, cameraUp)
	p.press(holdStart + 200*time.Millisecond)
	p.until("on air", 10*time.Second, onAir)
	in.Stall(true)
	p.until("off air", 6*time.Second, func(s *health.Snapshot) bool { return !s.Session.OnAir })
	p.press(holdStop + 100*time.Millisecond)
	p.until("idle", 2500*time.Millisecond, state("idle"))
}

// TestTheDemoPrintsOneAddressAndLeavesNothingBehind starts the demo as a
// newcomer does and ends it with Ctrl-C.
func TestTheDemoPrintsOneAddressAndLeavesNothingBehind(t *testing.T) {
	p := start(t, "demo", "--listen", "127.0.0.1:0")
	p.until("camera", 30*time.Second, cameraUp)
	addresses := regexp.MustCompile(`http://[^\s]+`).FindAllString(p.out.String(), -1)
	if len(addresses) != 1 {
		t.Fatalf("addresses on the screen: %q", addresses)
	}
	response, err := http.Get(addresses[0])
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("the page answers %s", response.Status)
	}
	children := p.workers()
	took := p.stop()
	t.Logf("FIGURE Ctrl-C of the demo took %v (must: about 2s)", took.Round(time.Millisecond))
	if took > 4*time.Second { // twice, for a loaded machine and the race detector
		t.Errorf("Ctrl-C took %v", took)
	}
	for _, pid := range children {
		if syscall.Kill(pid, 0) == nil {
			t.Errorf("child %d is still there", pid)
		}
	}
}
