package panel

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"studiobox/firmware/health"
)

func TestThePageSteersTheBoxWithinItsLimits(t *testing.T) {
	for _, c := range []struct {
		path, body string
		want       int
		calls      string
	}{
		{"press", `{"id":"0123456789","phase":"down"}`, 204, "down"},
		{"press", `{"id":"0123456789","phase":"hold"}`, 410, ""},
		{"press", `{"id":"0123456789","phase":"up"}`, 204, ""},
		{"press", `{"id":"0123456789","phase":"sit"}`, 400, ""},
		{"press", `{"id":"short","phase":"down"}`, 400, ""},
		{"stop", ``, 204, "stop"},
		{"turntable", `{"degPerS":12}`, 204, "turntable"},
		{"turntable", `{"degPerS":0}`, 204, "turntable"},
		{"turntable", `{"degPerS":-91}`, 400, ""},
		{"turntable", `{"turnDeg":90}`, 204, "turn"},
		{"turntable", `{"turnDeg":361}`, 400, ""},
		{"turntable", `{"turnDeg":90,"degPerS":1}`, 400, ""},
		{"turntable", `{}`, 400, ""},
		{"turntable", `{"degPerS":66}`, 409, "turntable"}, // it refuses
		{"turntable", `{"turnDeg":66}`, 409, "turn"},
		{"light", `{"level":0.5}`, 204, "light"},
		{"light", `{"level":1.01}`, 400, ""},
		{"light", `{"level":null}`, 400, ""},
		{"look", `{"name":"gem"}`, 204, "look"},
		{"look", `{"name":"pearl"}`, 409, "look"}, // a lamp does not answer
		{"look", `{"name":"silver"}`, 400, ""},
		{"look", `{}`, 400, ""},
		{"line", `{"kbps":0}`, 204, "line"},
		{"line", `{"kbps":-1}`, 400, ""},
		{"line", `{"kbps":1e9}`, 400, ""},
		{"remote-start", `{"allowed":true}`, 204, "remote"},
		{"remote-start", `{}`, 400, ""},
		{"light", `{"level":0.5,"extra":1}`, 400, ""},
		{"light", `{"level":0.5} {}`, 400, ""},
		{"light", `{"level":`, 400, ""},
		{"light", strings.Repeat(" ", maxBody) + `{"level":0.5}`, 400, ""},
	} {
		box := newFakeBox()
		page := newPanel(t, box, nil)
		response := asked{method: "POST", path: "/api/" + c.path, body: c.body, cookies: enter(t, page)}.of(page)
		page.button.letGo()
		if response.StatusCode != c.want {
			t.Errorf("%s %.60s: %d, want %d", c.path, c.body, response.StatusCode, c.want)
		}
		calls := slices.DeleteFunc(box.noted(), func(call string) bool { return call == "up" })
		if got := strings.Join(calls, " "); got != c.calls {
			t.Errorf("%s %.60s: the box saw %q, want %q", c.path, c.body, got, c.calls)
		}
	}
}

func TestATableThatDoesNotTurnSaysWhyInTheVisitorsWords(t *testing.T) {
	for body, code := range map[string]string{`{"degPerS":66}`: "estop_pressed", `{"turnDeg":66}`: "turntable_refused"} {
		page := newPanel(t, newFakeBox(), nil)
		response := asked{method: "POST", path: "/api/turntable", body: body, cookies: enter(t, page)}.of(page)
		var refused struct{ Code string }
		if err := json.NewDecoder(response.Body).Decode(&refused); err != nil || refused.Code != code {
			t.Errorf("%s: %q, %v, want %q", body, refused.Code, err, code)
		}
		for _, lang := range languages {
			if page.words[lang]["error."+code] == "" {
				t.Errorf("%s has no words in %s", code, lang)
			}
		}
	}
}

func TestPartsThatAreNotFittedAreRefused(t *testing.T) {
	page := newPanel(t, newFakeBox(), nil, func(_ *Config, deps *Deps) {
		deps.Studio, deps.Looks, deps.Line, deps.RemoteStart = nil, nil, nil, nil
	})
	cookies := enter(t, page)
	for path, body := range map[string]string{
		"turntable": `{"degPerS":1}`, "light": `{"level":1}`, "line": `{"kbps":0}`, "remote-start": `{"allowed":true}`,
		"look": `{"name":"gold"}`,
	} {
		got := asked{method: "POST", path: "/api/" + path, body: body, cookies: cookies}.of(page).StatusCode
		if got != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, got)
		}
	}
}

func TestASecondPhoneCannotPressWhileTheFirstHolds(t *testing.T) {
	page := newPanel(t, newFakeBox(), nil)
	cookies := enter(t, page)
	press := func(id, phase string) int {
		body := fmt.Sprintf(`{"id":%q,"phase":%q}`, id, phase)
		return asked{method: "POST", path: "/api/press", body: body, cookies: cookies}.of(page).StatusCode
	}
	if got := press("first-phone", "down"); got != 204 {
		t.Fatalf("the first: %d", got)
	}
	if got := press("second-phone", "down"); got != http.StatusConflict {
		t.Errorf("the second: %d, want 409", got)
	}
	press("first-phone", "up")
	if got := press("second-phone", "hold"); got != http.StatusGone {
		t.Errorf("a refused press may not come to life later: %d, want 410", got)
	}
}

func TestStatusIsTheWholeSnapshot(t *testing.T) {
	page := newPanel(t, newFakeBox(), nil)
	response := asked{method: "GET", path: "/api/status", cookies: enter(t, page)}.of(page)
	body, _ := io.ReadAll(response.Body)
	var got health.Snapshot
	if err := json.Unmarshal(body, &got); err != nil || got.Session.State != "idle" || got.Board.Model == "" {
		t.Errorf("%v: %s", err, body)
	}
}

func TestAPageWithoutItsPartsIsRefused(t *testing.T) {
	if _, err := New(Config{Text: health.Text}, Deps{}, nil); err == nil {
		t.Error("no snapshot, button and stop: no error")
	}
	box := newFakeBox()
	if _, err := New(Config{}, Deps{Snapshots: box, Presser: box, Stopper: box}, nil); err == nil {
		t.Error("no texts: no error")
	}
}
