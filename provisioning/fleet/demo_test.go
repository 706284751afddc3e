package fleet

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

func TestTheDemoShowsTroublesAndItsPrintedCommandsWork(t *testing.T) {
	d := studiofleet(t, "--log", "error", "demo", "--boxes", "60", "--listen", freeAddress(t), "--broker", freeAddress(t), "--metrics", "127.0.0.1:0")
	b := signIn(t, d.said(t, `open (http://\S+)`))
	eventually(t, "something needs attention", func() bool { return strings.Contains(b.get(t, b.base+"/"), "Shop ") })
	join := d.said(t, `studiobox demo (--fleet tcp://\S+ --command-keys \S+)`)
	if !strings.Contains(join, "command-keys.json") {
		t.Errorf("joining: %s", join)
	}
	args := strings.Fields(d.said(t, `studiofleet (sign command .*)`))
	c := studiofleet(t, args...)
	c.said(t, `box SIM-00001 answers: (done)`)
	page := b.get(t, b.base+"/box/b-0001/SIM-00001")
	if !strings.Contains(page, "Shop 1 (demo)") {
		t.Error("the box's page does not name its business")
	}
	eventually(t, "the box's page tells of the command that went past the console", func() bool {
		page := b.get(t, b.base+"/box/b-0001/SIM-00001")
		return strings.Contains(page, "Not given here: the box told of it.") && strings.Contains(page, "<td>Ping</td><td>admin</td>")
	})
	eventually(t, "a box is shut out", func() bool { return strings.Contains(b.get(t, b.base+"/boxes?status=quarantined"), "SIM-00060") })
}

var token = regexp.MustCompile(`data-csrf="([^"]+)"`)

// What a browser does with a visitor's key, without one: the key is enrolled with
// one press, and the boxes obey it at once.
func TestInTheDemoAVisitorsOwnKeySigns(t *testing.T) {
	d := studiofleet(t, "--log", "error", "demo", "--boxes", "3", "--listen", freeAddress(t), "--broker", freeAddress(t), "--metrics", "127.0.0.1:0")
	b := signIn(t, d.said(t, `open (http://\S+)`))
	page := b.get(t, b.base+"/key")
	csrf := token.FindStringSubmatch(page)
	if csrf == nil || !strings.Contains(page, "This is a demo") {
		t.Fatal("the demo does not offer to enrol a key")
	}
	post := func(path string, body []byte) (int, string) {
		t.Helper()
		r, err := http.NewRequest(http.MethodPost, b.base+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-CSRF-Token", csrf[1])
		answer, err := b.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, string(text)
	}
	key, err := seal.NewKey("somebody", contract.ClassLook)
	if err != nil {
		t.Fatal(err)
	}
	if code, text := post("/key", []byte(`{"kty":"OKP","crv":"Ed25519","x":"short"}`)); code != http.StatusBadRequest {
		t.Errorf("what is no key: %d %s", code, text)
	}
	if code, text := post("/key", key.Public()); code != http.StatusNoContent {
		t.Fatalf("the key: %d %s", code, text)
	}
	now := time.Now().Unix()
	body, err := json.Marshal(contract.Command{V: 1, ID: ulid.Make().String(), Box: "b-0001/SIM-00001", Op: contract.OpPing, Iat: now, Exp: now + 600})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := seal.Seal(seal.TypeCommand, body, key)
	if err != nil {
		t.Fatal(err)
	}
	command, err := json.Marshal(map[string]string{"seal": string(sealed)})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the box's page is there", func() bool { return strings.Contains(b.get(t, b.base+"/boxes"), "SIM-00001") })
	if code, text := post("/box/b-0001/SIM-00001/command", command); code != http.StatusOK {
		t.Fatalf("the command: %d %s", code, text)
	}
	eventually(t, "the box has obeyed", func() bool {
		page := b.get(t, b.base+"/box/b-0001/SIM-00001")
		return strings.Contains(page, `<td>Ping</td><td>admin</td><td><span class="state t-well">done</span></td>`)
	})
	if page := b.get(t, b.base+"/box/b-0001/SIM-00001"); strings.Contains(page, "Not given here") {
		t.Error("a command that was given here shows twice")
	}
}

func TestADemoOnAnAddressThatOthersReachIsRefused(t *testing.T) {
	for _, flag := range []string{"--listen", "--broker"} {
		var out, told strings.Builder
		if code := Run(soon(t), []string{"demo", flag, "0.0.0.0:0"}, nil, &out, &told); code != 1 || !strings.Contains(told.String(), "loopback") {
			t.Errorf("%s: code %d: %s", flag, code, told.String())
		}
	}
}

func TestTheLineThatJoinsCallsTheProgramOfTheSameFolder(t *testing.T) {
	for _, c := range []struct{ started, want string }{
		{"studiofleet", "studiobox"},
		{"bin/studiofleet", "bin/studiobox"},
		{"/usr/bin/studiofleet", "/usr/bin/studiobox"},
	} {
		if got := beside(c.started, "studiobox"); got != c.want {
			t.Errorf("started as %s: %s, want %s", c.started, got, c.want)
		}
	}
}
