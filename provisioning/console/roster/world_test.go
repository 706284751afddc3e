package roster

import (
	"fmt"
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

// world is a roster and a clock that only moves when told.
type world struct {
	t     testing.TB
	r     *Roster
	now   time.Time
	heard map[string]uint64 // count of health messages by box
}

// newWorld makes a roster that hears since the beginning.
func newWorld(t testing.TB) *world {
	w := &world{t: t, r: New(Rules{}), now: at(0), heard: map[string]uint64{}}
	w.r.Hear(w.now, w.now)
	return w
}

// pass lets time pass, second by second.
func (w *world) pass(d time.Duration) []Change {
	var changes []Change
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(time.Second)
		changes = append(changes, w.r.Tick(w.now)...)
	}
	return changes
}

// tell applies an update of a box of tenant bank-a.
func (w *world) tell(box string, u Update) Outcome {
	w.t.Helper()
	if u.Tenant == "" {
		u.Tenant = "bank-a"
	}
	u.Box, u.At = box, w.now
	return w.r.Apply(u)
}

func (w *world) state(box string, s contract.State) Outcome {
	return w.tell(box, Update{State: &s})
}

func (w *world) health(box string, st string, kbps int, codes ...string) Outcome {
	w.heard[box]++
	h := contract.Health{V: 1, N: w.heard[box], St: st, Up: contract.Up{Kbps: kbps}, Al: codes}
	return w.tell(box, Update{Health: &h})
}

// keep reports the same figures every 15 s for so long.
func (w *world) keep(box string, d time.Duration, st string, kbps int, codes ...string) {
	for end := w.now.Add(d); w.now.Before(end); {
		w.health(box, st, kbps, codes...)
		w.pass(15 * time.Second)
	}
	w.health(box, st, kbps, codes...)
}

// list puts a box of tenant bank-a on the list.
func (w *world) list(box, network string) {
	w.r.List(w.now, Listed{Tenant: "bank-a", Box: box, Business: "Shop " + box, Network: network, At: w.now})
}

func (w *world) version(box, version string) {
	w.tell(box, Update{Info: &contract.Info{V: 1, SW: version}})
}

func (w *world) box(id string) Box {
	w.t.Helper()
	b, ok := w.r.Box(Scope{All: true}, "bank-a", id)
	if !ok {
		w.t.Fatalf("box %s is not known", id)
	}
	return b
}

// rows are the rows for central ops, each as one text.
func (w *world) rows() []string {
	var rows []string
	for _, r := range w.r.Attention(Scope{All: true}, w.now).Rows {
		rows = append(rows, fmt.Sprintf("%d %s %s/%s %d", r.Harm, r.Cause, r.Network, r.Version, r.Boxes))
	}
	return rows
}

// expect compares the rows.
func (w *world) expect(want ...string) {
	w.t.Helper()
	got := w.rows()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("rows at %v:\n got %q\nwant %q", w.now.Sub(at(0)), got, want)
	}
	for _, row := range w.r.Attention(Scope{All: true}, w.now).Rows {
		if found := w.r.Search(Scope{All: true}, row.Filter(), "", 0); found.Total != row.Boxes {
			w.t.Errorf("row %s has %d boxes, its filter %+v finds %d", row.Key, row.Boxes, row.Filter(), found.Total)
		}
	}
}

func (w *world) status(box string, want Status) {
	w.t.Helper()
	if got := w.box(box).Status; got != want {
		w.t.Errorf("%s is %s at %v, want %s", box, got, w.now.Sub(at(0)), want)
	}
}

func boxID(i int) string { return fmt.Sprintf("SB-%06d", i) }
