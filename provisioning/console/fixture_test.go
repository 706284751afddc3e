package console

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/console/signin"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

// The users of the tests. Their cookie is their subject.
var (
	anna = signin.User{Subject: "anna", Name: "Anna", Role: signin.Lead, All: true}
	ben  = signin.User{Subject: "ben", Name: "Ben", Role: signin.Lead, All: true}
	olga = signin.User{Subject: "olga", Name: "Olga", Role: signin.Operator, Tenant: "bank-a"}
	vera = signin.User{Subject: "vera", Name: "Vera", Role: signin.Viewer, Tenant: "bank-a"}
)

// testGate lets in whoever a cookie names, and asks posts for that user's token.
type testGate struct {
	mu    sync.Mutex
	shut  map[string]bool
	users map[string]signin.User

	used int // how often a session was used
}

func (g *testGate) Handler() http.Handler { return http.NotFoundHandler() }

func (g *testGate) Require(next http.Handler) http.Handler {
	watched := g.Watch(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.used++
		g.mu.Unlock()
		watched.ServeHTTP(w, r)
	})
}

func (g *testGate) Watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("who")
		if err != nil {
			http.Error(w, "who?", http.StatusUnauthorized)
			return
		}
		g.mu.Lock()
		user, known := g.users[cookie.Value]
		shut := g.shut[cookie.Value]
		g.mu.Unlock()
		token := "token-of-" + user.Subject
		switch {
		case !known || shut:
			http.Error(w, "who?", http.StatusUnauthorized)
		case r.Method == http.MethodPost && r.Header.Get(signin.Header) != token && r.PostFormValue(signin.FormField) != token:
			http.Error(w, "forged", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r.WithContext(signin.With(r.Context(), user, token)))
		}
	})
}

func newGate() *testGate {
	g := &testGate{shut: map[string]bool{}, users: map[string]signin.User{}}
	for _, user := range []signin.User{anna, ben, olga, vera} {
		g.as(user)
	}
	return g
}

// as makes a user what the caller says.
func (g *testGate) as(user signin.User) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.users[user.Subject] = user
}

func (g *testGate) signOut(user signin.User) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut[user.Subject] = true
}

func (g *testGate) signIn(user signin.User) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.shut, user.Subject)
}

// testKeys is a keyring that tests can fill while the console runs.
type testKeys struct {
	mu     sync.Mutex
	public [][]byte
}

func (k *testKeys) Keyring() *seal.Keyring {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.public) == 0 {
		return nil
	}
	joined, err := seal.JoinKeys(k.public...)
	if err != nil {
		panic(err)
	}
	ring, err := seal.ParseKeyring(joined)
	if err != nil {
		panic(err)
	}
	return ring
}

func (k *testKeys) enrol(public []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.public = append(k.public, public)
}

// newSigner is a key of somebody, outside any browser.
func newSigner(t testing.TB, who string, classes ...contract.Class) seal.Key {
	t.Helper()
	key, err := seal.NewKey(who, classes...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// testBroker keeps what was handed to it.
type testBroker struct {
	mu   sync.Mutex
	away bool
	sent []sentCommand
}

type sentCommand struct {
	address string
	sealed  []byte
}

func (b *testBroker) Send(_ context.Context, tenant, box string, sealed []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away {
		return fmt.Errorf("the broker is away")
	}
	b.sent = append(b.sent, sentCommand{tenant + "/" + box, sealed})
	return nil
}

func (b *testBroker) commands() []sentCommand {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.sent)
}

// testConsole is a console with everything around it: the real roster and the
// real book, and a gate, a keyring and a broker that tests can poke.
type testConsole struct {
	*Console
	t          testing.TB
	gate       *testGate
	roster     *roster.Roster
	book       *book.Book
	vitals     *Vitals
	keys       *testKeys
	broker     *testBroker
	dispatcher *Dispatcher
	server     *httptest.Server
}

func newConsole(t testing.TB, now func() time.Time) *testConsole {
	t.Helper()
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	kept, err := book.Open(t.Context(), filepath.Join(t.TempDir(), "book.db"), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	tc := &testConsole{
		t: t, gate: newGate(), roster: roster.New(roster.Rules{}), book: kept,
		vitals: NewVitals(), keys: &testKeys{}, broker: &testBroker{},
	}
	tc.dispatcher = NewDispatcher(kept, tc.broker, now, quiet)
	tc.Console, err = New(Config{Hosts: []string{"127.0.0.1", "localhost", "example.com"}, Now: now}, Deps{
		Gate: tc.gate, Picture: tc.roster, Finder: tc.roster, Marks: tc.roster, MarkKeeper: kept, Trend: kept, Past: kept, Vitals: tc.vitals,
		Ledger: kept, Drafts: kept, Warden: kept, Keys: tc.keys, Dispatcher: tc.dispatcher,
	}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return tc
}

// say is what a box sends: to the roster, the book and the trails.
func (tc *testConsole) say(tenant, box string, at time.Time, updates ...roster.Update) {
	for _, u := range updates {
		u.Tenant, u.Box, u.At = tenant, box, at
		if tc.roster.Apply(u).Kept {
			tc.book.Keep(u)
		}
		tc.vitals.Take(u)
	}
}

// flush has the book written.
func (tc *testConsole) flush() {
	tc.t.Helper()
	if err := tc.book.Flush(tc.t.Context()); err != nil {
		tc.t.Fatal(err)
	}
}

// serve opens the console on a port of this machine.
func (tc *testConsole) serve() string {
	if tc.server == nil {
		tc.server = httptest.NewServer(tc.Handler())
		tc.t.Cleanup(func() {
			tc.server.CloseClientConnections()
			tc.server.Close()
		})
	}
	return tc.server.URL
}

// ask sends a request as a user; a form makes it a post with the user's token.
func (tc *testConsole) ask(user signin.User, path string, form url.Values) *httptest.ResponseRecorder {
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		form.Set(signin.FormField, "token-of-"+user.Subject)
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.AddCookie(&http.Cookie{Name: "who", Value: user.Subject})
	w := httptest.NewRecorder()
	tc.Handler().ServeHTTP(w, r)
	return w
}

// believable fills the roster with a fleet and its troubles, as of now: n boxes,
// a tenth of them of the bank "bank-a".
func (tc *testConsole) believable(n int, now time.Time) {
	r := rand.New(rand.NewPCG(1, 2))
	networks := []string{"Network A", "Network B", "Network C", "Network D", "Network E"}
	places := []string{"Kofu", "Yokohama", "Kobe", "Sendai", "Kanazawa", "Shenzhen", "Suzhou"}
	trades := []string{"Shop", "Studio", "Counter", "Workshop", "Atelier", "Hall"}
	tc.roster.Hear(now.Add(-8*24*time.Hour), now.Add(-8*24*time.Hour))
	var list []roster.Listed
	for i := range n {
		tenant := "bank-b"
		if i%10 == 0 {
			tenant = "bank-a"
		}
		list = append(list, roster.Listed{
			Tenant: tenant, Box: fmt.Sprintf("SB-%06d", 100000+i), Business: fmt.Sprintf("%s %d", trades[i%len(trades)], i/len(trades)+1),
			Place: places[r.IntN(len(places))], Network: networks[r.IntN(len(networks))], At: now.Add(-time.Duration(1+r.IntN(30)) * 24 * time.Hour),
			Quarantined: i%997 == 500,
		})
	}
	tc.roster.List(now.Add(-30*24*time.Hour), list...)
	for i, l := range list {
		if i%41 == 7 {
			continue // never seen
		}
		tc.believableBox(r, i, l, now)
	}
	tc.roster.Tick(now)
}

func (tc *testConsole) believableBox(r *rand.Rand, i int, l roster.Listed, now time.Time) {
	version := []string{"1.8.2", "1.8.2", "1.8.2", "1.8.1", "1.7.9"}[r.IntN(5)]
	boot := fmt.Sprintf("%08x", r.Uint32())
	st, al := "idle", []string(nil)
	kbps := 0
	if r.IntN(4) == 0 {
		st, kbps = "live", 4000+r.IntN(2500)
	}
	switch {
	case l.Network == "Network C" && st == "live" && r.IntN(2) == 0:
		al, kbps = []string{"uplink_dead"}, 0
	case i%173 == 3:
		al = []string{"under_voltage"}
	case i%211 == 5:
		al = []string{"camera_lost"}
	case i%97 == 11 && st == "live":
		st, al = "degraded", []string{"rate_floor"}
	case i%301 == 9:
		al = []string{"disk_low"}
	case i%401 == 17:
		al = []string{"identity_clash"}
	}
	since := now.Add(-time.Duration(20+r.IntN(500)) * time.Minute)
	tc.say(l.Tenant, l.Box, since,
		roster.Update{State: &contract.State{V: 1, On: 1, St: st, Boot: boot, TS: since.Unix()}},
		roster.Update{Info: &contract.Info{V: 1, Model: "Pi 5", SW: version, Ser: fmt.Sprintf("10000000%08x", i), Slot: "A", Net: "wired", RS: i % 2, Demo: 1}})
	if i%53 == 20 {
		tc.say(l.Tenant, l.Box, since.Add(time.Minute), roster.Update{OTA: &contract.OTA{V: 1, St: contract.OTARolledBack, From: "1.8.1", To: "1.8.2", TS: since.Unix()}})
	}
	if i%67 == 21 {
		tc.say(l.Tenant, l.Box, since.Add(time.Minute), roster.Update{OTA: &contract.OTA{V: 1, St: contract.OTADownload, Pct: r.IntN(100), To: "1.8.2", TS: since.Unix()}})
	}
	health := roster.Update{Health: &contract.Health{
		V: 1, TS: now.Unix(), N: 10, St: st, CPU: 20 + r.IntN(50), Mem: 40, TC: 48 + r.Float64()*20, Dsk: 9000, RTT: 12 + r.IntN(60),
		Cam: []contract.Cam{{FPS: 30}}, Enc: contract.Enc{Height: 1080, Kbps: kbps}, Up: contract.Up{Kbps: kbps, QueueMs: r.IntN(80)}, Al: al,
	}}
	tc.say(l.Tenant, l.Box, since.Add(2*time.Minute), health)
	tc.say(l.Tenant, l.Box, now.Add(-time.Duration(5+r.IntN(40))*time.Second), health)
	if i%19 == 4 {
		tc.say(l.Tenant, l.Box, now.Add(-time.Duration(3+r.IntN(600))*time.Second), roster.Update{State: &contract.State{V: 1, St: contract.StLost, Boot: boot}})
	}
}
