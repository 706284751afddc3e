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
	"studiobox/firmware/showlog"
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
	late := time.After(patience)
	for {
		select {
		case got, open := <-events:
			if !open {
				t.Fatalf("the stream ended before a %s", name)
			}
			if got.name == name {
				return got
			}
		case <-late:
			t.Fatalf("no %s within %v", name, patience)
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
	started, done := time.Now(), time.After(2*time.Second)
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
			took := time.Since(started).Seconds() // a busy machine is late
			if float64(pictures) > 10*took+2 || pictures < 1 {
				t.Errorf("%d pictures in %.1f s, at most 10 a second are allowed", pictures, took)
			}
			if float64(gauges) > 2*took+2 {
				t.Errorf("%d updates of a gauge in %.1f s, at most 2 a second are allowed", gauges, took)
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
	if took := time.Since(started); took > 8*time.Second {
		t.Errorf("two heartbeats took %v; the page gives the box up after 2.5 s of silence", took)
	}
}

func TestNewSamplesOfTheRateRideAlong(t *testing.T) {
	page := serve(t, openLocal)
	page.box.record.set(believableShow(1, time.Now(), 1200))
	events := listen(t, page, "en")
	if first := wait(t, events, "picture"); first.data["samples"] != nil {
		t.Error("old samples are sent with the stream; the page asks for them itself")
	}
	// The box's clock was set back by a year: the new sample is new all the same,
	// and is sent once.
	for n := range 2 {
		page.box.record.add(showlog.Entry{At: time.Now().AddDate(-1, 0, 0), UpMs: 11_200_500 + int64(n), Show: 1, TargetKbps: 3 + n})
		for sent := false; !sent; {
			page.box.edit(func(s *health.Snapshot) { s.Session.Hold += 0.001 })
			picture := wait(t, events, "picture")
			if sent = picture.data["samples"] != nil; !sent {
				continue
			}
			var got history
			if err := json.Unmarshal(picture.data["samples"], &got); err != nil || len(got.Up) != 1 || got.Target[0] != 3+n {
				t.Errorf("the fresh samples: %s, %v", picture.data["samples"], err)
			}
		}
	}
}

func TestTheHistoryIsAsLongAsIsAskedFor(t *testing.T) {
	page := serve(t, openLocal)
	page.box.record.set(believableShow(1, time.Now(), 3600))
	for query, want := range map[string]int{"": 601, "?minutes=2": 121, "?minutes=60": 3601, "?minutes=61": 0, "?minutes=x": 0} {
		response, err := http.Get(page.url + "/api/history" + query)
		if err != nil {
			t.Fatal(err)
		}
		var got history
		err = json.NewDecoder(response.Body).Decode(&got)
		_ = response.Body.Close()
		if refused := response.StatusCode == http.StatusBadRequest; refused != (want == 0) {
			t.Errorf("%q: %s", query, response.Status)
		}
		if err != nil || len(got.Up) != want || len(got.Reason) != want || len(got.Did) != want {
			t.Errorf("%q: %d samples, want %d (%v)", query, len(got.Up), want, err)
		}
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
