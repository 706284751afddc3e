package roster

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

// randomWorld makes a roster of three tenants in which everything that belongs
// to a tenant carries its name, and shared causes join boxes of all of them.
func randomWorld(t *testing.T, dice *rand.Rand) *world {
	w := newWorld(t)
	tenants := []string{"aaa", "bbb", "ccc"}
	pick := func(texts ...string) string { return texts[dice.IntN(len(texts))] }
	for i := range 40 + dice.IntN(200) {
		tenant := tenants[dice.IntN(3)]
		own := func(what string) string { return what + "-of-" + tenant }
		id := strings.ToUpper(fmt.Sprintf("%s-%05d", own("box"), i))
		network := pick("shared", own("net"), "")
		u := func(u Update) { u.Tenant = tenant; w.tell(id, u) }
		if dice.IntN(4) > 0 {
			w.r.List(w.now, Listed{Tenant: tenant, Box: id, Business: own("shop"), Place: own("place"),
				Network: network, At: w.now.Add(-time.Duration(dice.IntN(30*24)) * time.Hour), Quarantined: dice.IntN(20) == 0})
		}
		if dice.IntN(5) == 0 {
			continue
		}
		u(Update{Info: &contract.Info{V: 1, SW: pick("1", "2", own("v")), Ser: own("serial")}})
		s := birth("boot", pick("idle", "live", "live"))
		u(Update{State: &s})
		u(Update{Health: &contract.Health{V: 1, N: 1, St: s.St, Al: []string{pick("too_hot", "camera_lost", own("cause"))}}})
		if dice.IntN(3) == 0 {
			will := contract.Will("boot")
			u(Update{State: &will})
		}
		w.r.SetMark(Scope{Tenant: tenant}, Mark{Key: "b|too_hot|" + tenant + "|" + id, Owner: own("owner")})
	}
	w.r.Tick(w.now.Add(48 * time.Hour))
	return w
}

func TestNothingOfAnotherTenantIsEverSeen(t *testing.T) {
	for seed := range uint64(60) {
		dice := rand.New(rand.NewPCG(seed, 5))
		w := randomWorld(t, dice)
		all := Scope{All: true}
		for _, tenant := range []string{"aaa", "bbb", "ccc"} {
			scope := Scope{Tenant: tenant}
			foreign := func(text string) bool {
				for _, other := range []string{"aaa", "bbb", "ccc"} {
					if other != tenant && strings.Contains(strings.ToLower(text), other) {
						return true
					}
				}
				return false
			}
			for what, got := range everything(w, scope) {
				if foreign(got) {
					t.Fatalf("seed %d: %s shows %s to %s", seed, what, got, tenant)
				}
			}
			own := w.r.Search(all, Filter{Tenant: tenant}, "", mostPage).Total
			if w.r.Counts(scope).Total() != own || w.r.Search(scope, Filter{}, "", 1).Total != own {
				t.Fatalf("seed %d: %s counts other than its own %d boxes", seed, tenant, own)
			}
			alone := w.alone(scope)
			if a, b := w.r.Attention(scope, w.now).Rows, alone.Attention(all, w.now).Rows; !sameRows(a, b) {
				t.Fatalf("seed %d: the rows of %s are not those of its own boxes alone:\n%v\n%v", seed, tenant, a, b)
			}
		}
	}
}

// alone is a roster of the scope's boxes and no others.
func (w *world) alone(scope Scope) *Roster {
	r := New(Rules{})
	for _, b := range w.r.all {
		if scope.Sees(b.tenant) {
			r.all = append(r.all, b)
		}
	}
	return r
}

// sameRows compares rows apart from their marks.
func sameRows(a, b []Row) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := a[i], b[i]
		x.Owner, y.Owner = "", ""
		if !reflect.DeepEqual(x, y) {
			return false
		}
	}
	return true
}

// everything is all that the roster says in a scope, by the question.
func everything(w *world, scope Scope) map[string]string {
	said := map[string]string{
		"Attention": fmt.Sprintf("%+v", w.r.Attention(scope, w.now)),
		"Counts":    fmt.Sprint(w.r.Counts(scope)),
		"Facets":    fmt.Sprint(w.r.Facets(scope)),
		"Tallies":   fmt.Sprint(w.r.Tallies(scope)),
		"ByTenant":  fmt.Sprint(w.r.CountsByTenant(scope)),
	}
	for _, order := range []string{ByID, ByBusiness, BySince, ByVersion} {
		for _, f := range []Filter{{}, {Text: "of"}, {Text: "b"}, {Cause: "too_hot"}, {Tenant: "aaa"}, {Tenant: "bbb"}, {Network: "shared"}} {
			f.Sort = order
			foreign := w.r.Search(Scope{All: true}, f, "", 7).Next // a cursor of somebody else's page
			for _, cursor := range []string{"", foreign} {
				found := w.r.Search(scope, f, cursor, 7)
				plain, _ := base64.RawURLEncoding.DecodeString(found.Next)
				said[fmt.Sprintf("Search %+v %s", f, cursor)] = fmt.Sprintf("%+v %s", found.Boxes, plain)
			}
		}
	}
	for _, b := range w.r.Search(Scope{All: true}, Filter{}, "", mostPage).Boxes {
		if got, ok := w.r.Box(scope, b.Tenant, b.ID); ok {
			said["Box "+b.ID] = fmt.Sprintf("%+v", got)
		}
	}
	return said
}

func TestTheZeroScopeSeesNothing(t *testing.T) {
	w := randomWorld(t, rand.New(rand.NewPCG(1, 5)))
	w.r.SetMark(Scope{}, Mark{Key: "k", Owner: "nobody"})
	if len(w.r.marks[""]) != 0 {
		t.Error("the zero scope left a mark")
	}
	if m := w.r.Mark(Scope{}, "k"); m.Owner != "" {
		t.Errorf("mark %+v", m)
	}
	if n := w.r.LostMessages(Scope{}); n != 0 {
		t.Errorf("%d lost messages", n)
	}
	if a := w.r.Attention(Scope{}, w.now); a.Rows != nil || a.More != 0 || a.Muted != 0 {
		t.Errorf("attention %+v", a)
	}
	if f := w.r.Search(Scope{}, Filter{}, "", 10); f.Total != 0 || f.Boxes != nil || f.Next != "" {
		t.Errorf("found %+v", f)
	}
	if c := w.r.Counts(Scope{}); c.Total() != 0 {
		t.Errorf("counts %v", c)
	}
	if len(w.r.CountsByTenant(Scope{}))+len(w.r.Tallies(Scope{}))+len(w.r.Facets(Scope{}).Tenants) != 0 {
		t.Error("tenants are seen")
	}
	for _, b := range w.r.all {
		if _, ok := w.r.Box(Scope{}, b.tenant, b.id); ok {
			t.Fatal("a box is seen")
		}
	}
}
