package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/console/signin"
)

// listed puts a box onto the bank's list in the book, as an import does.
func (tc *testConsole) listed(tenant, box string) {
	tc.t.Helper()
	list := []roster.Listed{{Tenant: tenant, Box: box, Business: "Own Shop", Place: "Kofu", Network: "Own Net"}}
	if _, err := tc.book.Import(tc.t.Context(), roster.Scope{All: true}, list, false); err != nil {
		tc.t.Fatal(err)
	}
}

// follow brings what the book learned into the picture, as the program does each
// second.
func (tc *testConsole) follow() {
	tc.t.Helper()
	_, err := tc.book.Changes(tc.t.Context(), 0, book.Reader{
		Listed: func(l roster.Listed) { tc.roster.List(time.Now(), l) },
		Update: func(roster.Update) {}, Mark: func(roster.Scope, roster.Mark) {},
	})
	if err != nil {
		tc.t.Fatal(err)
	}
	tc.glances.forget(roster.Scope{All: true})
}

func (tc *testConsole) status(tenant, box string) roster.Status {
	b, _ := tc.roster.Box(roster.Scope{All: true}, tenant, box)
	return b.Status
}

const ownPage = "/box/bank-a/SB-000001"

// The whole way of shutting a box out: a lead does it on its page, the page, the
// list and the counts show it, it is offered no commands, who did it is told, and
// it is let in again.
func TestALeadShutsABoxOutAndLetsItInAgain(t *testing.T) {
	tc := walled(t)
	tc.listed("bank-a", "SB-000001")
	lead := olga
	lead.Role = signin.Lead
	for _, user := range []signin.User{vera, olga} {
		if w := tc.ask(user, ownPage+"/quarantine", url.Values{"do": {"out"}}); w.Code != http.StatusForbidden {
			t.Errorf("%s may: %d", user.Subject, w.Code)
		}
		if page := tc.ask(user, ownPage, nil).Body.String(); strings.Contains(page, "/quarantine") {
			t.Errorf("%s is offered it", user.Subject)
		}
	}
	tc.gate.as(lead)
	if page := tc.ask(lead, ownPage, nil).Body.String(); !strings.Contains(page, `name="do" value="out"`) || !strings.Contains(page, "Shut box SB-000001 of Own Shop out?") {
		t.Error("a lead is not offered it, or not asked in words")
	}
	if w := tc.ask(lead, ownPage+"/quarantine", url.Values{"do": {"perhaps"}}); w.Code != http.StatusBadRequest {
		t.Errorf("a button that is not there: %d", w.Code)
	}
	if w := tc.ask(lead, ownPage+"/quarantine", url.Values{"do": {"out"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("shut out: %d", w.Code)
	}
	tc.follow()
	if got := tc.status("bank-a", "SB-000001"); got != roster.Quarantined {
		t.Fatalf("the box is %s", got)
	}
	page := tc.ask(lead, ownPage, nil).Body.String()
	for _, want := range []string{"Shut out by ops.", "is given no commands", `name="do" value="in"`, "<td>Shut out</td><td>olga</td>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of a box that is shut out does not say %q", want)
		}
	}
	if strings.Contains(page, "data-op=") {
		t.Error("commands are offered for a box that is shut out")
	}
	if list := tc.ask(anna, "/boxes?status=quarantined", nil).Body.String(); !strings.Contains(list, "Own Shop") {
		t.Error("the list does not find it")
	}
	if w := tc.ask(lead, ownPage+"/quarantine", url.Values{"do": {"in"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("let in: %d", w.Code)
	}
	tc.follow()
	if got := tc.status("bank-a", "SB-000001"); got != roster.Ready && got != roster.Offline {
		t.Errorf("after it was let in the box is %s", got)
	}
	if page := tc.ask(lead, ownPage, nil).Body.String(); !strings.Contains(page, "<td>Let in again</td><td>olga</td>") || !strings.Contains(page, "data-op=") {
		t.Error("the page does not tell that it was let in again, or offers no commands")
	}
}

// A box that speaks and is on no list cannot be shut out: there is nothing that
// could remember it.
func TestABoxOnNoListIsNotOfferedToBeShutOut(t *testing.T) {
	tc := walled(t)
	if w := tc.ask(anna, ownPage+"/quarantine", url.Values{"do": {"out"}}); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
}

// Two people may be called the same, and a name is changed at will: whose a row
// is follows from what the provider vouches for.
func TestARowIsSomebodysByIdAndNotByName(t *testing.T) {
	tc := walled(t)
	row := tc.roster.Attention(roster.Scope{Tenant: "bank-a"}, time.Now()).Rows[0]
	twin := signin.User{Subject: "olga-2", Name: "Olga", Role: signin.Operator, Tenant: "bank-a"}
	tc.gate.as(twin)
	tc.ask(olga, "/attention", url.Values{"row": {row.Key}, "do": {"take"}})
	if got := tc.roster.Attention(roster.Scope{Tenant: "bank-a"}, time.Now()).Rows[0].Owner; got != "olga" {
		t.Errorf("the row is kept as %q's", got)
	}
	if page := tc.ask(olga, "/", nil).Body.String(); !strings.Contains(page, "You look after it") {
		t.Error("the one who took it does not see it as her own")
	}
	if page := tc.ask(twin, "/", nil).Body.String(); strings.Contains(page, "You look after it") || !strings.Contains(page, "Olga (olga) looks after it") {
		t.Error("somebody of the same name is taken for her")
	}
}
