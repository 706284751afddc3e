package panel

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"studiobox/firmware/health"
)

// event is one server-sent event.
type event struct {
	name string
	data map[string]json.RawMessage
	size int
}

// listen opens an event stream; the channel closes when the stream ends.
func listen(t *testing.T, page *served, lang string, cookies ...*http.Cookie) <-chan event {
	t.Helper()
	request, err := http.NewRequest("GET", page.url+"/api/events?lang="+lang, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range cookies {
		request.AddCookie(cookie)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("the event stream: %s", response.Status)
	}
	events := make(chan event, 1000)
	go func() {
		defer close(events)
		defer response.Body.Close()
		read(response.Body, events)
	}()
	return events
}

func read(body io.Reader, events chan<- event) {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	var next event
	for lines.Scan() {
		line := lines.Text()
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			next.name = name
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			next.size = len(data)
			_ = json.Unmarshal([]byte(data), &next.data)
		}
		if line == "" {
			events <- next
			next = event{}
		}
	}
}

// wait is the next event of that name.
func wait(t *testing.T, events <-chan event, name string) event {
	t.Helper()
	patience := time.After(10 * time.Second)
	for {
		select {
		case got, open := <-events:
			if !open {
				t.Fatalf("the stream ended before a %s", name)
			}
			if got.name == name {
				return got
			}
		case <-patience:
			t.Fatalf("no %s within 10 s", name)
		}
	}
}

func TestTheStreamSendsAllOnceAndThenOnlyWhatChanged(t *testing.T) {
	page := serve(t, openLocal)
	events := listen(t, page, "ja")
	first := wait(t, events, "picture")
	for _, part := range []string{"at", "session", "camera", "encoder", "uplink", "rate", "board", "studio", "conditions", "checks", "ingest", "line", "mqtt", "tiles", "box"} {
		if first.data[part] == nil {
			t.Errorf("the first picture lacks %s", part)
		}
	}
	page.box.edit(func(s *health.Snapshot) {
		s.Session.State, s.Session.Lamp, s.Session.Why = "fault", "fault", "gave_up"
	})
	second := wait(t, events, "picture")
	if len(second.data) != 2 || second.data["session"] == nil {
		t.Errorf("after a change of the session alone, these came: %v", second.data)
	}
	title, _ := health.Text("gave_up", "ja")
	if !strings.Contains(string(second.data["session"]), title) {
		t.Errorf("the reason is not in the visitor's language: %s", second.data["session"])
	}
}

func TestTheStreamIsSlowHoweverFastTheBoxChanges(t *testing.T) {
	page := serve(t, openLocal)
	events := listen(t, page, "en")
	wait(t, events, "picture")
	done := time.After(2 * time.Second)
	for n := 0; ; n++ {
		select {
		case <-done:
			pictures, gauges := 0, 0
			for len(events) > 0 {
				if got := <-events; got.name == "picture" {
					pictures++
					if got.data["uplink"] != nil {
						gauges++
					}
				}
			}
			if pictures > 21 || pictures < 3 {
				t.Errorf("%d pictures in 2 s, at most 10 a second are allowed", pictures)
			}
			if gauges > 5 {
				t.Errorf("%d updates of a gauge in 2 s, at most 2 a second are allowed", gauges)
			}
			return
		case <-time.After(2 * time.Millisecond):
			page.box.edit(func(s *health.Snapshot) { s.Session.Hold, s.Uplink.AckedKbps = float64(n)/1e4, n })
		}
	}
}

func TestSilenceIsFilledWithHeartbeats(t *testing.T) {
	page := serve(t, openLocal)
	events := listen(t, page, "en")
	wait(t, events, "picture")
	started := time.Now()
	wait(t, events, "beat")
	wait(t, events, "beat")
	if took := time.Since(started); took > 4*time.Second {
		t.Errorf("two heartbeats took %v; the page gives the box up after 2.5 s of silence", took)
	}
}

func TestNewSamplesOfTheRateRideAlong(t *testing.T) {
	page := serve(t, openLocal)
	past := []health.RateSample{{At: time.Now().Add(-time.Minute), TargetKbps: 1}, {At: time.Now().Add(-time.Hour), TargetKbps: 2}}
	past[0], past[1] = past[1], past[0]
	page.box.edit(func(s *health.Snapshot) { s.Rate.History = past })
	events := listen(t, page, "en")
	if first := wait(t, events, "picture"); first.data["samples"] != nil {
		t.Error("old samples are sent with the stream; the page asks for them itself")
	}
	response, err := http.Get(page.url + "/api/history")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var got history
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil || len(got.At) != 1 || got.Target[0] != 1 {
		t.Errorf("the history of the last 10 minutes: %v, %v", got, err)
	}
	page.box.edit(func(s *health.Snapshot) {
		s.Rate.History = append(past, health.RateSample{At: time.Now(), TargetKbps: 3, Reason: "climb"})
	})
	for {
		picture := wait(t, events, "picture")
		if picture.data["samples"] == nil {
			continue
		}
		if err := json.Unmarshal(picture.data["samples"], &got); err != nil || len(got.At) != 1 || got.Target[0] != 3 {
			t.Errorf("the fresh samples: %s, %v", picture.data["samples"], err)
		}
		return
	}
}

func TestAStreamEndsWithItsSession(t *testing.T) {
	page := serve(t)
	stranger, owner := enter(t, page.Panel), enter(t, page.Panel)
	events := listen(t, page, "en", stranger...)
	wait(t, events, "picture")
	asked{method: "POST", path: "/api/end-others", cookies: owner}.of(page.Panel)
	wait(t, events, "ended")
	if _, open := <-events; open {
		t.Error("the stream goes on after its session ended")
	}
}

// served checks that the page ends within a second with this stream open.
func TestAnOpenStreamDoesNotHoldUpTheEnd(t *testing.T) {
	page := serve(t, openLocal)
	wait(t, listen(t, page, "en"), "picture")
}
