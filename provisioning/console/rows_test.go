package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

func TestOnlyOfRowsThatThePageShowsSomethingIsKept(t *testing.T) {
	tc := walled(t)
	bank := roster.Scope{Tenant: "bank-a"}
	row := tc.roster.Attention(bank, time.Now()).Rows[0].Key
	others := tc.roster.Attention(roster.Scope{Tenant: "bank-b"}, time.Now()).Rows[0].Key
	var kept []string
	read := func() {
		kept = nil
		_, err := tc.book.Changes(t.Context(), 0, book.Reader{Mark: func(_ roster.Scope, m roster.Mark) { kept = append(kept, m.Key) }})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		for _, key := range []string{fmt.Sprintf("n|box_lost|net-%d|", i), others, ""} {
			if w := tc.ask(olga, "/attention", url.Values{"row": {key}, "do": {"ack"}}); w.Code != http.StatusSeeOther {
				t.Fatalf("%q: %d", key, w.Code)
			}
			if m := tc.roster.Mark(bank, key); m.AckedBy != "" {
				t.Errorf("a mark at %q", key)
			}
		}
	}
	if read(); len(kept) != 0 {
		t.Errorf("kept are %q", kept)
	}
	tc.ask(olga, "/attention", url.Values{"row": {row}, "mute": {"1"}})
	tc.ask(olga, "/attention", url.Values{"row": {row}, "do": {"ack"}}) // muted rows are on the page, too
	if read(); len(kept) != 1 || kept[0] != row || tc.roster.Mark(bank, row).AckedBy == "" {
		t.Errorf("kept are %q", kept)
	}
}

func TestARowsLinkLeadsToAsManyBoxesAsItSays(t *testing.T) {
	tc, now := newConsole(t, nil), time.Now()
	tc.roster.Hear(now.Add(-time.Hour), now.Add(-time.Hour))
	for i := range 33 {
		network := ""
		if i >= 6 {
			network = fmt.Sprintf("net-%d", i)
		}
		id := fmt.Sprintf("SB-%06d", i)
		tc.roster.List(now, roster.Listed{Tenant: "bank-a", Box: id, Network: network, At: now})
		tc.say("bank-a", id, now.Add(-time.Minute),
			roster.Update{State: &contract.State{V: 1, On: 1, St: "idle", Boot: "b"}}, roster.Update{Info: &contract.Info{V: 1, SW: fmt.Sprint(i / 7)}})
		if i < 6 || i%7 == 0 {
			tc.say("bank-a", id, now, roster.Update{Health: &contract.Health{V: 1, N: 1, St: "idle", Al: []string{"too_hot"}}})
		}
	}
	row := tc.roster.Attention(roster.Scope{All: true}, now).Rows[0]
	if row.Boxes != 6 {
		t.Fatalf("row %+v", row)
	}
	path := filterPath(row.Filter())
	page := tc.ask(anna, path, nil).Body.String()
	if !strings.Contains(page, ">6 boxes") {
		t.Errorf("%s does not lead to 6 boxes", path)
	}
}

func TestAGroupOfBoxesWithoutANetworkIsNamedSo(t *testing.T) {
	tc, now := newConsole(t, nil), time.Now()
	tc.roster.Hear(now.Add(-time.Hour), now.Add(-time.Hour))
	for i := range 40 {
		id := fmt.Sprintf("SB-%06d", i)
		tc.roster.List(now, roster.Listed{Tenant: "bank-a", Box: id, At: now})
		h := contract.Health{V: 1, N: 1, St: "idle"}
		if i < 6 {
			h.Al = []string{"too_hot"}
		}
		tc.say("bank-a", id, now, roster.Update{Info: &contract.Info{V: 1, SW: "1"}}, roster.Update{Health: &h})
	}
	for path, want := range map[string]string{
		"/":                             "not known",
		"/boxes?network=" + roster.None: "Network: not known",
		"/boxes?cause=too_hot&version=1&network=" + url.QueryEscape(roster.Others): "others than those",
	} {
		if page := tc.ask(anna, path, nil).Body.String(); !strings.Contains(page, want) {
			t.Errorf("%s does not say %q", path, want)
		}
	}
}
