package e2e

import (
	"testing"
	"time"

	"studiobox/firmware/health"
	"studiobox/uplink/ingesttest"
)

// A camera on the box itself is coded once, by the encoder that the line steers.
func TestACameraOnTheBoxGoesOnAirAtTheLinesRate(t *testing.T) {
	in := startIngest(t, ingesttest.Config{})
	p := start(t, "run", "--config", boxFile(t, "test:snow 640x360@25 tone:", in.URL("live"), ""))
	p.until("camera", 20*time.Second, cameraUp)
	p.press(holdStart + 200*time.Millisecond)
	p.until("on air", 10*time.Second, onAir)

	// Snow takes whatever rate it is given: what goes out follows the target.
	p.until("a rate near the ceiling", 40*time.Second, func(s *health.Snapshot) bool {
		return s.Rate.TargetKbps >= 3000 && s.Camera.Kbps > s.Rate.TargetKbps/2
	})
	in.mutex.Lock()
	video, audio := len(in.video), in.audio
	in.mutex.Unlock()
	if video == 0 || audio == 0 {
		t.Errorf("%d pictures and %d pieces of sound reached the ingest", video, audio)
	}
	p.press(holdStop + 200*time.Millisecond)
	p.until("idle", 5*time.Second, state("idle"))
}
