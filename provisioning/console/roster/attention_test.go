package roster

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

// fleet makes boxes from first to last on a network and a version, idle, with
// the given codes.
func (w *world) fleet(first, last int, network, version string, codes ...string) {
	for i := first; i <= last; i++ {
		id := boxID(i)
		w.list(id, network)
		w.version(id, version)
		w.state(id, birth("boot", "idle"))
		w.health(id, "idle", 0, codes...)
	}
}

func TestFiveBoxesWithOneCauseAreOneRowAndFourAreFour(t *testing.T) {
	w := newWorld(t)
	w.fleet(100, 199, "kabel", "1") // all is well with these
	w.fleet(1, 5, "kabel", "1", "too_hot")
	w.fleet(11, 14, "kabel", "1", "disk_low")
	w.expect("5 too_hot kabel/1 5", "5 disk_low kabel/1 1", "5 disk_low kabel/1 1", "5 disk_low kabel/1 1", "5 disk_low kabel/1 1")
	rows := w.r.Attention(Scope{All: true}, w.now).Rows
	if group := rows[0]; !group.Group || len(group.Sample) != 5 || group.Sample[0].ID != boxID(1) {
		t.Errorf("group %+v", group)
	}
	for _, row := range rows {
		found := w.r.Search(Scope{All: true}, row.Filter(), "", 0)
		if found.Total != row.Boxes {
			t.Errorf("the filter of %s finds %d boxes", row.Key, found.Total)
		}
	}
}

func TestAnOutageOfANetworkIsOneRowWhateverTheVersions(t *testing.T) {
	w := newWorld(t)
	for i := 1; i <= 400; i++ {
		w.fleet(i, i, "kabel", fmt.Sprint(i%7))
	}
	w.fleet(500, 999, "fiber", "1")
	for i := 1; i <= 400; i++ {
		w.state(boxID(i), birth("boot", "live"))
		w.state(boxID(i), contract.Will("boot"))
	}
	w.state(boxID(500), birth("boot", "live"))
	w.state(boxID(500), contract.Will("boot"))
	w.pass(3 * time.Minute)
	w.expect("2 box_lost kabel/ 400", "2 box_lost fiber/1 1")
}

func TestABadVersionIsOneRowWhateverTheNetworks(t *testing.T) {
	w := newWorld(t)
	for i := 1; i <= 60; i++ {
		w.fleet(i, i, fmt.Sprintf("net-%d", i%30), "9", "encoder_down")
	}
	for i := 101; i <= 400; i++ {
		w.fleet(i, i, fmt.Sprintf("net-%d", i%30), "8")
	}
	w.expect("3 encoder_down /9 60")
}

func TestTheWorstComesFirstAndFiftyRowsAreEnough(t *testing.T) {
	w := newWorld(t)
	for i := 1; i <= 60; i++ {
		w.pass(time.Second)
		w.fleet(i, i, fmt.Sprintf("net-%d", i), fmt.Sprint(i), "too_hot")
	}
	w.fleet(200, 210, "kabel", "2", "disk_low")
	w.fleet(300, 300, "fiber", "1", "under_voltage")
	w.state(boxID(60), birth("boot", "live"))
	w.health(boxID(60), "live", 5000, "uplink_dead")
	got := w.r.Attention(Scope{All: true}, w.now)
	if len(got.Rows) != 50 || got.More != 59+2+1-50 {
		t.Fatalf("%d rows and %d more", len(got.Rows), got.More)
	}
	head := w.rows()[:4]
	want := []string{"1 stream_dead net-60/60 1", "3 under_voltage fiber/1 1", "5 disk_low kabel/2 11", "5 too_hot net-1/1 1"}
	if !slices.Equal(head, want) {
		t.Errorf("got %q, want %q", head, want)
	}
}

func TestAMutedRowIsQuietUntilItsTimeAndOnlyForWhoMutedIt(t *testing.T) {
	w := newWorld(t)
	w.fleet(100, 199, "kabel", "1")
	w.fleet(1, 6, "kabel", "1", "too_hot")
	ops, bank := Scope{All: true}, Scope{Tenant: "bank-a"}
	key := w.r.Attention(ops, w.now).Rows[0].Key
	w.r.SetMark(ops, Mark{Key: key, Owner: "anna", MutedUntil: w.now.Add(time.Hour)})
	if got := w.r.Attention(ops, w.now); len(got.Rows) != 0 || got.Muted != 1 {
		t.Errorf("ops see %+v", got)
	}
	if got := w.r.Attention(bank, w.now); len(got.Rows) != 1 || got.Rows[0].Owner != "" {
		t.Errorf("the bank sees %+v", got)
	}
	w.now = w.now.Add(time.Hour)
	got := w.r.Attention(ops, w.now)
	if len(got.Rows) != 1 || got.Rows[0].Owner != "anna" {
		t.Errorf("after an hour ops see %+v", got)
	}
	w.r.SetMark(ops, Mark{Key: key})
	if got := w.r.Attention(ops, w.now).Rows[0].Owner; got != "" {
		t.Errorf("still owned by %q", got)
	}
}

func TestWhatWasSaidOfAGroupHoldsForTheLastOfIt(t *testing.T) {
	w := newWorld(t)
	w.fleet(100, 199, "kabel", "1")
	w.fleet(1, 5, "kabel", "1", "too_hot")
	ops := Scope{All: true}
	w.r.SetMark(ops, Mark{Key: w.r.Attention(ops, w.now).Rows[0].Key, AckedBy: "anna", AckedAt: w.now})
	w.pass(time.Second)
	w.health(boxID(3), "idle", 0)
	rows := w.r.Attention(ops, w.now).Rows
	if len(rows) != 4 || rows[3].AckedBy != "anna" {
		t.Errorf("rows %+v", rows)
	}
}

func TestQuarantinedBoxesAskForNothing(t *testing.T) {
	w := newWorld(t)
	w.fleet(1, 1, "kabel", "1", "identity_clash")
	w.r.List(w.now, Listed{Tenant: "bank-a", Box: boxID(1), Quarantined: true})
	w.expect()
}
