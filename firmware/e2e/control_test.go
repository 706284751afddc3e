package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"studiobox/encoder/unit"
	"studiobox/firmware/app"
	"studiobox/firmware/health"
)

// demo is `studiobox demo` inside the test, with a viewer at its ingest.
type demo struct {
	*app.Demo
	page string
}

func startDemo(t *testing.T) *demo {
	t.Helper()
	page, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d, err := app.NewDemo(app.DemoConfig{Page: page, Socket: filepath.Join(t.TempDir(), "box.sock")}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	background(t, "demo", d.Run)
	return &demo{Demo: d, page: "http://" + page.Addr().String()}
}

func (d *demo) watch(sink unit.Sink) { d.WatchIngest(sink) }

// ask posts to the page's API as its own script does.
func (d *demo) ask(t *testing.T, path string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, d.page+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode >= 300 {
		t.Fatalf("POST %s: %s", path, response.Status)
	}
}

func (d *demo) until(t *testing.T, what string, within time.Duration, ok func(*health.Snapshot) bool) {
	t.Helper()
	for deadline := time.Now().Add(within); time.Now().Before(deadline); pause(20 * time.Millisecond) {
		if ok(d.Snapshot()) {
			return
		}
	}
	t.Fatalf("no %s within %v: %s", what, within, brief(d.Snapshot()))
}

// goLive holds the page's button as a finger does: with a sign of life every
// 150 ms.
func (d *demo) goLive(t *testing.T) {
	t.Helper()
	d.until(t, "camera", 20*time.Second, cameraUp)
	for n := range 9 {
		phase := "hold"
		if n == 0 {
			phase = "down"
		}
		d.ask(t, "/api/press", map[string]string{"id": "finger-0001", "phase": phase})
		pause(150 * time.Millisecond)
	}
	d.ask(t, "/api/press", map[string]string{"id": "finger-0001", "phase": "up"})
	d.until(t, "on air", 10*time.Second, onAir)
}

// TestControlIsProvenThroughThePicture lights and turns the ring from the page
// and believes only what a viewer of the ingest sees.
func TestControlIsProvenThroughThePicture(t *testing.T) {
	d := startDemo(t)
	eye := startViewer(t, d)
	d.goLive(t)

	d.ask(t, "/api/light", map[string]float64{"level": 0.2})
	dim := settled(t, eye, func(s sight) (float64, bool) { return s.luma, true })
	d.ask(t, "/api/light", map[string]float64{"level": 1})
	bright := settled(t, eye, func(s sight) (float64, bool) { return s.luma, true })
	if bright < dim+20 {
		t.Errorf("light up, and the mean luma at the ingest goes from %.0f to %.0f only", dim, bright)
	}

	angle := func(s sight) (float64, bool) { return s.angle, s.seen }
	before := settled(t, eye, angle)
	d.ask(t, "/api/turntable", map[string]float64{"turnDeg": 90})
	after := settled(t, eye, angle)
	turned := math.Mod(after-before+720, 360)
	if math.Abs(turned-90) > 6 {
		t.Errorf("asked for 90 degrees, the picture shows %.0f", turned)
	}
	t.Logf("FIGURE control through the picture: luma %.0f to %.0f, table turned by %.1f of 90 degrees", dim, bright, turned)
}

// settled is what the viewer sees once the studio has come to rest: the median
// over the last second of four.
func settled(t *testing.T, eye *viewer, read func(sight) (float64, bool)) float64 {
	t.Helper()
	pause(4 * time.Second)
	var values []float64
	for _, s := range eye.since(time.Now().Add(-time.Second)) {
		if v, ok := read(s); ok {
			values = append(values, v)
		}
	}
	if len(values) < 5 {
		t.Fatalf("the viewer read only %d pictures in the last second", len(values))
	}
	return median(values)
}
