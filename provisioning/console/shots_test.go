package console

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/language"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// trailed gives one box a day of figures; call it before the box speaks.
func (tc *testConsole) trailed(tenant, box string, now time.Time) {
	for i := range 300 {
		at := now.Add(-time.Duration(300-i) * 4 * time.Minute)
		wave := math.Sin(float64(i) / 20)
		h := contract.Health{V: 1, TS: at.Unix(), CPU: 25 + int(20*wave) + rand.IntN(6), Mem: 41, TC: 52 + 6*wave, RTT: 22 + rand.IntN(9)}
		if i > 120 && i < 260 {
			h.Up = contract.Up{Kbps: 5200 + int(500*wave) + rand.IntN(200), QueueMs: 20 + rand.IntN(30)}
		}
		tc.vitals.Take(roster.Update{Tenant: tenant, Box: box, At: at, Health: &h})
	}
}

// storied gives one box of the fleet a past that is worth looking at.
func (tc *testConsole) storied(tenant, box string, now time.Time) {
	tc.t.Helper()
	statuses := []roster.Status{roster.Offline, roster.Ready, roster.Live, roster.Degraded, roster.Live, roster.Ready}
	for day := range 8 {
		morning := now.Add(-time.Duration(7-day) * 24 * time.Hour).Truncate(24 * time.Hour)
		for i, status := range statuses {
			at := morning.Add(time.Duration(i*95) * time.Minute)
			if day == 5 && i == 2 {
				status = roster.Updating
			}
			if at.Before(now) {
				tc.book.Note(roster.Change{Tenant: tenant, Box: box, To: status, At: at})
			}
		}
	}
	event := func(ago time.Duration, n uint64, code, sev, det, by string, clr int) {
		e := contract.Event{V: 1, Epoch: "e1", N: n, TS: now.Add(-ago).Unix(), Code: code, Sev: sev, Det: det, By: by, Clr: clr}
		tc.book.Keep(roster.Update{Tenant: tenant, Box: box, At: now.Add(-ago), Event: &e})
	}
	event(4*time.Hour, 404, contract.EventStarted, "info", "1.8.2", "", 0)
	event(3*time.Hour, 405, contract.EventOnAir, "info", "", "", 0)
	event(55*time.Minute, 409, "rate_floor", "warn", "310 kbit/s", "", 0)
	event(42*time.Minute, 410, "rate_floor", "warn", "480 kbit/s", "", 1)
	event(31*time.Minute, 411, contract.EventCommand, "info", "identify done", "anna", 0)
	event(9*time.Minute, 412, "under_voltage", "fault", "4.61 V", "", 0)
	tc.say(tenant, box, now.Add(-time.Hour),
		roster.Update{Want: &contract.Want{V: 1, Rev: 7, Box: tenant + "/" + box, Health: 60, Ceiling: 6000, Window: "02:00-05:00"}},
		roster.Update{Got: &contract.Got{V: 1, Rev: 7, TS: now.Unix(), No: []contract.Denied{{Set: "ceiling", Why: contract.RefusedArg}}}})
	given := func(id string, op contract.Op, ago time.Duration, by string, acks ...contract.Ack) {
		class, _ := contract.ClassOf(op)
		at := now.Add(-ago)
		err := tc.book.AddCommand(tc.t.Context(), book.Command{
			ID: id, Tenant: tenant, Box: box, Op: op, Class: class, Signers: []string{by}, Who: by, At: at, Ends: at.Add(ValidFor(class)),
		})
		if err != nil {
			tc.t.Fatal(err)
		}
		for _, ack := range acks {
			ack.V, ack.ID = 1, id
			tc.book.Keep(roster.Update{Tenant: tenant, Box: box, At: at.Add(time.Second), Ack: &ack})
		}
	}
	given("01K0000000000000000000000C", contract.OpIdentify, 31*time.Minute, "anna", contract.Ack{St: contract.AckDone})
	given("01K0000000000000000000000B", contract.OpStart, 5*time.Hour, "ben", contract.Ack{St: contract.AckRefused, Why: contract.RefusedForbidden})
	given("01K0000000000000000000000A", contract.OpRestart, 26*time.Hour, "anna")
	err := tc.book.AddDraft(tc.t.Context(), book.Draft{
		ID: "01K0000000000000000000000D", Tenant: tenant, Box: box, Op: contract.OpWipe, Sealed: []byte("a.b.c"), Who: "ben",
		At: now.Add(-4 * time.Minute), Ends: now.Add(56 * time.Minute),
	})
	if err != nil {
		tc.t.Fatal(err)
	}
	tc.flush()
}

// past gives the counts a day's past.
func (tc *testConsole) past(now time.Time) {
	tc.t.Helper()
	for i := range 96 {
		day := 0.75 + 0.25*math.Sin(float64(i)/96*2*math.Pi-1)
		past := map[string]roster.Counts{}
		for tenant, counts := range tc.roster.CountsByTenant(roster.Scope{All: true}) {
			past[tenant] = roster.Counts{}
			for status, n := range counts {
				past[tenant][status] = int(float64(n)*day) + rand.IntN(1+n/30)
			}
		}
		if err := tc.book.Count(tc.t.Context(), now.Add(-time.Duration(96-i)*quarter), past); err != nil {
			tc.t.Fatal(err)
		}
	}
}

// Every page in every language, on a desk and on a phone, by day and by night:
// nothing is wider than the screen, and the browser has nothing to complain of.
// With CONSOLE_SHOTS=folder pictures are kept for people to look at.
func TestEveryPageFitsItsScreenInEveryLanguage(t *testing.T) {
	b := newBrowser(t)
	tc := newConsole(t, nil)
	now := time.Now()
	tc.trailed("bank-b", "SB-100003", now)
	tc.believable(4000, now)
	tc.past(now)
	tc.storied("bank-b", "SB-100003", now)
	server := tc.serve()
	b.as(anna, server)
	b.call("Emulation.setTimezoneOverride", parameters{TimezoneID: "Asia/Tokyo"})
	for _, lang := range language.All() {
		for _, size := range [][2]int{{1280, 900}, {390, 844}} {
			b.dark(lang == "ja")
			for name, path := range map[string]string{
				"front": "/", "boxes": "/boxes?network=Network+C&status=degraded", "box": "/box/bank-b/SB-100003", "key": "/key", "lost": "/nowhere",
			} {
				what := fmt.Sprintf("%s-%s-%d", name, lang, size[0])
				b.open(server+path, lang, size[0], size[1])
				if got := eval[string](b, "document.documentElement.lang"); got != lang {
					t.Errorf("%s: the page is in %q", what, got)
				}
				if name == "front" || name == "box" {
					b.until("the page is live", "document.querySelector('#fresh').dataset.state === 'live'")
				}
				b.layoutKept(what)
				b.shoot(what, name == "box")
			}
		}
	}
	for _, complaint := range b.complaints() {
		if complaint != "Failed to load resource: the server responded with a status of 404 (Not Found) "+server+"/nowhere" {
			t.Errorf("the page's console complained: %s", complaint)
		}
	}
}
