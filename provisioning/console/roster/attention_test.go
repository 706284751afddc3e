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
}

func TestARowsFilterFindsItsBoxesAndNoOthers(t *testing.T) {
	w := newWorld(t)
	w.fleet(900, 999, "fiber", "8")
	w.fleet(1, 6, "", "8", "too_hot") // the list does not name their network
	w.fleet(11, 30, "fiber", "8", "too_hot")
	w.expect("5 too_hot fiber/8 20", "5 too_hot /8 6")

	w = newWorld(t)
	w.fleet(1, 20, "kabel", "9", "encoder_down") // a network's row, and a version's beside it
	for i := 101; i <= 130; i++ {
		w.fleet(i, i, fmt.Sprintf("net-%d", i), "9", "encoder_down")
		w.fleet(i+100, i+100, fmt.Sprintf("net-%d", i), "8")
	}
	w.fleet(301, 306, "", "9", "encoder_down")
	w.expect("3 encoder_down /9 36", "3 encoder_down kabel/9 20")
	if found := w.r.Search(Scope{All: true}, Filter{Network: Others}, "", 0); found.Total != 86 {
		t.Errorf("without a cause the others are %d", found.Total)
	}

	w = newWorld(t) // one condition among others, and hidden by another one
	w.fleet(100, 199, "kabel", "1")
	for i := 1; i <= 12; i++ {
		w.fleet(i, i, "kabel", "1")
		w.state(boxID(i), birth("boot", "live"))
		w.health(boxID(i), "live", 900, "rate_floor")
		if i > 6 {
			w.health(boxID(i), "live", 900, "uplink_dead", "rate_floor")
		}
	}
	w.expect("1 stream_dead kabel/1 6", "4 rate_floor kabel/1 6")
}

func TestNoticesPushNoWarningOffThePage(t *testing.T) {
	w := newWorld(t)
	for i := 1; i <= 60; i++ {
		w.list(boxID(i), fmt.Sprintf("net-%d", i))
	}
	w.r.Tick(at(15 * 86400))
	w.now = at(15*86400 + 1)
	w.fleet(101, 101, "kabel", "1", "too_hot")
	w.fleet(102, 102, "kabel", "1", "disk_low")
	got := w.r.Attention(Scope{All: true}, w.now)
	if want := []string{"5 disk_low kabel/1 1", "5 too_hot kabel/1 1", "6 never_seen net-1/ 1"}; len(got.Rows) != 50 || !slices.Equal(w.rows()[:3], want) {
		t.Errorf("the first of %d rows: %q, want %q", len(got.Rows), w.rows()[:3], want)
	}
	if got.Sums.Rows["info"] != 60 || got.Sums.Rows["warn"] != 2 || got.Sums.Boxes["never_seen"] != 60 {
		t.Errorf("sums %+v", got.Sums)
	}
}

func TestEveryShowThatNobodySeesIsCountedOnceWhateverStoppedIt(t *testing.T) {
	w := newWorld(t)
	for i := 1; i <= 130; i++ {
		codes := [][]string{{"ingest_refused"}, {"uplink_dead"}, {"camera_lost", "encoder_down"}}[i%3]
		w.fleet(i, i, fmt.Sprintf("net-%d", i), fmt.Sprint(i))
		w.state(boxID(i), birth("boot", "live"))
		w.health(boxID(i), "live", 0, codes...)
		w.list(boxID(i+500), "kabel")
	}
	w.fleet(131, 131, "kabel", "1", "ingest_refused") // no show
	w.pass(30 * time.Second)
	got := w.r.Attention(Scope{All: true}, w.now)
	if got.Sums.Dead != 130 || len(got.Rows) != 50 {
		t.Errorf("%d shows are dead, on %d rows", got.Sums.Dead, len(got.Rows))
	}
	refused := group{byNothing, "ingest_refused", "bank-a", boxID(3)}
	w.r.SetMark(Scope{All: true}, Mark{Key: refused.key(), MutedUntil: w.now.Add(time.Hour)})
	if got := w.r.Attention(Scope{All: true}, w.now); got.Sums.Dead != 129 {
		t.Errorf("%d are dead without the one that is muted", got.Sums.Dead)
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

// say has boxes report codes every minute for so long.
func (w *world) say(first, last int, d time.Duration, codes ...string) {
	for end := w.now.Add(d); w.now.Before(end); w.pass(time.Minute) {
		for i := first; i <= last; i++ {
			w.health(boxID(i), "idle", 0, codes...)
		}
	}
}

func TestWhatWasSaidEndsWithTheRow(t *testing.T) {
	w := newWorld(t)
	w.fleet(1, 6, "kabel", "1", "too_hot")
	ops := Scope{All: true}
	key := w.r.Attention(ops, w.now).Rows[0].Key
	acked, muted := w.now.Add(time.Second), w.now.Add(2*time.Hour)
	w.r.SetMark(ops, Mark{Key: key, Owner: "anna", AckedBy: "anna", AckedAt: acked, MutedUntil: muted})
	seen := func(want string) {
		t.Helper()
		a := w.r.Attention(ops, w.now)
		if row := append(a.Rows, a.MutedRows...)[0]; row.Owner != want || row.AckedBy != want || row.AckedAt.IsZero() != (want == "") {
			t.Errorf("at %v seen by %q of %q, want %q", w.now.Sub(at(0)), row.AckedBy, row.Owner, want)
		}
	}
	w.say(1, 6, 30*time.Minute, "too_hot")
	seen("anna")
	w.say(1, 6, 13*time.Minute)
	w.say(1, 6, time.Minute, "too_hot") // it comes and goes: one trouble
	seen("anna")
	w.say(1, 6, 17*time.Minute)
	w.say(1, 6, time.Minute, "too_hot") // this is news
	seen("")
	if a := w.r.Attention(ops, w.now); a.Muted != 1 {
		t.Error("what was muted for two hours is loud after one")
	}
	settled := w.r.Settled()
	if len(settled) != 1 || !settled[0].Over || settled[0].Mark.AckedAt != acked || settled[0].Scope != ops || len(w.r.Settled()) != 0 {
		t.Errorf("settled %+v", settled)
	}
	w.r.SetMark(ops, Mark{Key: key, AckedBy: "ben", AckedAt: w.now})
	w.say(1, 6, 2*time.Minute, "too_hot")
	if row := w.r.Attention(ops, w.now).Rows[0]; row.AckedBy != "ben" {
		t.Errorf("seen by %q, not by ben", row.AckedBy)
	}
}

func TestWhatWasSaidOfAGroupGoesOnForItsLastAndNotForTheNextGroup(t *testing.T) {
	w := newWorld(t)
	w.fleet(100, 199, "kabel", "1")
	w.fleet(1, 6, "kabel", "1", "too_hot")
	ops := Scope{All: true}
	key := w.r.Attention(ops, w.now).Rows[0].Key
	w.r.SetMark(ops, Mark{Key: key, AckedBy: "anna", AckedAt: w.now})
	w.health(boxID(1), "idle", 0)
	w.health(boxID(2), "idle", 0)
	w.say(3, 6, 20*time.Minute, "too_hot")
	w.health(boxID(7), "idle", 0, "too_hot") // Anna cannot have seen this one
	for _, row := range w.r.Attention(ops, w.now).Rows {
		want := "anna"
		if row.Sample[0].ID == boxID(7) {
			want = ""
		}
		if row.AckedBy != want {
			t.Errorf("%s seen by %q, want %q", row.Key, row.AckedBy, want)
		}
	}
	if n := len(w.r.Settled()); n != 5 { // four took it over, and the group's is over
		t.Errorf("%d settled", n)
	}
	w.say(1, 6, time.Minute, "too_hot")
	if row := w.r.Attention(ops, w.now).Rows[0]; row.Key != key || row.AckedBy != "" {
		t.Errorf("the next outage: %s seen by %q", row.Key, row.AckedBy)
	}
}

func TestQuarantinedBoxesAskForNothing(t *testing.T) {
	w := newWorld(t)
	w.fleet(1, 1, "kabel", "1", "identity_clash")
	w.r.List(w.now, Listed{Tenant: "bank-a", Box: boxID(1), Quarantined: true})
	w.expect()
}
