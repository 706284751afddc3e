package e2e

import (
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
	for n := range tries(5) {
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
	in := startIngest(t, ingesttest.Config{})
	p := start(t, "run", "--config", boxFile(t, "rtsp://127.0.0.1:1/none", in.URL("live"), ""))
	p.until("status", 10*time.Second, func(*health.Snapshot) bool { return true })
	p.press(holdStart + 300*time.Millisecond)
	s := p.until("fault", 3*time.Second, state("fault"))
	if s.Session.Why != health.CheckCamera {
		t.Errorf("why is %q, want %q", s.Session.Why, health.CheckCamera)
	}
	if n := in.Stats().Connections; n != 0 {
		t.Errorf("the ingest saw %d connections", n)
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
