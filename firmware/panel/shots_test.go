package panel

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"studiobox/encoder/unit"
	"studiobox/firmware/health"
)

// scene is a state of the box that is worth looking at.
type scene struct {
	name string // of the state whose words show
	set  func(*health.Snapshot)
}

func scenes() []scene {
	return []scene{
		{"idle", func(*health.Snapshot) {}},
		{"checking", func(s *health.Snapshot) {
			s.Session = health.SessionPart{State: "checking", Lamp: "checking", Hold: 0.6}
		}},
		{"notready", func(s *health.Snapshot) {
			s.Checks[0] = health.CheckResult{Code: "camera", Detail: "3.2 s"}
			s.Checks[4] = health.CheckResult{Code: "line", Detail: "280 / 300 kbit/s"}
			s.Camera.Connected = false
			s.Conditions = []health.Condition{{Code: "mqtt_down", Severity: "info"}}
		}},
		{"live", setLive},
		{"degraded", func(s *health.Snapshot) {
			setLive(s)
			s.Session.State, s.Session.Lamp = "degraded", "degraded"
			s.Line.Kbps = 900
			s.Uplink.QueueMs, s.Uplink.AckedKbps = 420, 640
			s.Rate.TargetKbps, s.Rate.Reason = 690, "standing_queue"
			s.Conditions = []health.Condition{{Code: "rate_floor", Severity: "warn"}}
		}},
		{"reconnecting", func(s *health.Snapshot) {
			setLive(s)
			s.Session.State, s.Session.Lamp, s.Session.OnAir = "reconnecting", "reconnecting", false
			s.Line.Kbps = 0
			s.Uplink.Connected = false
			s.Rate.Reason = "outage"
			s.Conditions = []health.Condition{{Code: "uplink_dead", Severity: "fault"}}
		}},
		{"fault", func(s *health.Snapshot) {
			s.Session = health.SessionPart{State: "fault", Lamp: "fault", Why: "gave_up"}
		}},
	}
}

func setLive(s *health.Snapshot) {
	now := time.Now()
	s.Session = health.SessionPart{State: "live", Lamp: "on_air", OnAir: true, Since: now, LiveSince: now.Add(-754 * time.Second)}
	s.Uplink = health.UplinkPart{Connected: true, AckedKbps: 3920, QueueMs: 38, RTTMs: 24, Dropped: 12, Reconnects: 1}
	s.Ingest = &health.IngestPart{Publishing: true, Kbps: 3920, FPS: 25, DelayMs: 312}
	s.Rate = health.RatePart{TargetKbps: 4100, Reason: "app_limited"}
	s.Studio.SpeedDegS = 12
}

// TestScreenshots writes pictures of every scene for people to look at, into
// the folder that PANEL_SHOTS names.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("PANEL_SHOTS")
	if dir == "" {
		t.Skip("set PANEL_SHOTS to a folder to have pictures of the page written there")
	}
	page, b, film := serve(t, openLocal), newBrowser(t), makeFilm(t)
	go film.run(t.Context(), unit.SinkFunc(func(u *unit.Unit) {
		page.Camera().Put(u)
		if page.box.Snapshot().Ingest.Publishing {
			page.Ingest().Put(u)
		}
	}))
	only := os.Getenv("PANEL_SCENE")
	for _, scene := range scenes() {
		if only != "" && only != scene.name {
			continue
		}
		page.box.edit(func(s *health.Snapshot) {
			*s = healthyPicture(time.Now())
			scene.set(s)
		})
		page.box.record.set(believableShow(3, time.Now(), 600))
		for _, lang := range languages {
			for _, size := range [][2]int{{390, 844}, {1280, 900}} {
				b.open(page.url, lang, size[0], size[1])
				b.until("the studio shows", "document.querySelector('#tile-camera.playing')")
				time.Sleep(700 * time.Millisecond)
				b.shoot(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", scene.name, lang, size[0])), false)
				if size[0] < 600 {
					height := eval[int](b, "document.documentElement.scrollHeight")
					b.size(size[0], height)
					time.Sleep(300 * time.Millisecond)
					b.shoot(filepath.Join(dir, fmt.Sprintf("%s-%s-whole.png", scene.name, lang)), false)
				}
			}
		}
	}
	shootReports(t, page, b, dir)
	closed := serve(t)
	for _, lang := range languages {
		b.open(closed.url, lang, 390, 844)
		b.until("the way in shows", "!document.querySelector('#claim').hidden")
		b.shoot(filepath.Join(dir, fmt.Sprintf("claim-%s-390.png", lang)), false)
	}
	if complaints := b.complaints(); len(complaints) > 0 {
		t.Errorf("the console complained: %q", complaints)
	}
}

// shootReports takes the hour with a change pointed at, the way to the report,
// and the report itself, on screen and on paper.
func shootReports(t *testing.T, page *served, b *browser, dir string) {
	t.Helper()
	page.box.edit(func(s *health.Snapshot) {
		*s = healthyPicture(time.Now())
		s.LastShow = &health.ShowPart{ID: 3, Ended: time.Now(), OnAirSeconds: 2634, LostSeconds: 5}
	})
	page.box.record.set(slices.Concat(believableShow(2, time.Now().Add(-2*time.Hour), 300), believableShow(3, time.Now(), 2640)))
	for _, lang := range languages {
		for _, size := range [][2]int{{390, 844}, {1280, 900}} {
			name := func(what string) string {
				return filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", what, lang, size[0]))
			}
			b.open(page.url, lang, size[0], size[1])
			b.until("the studio shows", "!document.querySelector('#last-show').hidden")
			eval[bool](b, "Boolean(document.querySelector('[data-minutes=\"60\"]').click()) || true")
			b.until("the hour is there", "document.querySelectorAll('#kinds li').length > 3")
			eval[bool](b, pressLeft+"; true")
			b.until("a change is told", "!document.querySelector('#readout').hidden")
			if size[0] < 600 {
				b.size(size[0], eval[int](b, "document.documentElement.scrollHeight"))
			}
			time.Sleep(300 * time.Millisecond)
			b.shoot(name("hour"), false)
			b.open(page.url+"/report?utc=540", lang, size[0], size[1])
			b.until("the report shows", "document.querySelector('h1')")
			b.shoot(name("report"), true)
			if size[0] > 600 {
				b.call("Emulation.setEmulatedMedia", struct {
					Media string `json:"media"`
				}{"print"})
				b.size(680, 962) // A4 less its margins
				b.shoot(name("paper"), true)
				b.call("Emulation.setEmulatedMedia", struct{}{})
			}
		}
	}
}

// pressLeft goes to the change before on the chart.
const pressLeft = "document.querySelector('#chart').dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft'}))"

// TestServeForAWhile serves a page that answers to presses on the address that
// PANEL_SERVE names, to be tried by hand.
func TestServeForAWhile(t *testing.T) {
	if os.Getenv("PANEL_SERVE") == "" {
		t.Skip("set PANEL_SERVE to a duration such as 10m to try the page by hand")
	}
	length, err := time.ParseDuration(os.Getenv("PANEL_SERVE"))
	if err != nil {
		t.Fatal(err)
	}
	page, film := serve(t, openLocal), makeFilm(t)
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	go film.run(ctx, page.Camera())
	go film.run(ctx, page.Ingest())
	fmt.Println("the page is on", page.url)
	page.box.live(ctx)
}

// TestPicturesOfARunningBox goes live on a demo that runs at PANEL_URL, and
// writes pictures of its page into PANEL_SHOTS.
func TestPicturesOfARunningBox(t *testing.T) {
	url, dir := os.Getenv("PANEL_URL"), os.Getenv("PANEL_SHOTS")
	if url == "" || dir == "" {
		t.Skip("set PANEL_URL to a running demo's address and PANEL_SHOTS to a folder to have pictures of it")
	}
	b := newBrowser(t)
	b.open(url, "en", 1280, 900)
	b.until("the camera's picture plays", "document.querySelector('#tile-camera.playing')")
	b.shoot(filepath.Join(dir, "running-ready.png"), false)
	b.mouse("mousePressed", "#hold")
	b.until("the show is on air", "document.documentElement.dataset.lamp === 'on_air'")
	b.mouse("mouseReleased", "#hold")
	b.until("the ingest's picture plays", "document.querySelector('#tile-ingest.playing')")
	eval[bool](b, `Boolean(document.querySelector('[data-speed="12"]').click()) || true`)
	time.Sleep(20 * time.Second) // some history for the chart
	b.shoot(filepath.Join(dir, "running-live.png"), false)
	b.size(390, 844)
	time.Sleep(time.Second)
	b.shoot(filepath.Join(dir, "running-phone.png"), false)
	b.mouse("mousePressed", "#hold")
	b.until("the show is over", "document.documentElement.dataset.lamp === 'idle'")
	b.mouse("mouseReleased", "#hold")
	if complaints := b.complaints(); len(complaints) > 0 {
		t.Errorf("the console complained: %q", complaints)
	}
}
