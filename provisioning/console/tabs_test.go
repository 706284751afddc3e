package console

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"studiobox/provisioning/console/signin"
	"studiobox/provisioning/contract"
)

// holds tells how many event streams are open.
func (s *streams) holds() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

const isLive = "document.querySelector('#fresh').dataset.state === 'live'"

// A browser opens six connections to a host at most: a tab that nobody looks at
// holds none, and is not called live.
func TestATabInTheBackgroundHoldsNoConnection(t *testing.T) {
	b, tc := newBrowser(t), walled(t)
	server := tc.serve()
	b.as(vera, server)
	b.open(server+"/", "en", 1280, 900)
	for name, way := range map[string][2]string{
		"another tab is in front": {
			"Object.defineProperty(document, 'hidden', {value: true, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))",
			"delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))",
		},
		"the browser keeps the page for the way back": {
			"dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))",
			"dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))",
		},
	} {
		b.until("the page is live", isLive)
		eval[bool](b, "(() => {"+way[0]+"; return true; })()")
		if eval[bool](b, isLive) {
			t.Errorf("%s: it is called live", name)
		}
		soon(t, name+": its connection is closed", func() bool { return tc.streams.holds() == 0 })
		eval[bool](b, "(() => {"+way[1]+"; return true; })()")
		b.until(name+": it is live again", isLive)
	}
	b.press("a[href='/boxes']")
	eval[bool](b, "(() => { window.leaving = true; history.back(); return true; })()")
	b.until("the page that one came back to is live", "location.pathname === '/' && "+isLive)
	b.contentKept()
}

// The tenant wall as two people of two banks meet it in their browsers: lists,
// guessed addresses, a guessed event stream, another's tenant in the address.
func TestInTheBrowserABanksUserMeetsTheWall(t *testing.T) {
	tc := walled(t)
	server := tc.serve()
	bo := signin.User{Subject: "bo", Name: "Bo", Role: signin.Lead, Tenant: "bank-b"}
	lead := olga
	lead.Role = signin.Lead
	tc.gate.as(bo)
	tc.gate.as(lead)
	for _, c := range []struct {
		user                  signin.User
		own, other, box, bank string
	}{
		{lead, "Own Shop", foreign, "/box/bank-b/SB-000001", "bank-b"},
		{bo, foreign + " Shop", "Own Shop", "/box/bank-a/SB-000001", "bank-a"},
	} {
		b := newBrowser(t)
		b.as(c.user, server)
		meets := func(what, path string, own bool) {
			t.Helper()
			b.open(server+path, "en", 1280, 900)
			text := eval[string](b, "document.documentElement.innerHTML")
			if strings.Contains(text, c.other) || strings.Contains(text, c.own) != own {
				t.Errorf("%s, %s: the page is not what is %s's to see", c.user.Subject, what, c.user.Tenant)
			}
			b.shoot(fmt.Sprintf("wall-%s-%s", c.user.Tenant, what), false)
		}
		meets("front", "/", true)
		meets("boxes", "/boxes", true)
		meets("guessed-box", c.box, false)
		if got := eval[string](b, "document.querySelector('h1').textContent"); got != "Not found" {
			t.Errorf("%s guesses a box and reads %q", c.user.Subject, got)
		}
		meets("other-tenant", "/boxes?tenant="+c.bank, false)
		for _, path := range []string{"/live" + c.box, "/live/boxes?tenant=" + c.bank} {
			got := eval[string](b, fmt.Sprintf(`new Promise((done) => {
				let heard = "";
				const source = new EventSource(%q);
				source.onmessage = (event) => { heard += event.data; };
				source.onerror = () => { source.close(); done("refused " + heard); };
				setTimeout(() => { source.close(); done(heard); }, 4000);
			})`, path))
			if strings.Contains(got, c.other) || strings.Contains(path, "/box/") && got != "refused " {
				t.Errorf("%s listens at %s and hears %.300q", c.user.Subject, path, got)
			}
		}
		got := eval[string](b, fmt.Sprintf(`(async () => {
			const token = {"X-CSRF-Token": document.body.dataset.csrf};
			const csv = await (await fetch("/boxes.csv?tenant=%s")).text();
			const command = await fetch("%[2]s/command", {method: "POST", headers: token, body: JSON.stringify({seal: "x"})});
			const shut = await fetch("%[2]s/quarantine", {method: "POST", headers: {...token, "Content-Type": "application/x-www-form-urlencoded"}, body: "do=out"});
			return command.status + " " + shut.status + " " + csv;
		})()`, c.bank, c.box))
		if strings.Contains(got, c.other) || !strings.HasPrefix(got, "404 404 ") {
			t.Errorf("%s: %q", c.user.Subject, got)
		}
	}
}

func TestALeadShutsABoxOutInTheBrowser(t *testing.T) {
	b, tc := newBrowser(t), walled(t)
	tc.listed("bank-a", "SB-000001")
	server := tc.serve()
	b.as(anna, server)
	b.open(server+ownPage, "en", 1280, 900)
	b.until("the page is live", isLive)
	b.click("#shut summary")
	if words := eval[string](b, "document.querySelector('#shut .sheet p').textContent"); !strings.Contains(words, "Shut box SB-000001 of Own Shop out?") {
		t.Errorf("it is asked: %q", words)
	}
	b.shoot("quarantine-ask", false)
	b.press("#shut button")
	tc.follow()
	b.until("the open page says so", "document.querySelector('#boxhead').textContent.includes('Shut out by ops.') && !document.querySelector('[data-op]')")
	b.until("who did it is told", "document.querySelector('#commands').textContent.includes('Shut out') && document.querySelector('#commands').textContent.includes('anna')")
	b.shoot("quarantined", true)
	b.contentKept()
}

// Where a demo lets visitors enrol their own key, one press is enough to sign.
func TestInADemoAVisitorEnrolsTheirOwnKey(t *testing.T) {
	b, tc := newBrowser(t), walled(t)
	server := tc.serve()
	b.as(anna, server)
	b.open(server+"/key", "en", 1280, 900)
	b.click("#key-make")
	b.until("the public key shows", "document.querySelector('#jwk').textContent")
	if eval[bool](b, "Boolean(document.querySelector('#key-enrol'))") {
		t.Error("a console that is no demo offers to enrol")
	}
	if got := eval[int](b, `fetch("/key", {method: "POST", headers: {"X-CSRF-Token": document.body.dataset.csrf}, body: "{}"}).then((r) => r.status)`); got != 404 {
		t.Errorf("a console that is no demo answers %d", got)
	}
	tc.cfg.Enrol = func(who string, key []byte) error {
		var public map[string]any
		if err := json.Unmarshal(key, &public); err != nil {
			return err
		}
		public["who"], public["classes"] = who, contract.Classes()
		text, err := json.Marshal(public)
		tc.keys.enrol(text)
		return err
	}
	b.navigate(server + "/key")
	b.until("it is offered", "document.querySelector('#key-demo') && !document.querySelector('#key-demo').hidden")
	b.shoot("key-demo", false)
	b.click("#key-enrol")
	b.until("it is enrolled", "document.querySelector('#key-state.good') && document.querySelector('#key-demo').hidden")
	b.navigate(server + ownPage)
	b.click("[data-op=ping]")
	b.click("#ask-yes")
	b.until("it signs", "document.querySelector('#said').dataset.code === 'sent'")
	b.contentKeptBut("404")
}
