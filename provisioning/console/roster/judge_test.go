package roster

import (
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

const one = "SB-000001"

func TestABoxGoesThroughItsStatuses(t *testing.T) {
	w := newWorld(t)
	w.list(one, "kabel")
	w.status(one, NeverSeen)
	w.state(one, birth("a", "idle"))
	w.status(one, Ready)
	w.state(one, birth("a", "live"))
	w.health(one, "live", 5000)
	w.status(one, Live)
	w.health(one, "live", 5000, "too_hot")
	w.status(one, Live)
	w.health(one, "live", 5000, "under_voltage")
	w.status(one, Degraded)
	w.state(one, birth("a", "idle"))
	w.tell(one, Update{OTA: &contract.OTA{V: 1, St: contract.OTAQueued}})
	w.status(one, Ready)
	w.tell(one, Update{OTA: &contract.OTA{V: 1, St: contract.OTAReboot}})
	w.status(one, Updating)
	w.state(one, contract.Will("a"))
	w.status(one, Updating)
	w.pass(updatePatience)
	w.status(one, Offline)
	w.state(one, birth("b", "idle"))
	w.tell(one, Update{OTA: &contract.OTA{V: 1, St: contract.OTARolledBack}})
	w.status(one, RolledBack)
	w.r.List(w.now, Listed{Tenant: "bank-a", Box: one, Quarantined: true})
	w.status(one, Quarantined)
}

func TestSilenceMakesABoxOfflineAtTheSameInstantForEverybody(t *testing.T) {
	w := newWorld(t)
	w.state(one, birth("a", "idle"))
	w.health(one, "idle", 0)
	if changes := w.pass(3*time.Minute + 29*time.Second); len(changes) != 0 {
		t.Fatalf("changed too early: %v", changes)
	}
	changes := w.r.Tick(w.now.Add(time.Hour))
	if len(changes) != 1 || changes[0].To != Offline || !changes[0].At.Equal(at(210)) {
		t.Fatalf("changes %v, want offline at 210 s", changes)
	}
	w.now = w.now.Add(time.Hour)
	w.state(one, birth("a", "idle")) // the session's repetition proves nothing
	w.status(one, Offline)
	w.health(one, "idle", 0)
	w.status(one, Ready)
}

func TestABoxOnAirIsMissedSooner(t *testing.T) {
	w := newWorld(t)
	w.state(one, birth("a", "live"))
	w.health(one, "live", 5000)
	w.pass(74 * time.Second)
	w.status(one, Live)
	w.pass(time.Second)
	w.status(one, Offline)
}

func TestAnIntervalThatWasAskedForIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.r.List(w.now, Listed{Tenant: "bank-a", Box: one, Health: 5 * time.Minute})
	w.state(one, birth("a", "idle"))
	w.pass(15*time.Minute + 29*time.Second)
	w.status(one, Ready)
	w.tell(one, Update{Want: &contract.Want{V: 1, Rev: 3, Health: 3600}})
	w.tell(one, Update{Got: &contract.Got{V: 1, Rev: 3, OK: 1}})
	w.pass(time.Hour)
	w.status(one, Ready)
}

func TestNobodyIsSilentWhileTheConsoleIsDeaf(t *testing.T) {
	w := newWorld(t)
	w.state(one, birth("a", "live"))
	w.health(one, "live", 5000)
	w.r.Hear(time.Time{}, w.now)
	w.pass(time.Hour)
	w.status(one, Live)
	w.r.Hear(w.now, w.now)
	w.pass(74 * time.Second)
	w.status(one, Live)
	w.pass(time.Second)
	w.status(one, Offline)
	w.r.Hear(time.Time{}, w.now) // who was found silent stays so
	w.status(one, Offline)
	w.expect()
}

func TestLossesWhileTheConsoleIsDeafAreNotTheBoxs(t *testing.T) {
	w := newWorld(t)
	w.health(one, "idle", 0)
	w.heard[one] += 2
	w.health(one, "idle", 0)
	w.pass(15 * time.Second)
	w.health(one, "idle", 0)
	w.r.Hear(time.Time{}, w.now)
	w.heard[one] += 100
	w.pass(time.Hour)
	w.r.Hear(w.now, w.now)
	w.health(one, "idle", 0)
	w.pass(15 * time.Second)
	w.heard[one]++
	w.health(one, "idle", 0)
	if lost := w.box(one).Lost; lost != 3 {
		t.Errorf("%d lost, want 3", lost)
	}
}

func TestAHealthMessageContradictsAWill(t *testing.T) {
	w := newWorld(t)
	w.tell(one, Update{State: &contract.State{V: 1, St: contract.StLost, Boot: "old"}, Retained: true})
	w.status(one, Offline)
	w.pass(time.Second)
	w.health(one, "idle", 0) // this one may have been on its way
	w.status(one, Offline)
	w.pass(time.Minute)
	w.health(one, "idle", 0)
	w.status(one, Ready)
}

func TestALostBoxNeedsAttentionAfterThreeMinutesIfItWasLive(t *testing.T) {
	w := newWorld(t)
	w.list(one, "kabel")
	w.state(one, birth("a", "live"))
	w.health(one, "live", 5000, "too_hot", "camera_lost")
	w.state(one, contract.Will("a"))
	w.pass(179 * time.Second)
	w.expect()
	w.pass(time.Second)
	w.expect("2 box_lost kabel/ 1") // and not what it said last
	if row := w.r.Attention(Scope{All: true}, w.now).Rows[0]; row.Live != 1 || !row.Since.Equal(at(0)) {
		t.Errorf("row %+v", row)
	}
}

func TestALostBoxThatWasNotLiveMayBeAwayForItsGroupsTime(t *testing.T) {
	w := newWorld(t)
	w.r = New(Rules{LostIdleOf: map[string]time.Duration{"bank-b": time.Hour}})
	w.r.Hear(w.now, w.now)
	w.state(one, birth("a", "idle"))
	w.state(one, contract.Will("a"))
	for _, s := range []contract.State{birth("a", "live"), {V: 1, St: contract.StShutdown, Boot: "a"}} {
		w.tell("SB-000002", Update{Tenant: "bank-b", State: &s})
	}
	w.pass(time.Hour - time.Second)
	w.expect()
	w.pass(time.Second)
	w.expect("3 box_lost / 1")
	w.pass(23 * time.Hour)
	w.expect("3 box_lost / 1", "3 box_lost / 1")
}

func TestADeadStreamIsNotADeadBox(t *testing.T) {
	w := newWorld(t)
	w.state(one, birth("a", "live"))
	w.health(one, "live", 0)
	w.pass(15 * time.Second)
	w.health(one, "live", 0)
	w.status(one, Live)
	w.expect()
	w.pass(15 * time.Second)
	w.status(one, Degraded)
	w.expect("1 stream_dead / 1")
	w.health(one, "live", 0, "uplink_dead", "rate_floor", "too_hot")
	w.expect("1 stream_dead / 1", "4 too_hot / 1")
	w.health(one, "live", 0, "camera_lost", "uplink_down")
	w.expect("1 camera_lost / 1") // the camera explains it
	w.health(one, "live", 4000)
	w.status(one, Live)
	w.expect()
}

func TestAConditionOfTheUplinkAloneMeansADeadStreamDuringAShow(t *testing.T) {
	w := newWorld(t)
	w.state(one, birth("a", "reconnecting"))
	w.health(one, "reconnecting", 900, "uplink_down")
	w.expect("1 stream_dead / 1")
	w.state(one, birth("a", "idle"))
	w.health(one, "idle", 0, "uplink_down")
	w.expect("3 uplink_down / 1") // no show: not a stream, but the line
}

func TestABoxThatComesAndGoesIsOneUnstableNetwork(t *testing.T) {
	w := newWorld(t)
	for i := range 4 {
		boot := string(rune('a' + i))
		w.state(one, birth(boot, "live"))
		w.health(one, "live", 5000, "rate_floor")
		w.pass(time.Minute)
		w.state(one, contract.Will(boot))
	}
	w.pass(3*time.Minute - time.Second)
	w.expect("5 unstable_network / 1") // not a lost box as well
	w.pass(time.Second)
	w.expect("2 box_lost / 1", "5 unstable_network / 1") // its show has died
	if row := w.r.Attention(Scope{All: true}, w.now).Rows[0]; row.Live != 1 {
		t.Errorf("row %+v", row)
	}
	w.pass(7 * time.Minute)
	w.state(one, birth("z", "live"))
	w.keep(one, 46*time.Minute, "live", 5000, "rate_floor")
	w.expect("4 unstable_network / 1")
	w.keep(one, time.Minute, "live", 5000, "rate_floor")
	w.pass(time.Second)
	w.expect("4 rate_floor / 1") // an hour after the first loss
}

func TestABoxOnTheListForLongWithoutAWordIsLookedFor(t *testing.T) {
	w := newWorld(t)
	w.list(one, "kabel")
	w.r.Tick(at(14*86400 - 1))
	w.expect()
	w.r.Tick(at(14 * 86400))
	w.expect("6 never_seen kabel/ 1")
	w.now = at(14*86400 + 1)
	w.state(one, birth("a", "idle"))
	w.expect()
}

func TestAFailedUpdateNeedsAttention(t *testing.T) {
	w := newWorld(t)
	w.state(one, birth("a", "idle"))
	w.tell(one, Update{OTA: &contract.OTA{V: 1, St: contract.OTARolledBack}})
	w.expect("5 rolled_back / 1")
	w.tell(one, Update{OTA: &contract.OTA{V: 1, St: contract.OTAFailed}})
	w.expect("5 update_failed / 1")
}

func TestWhatIsOlderThanWhatIsKnownIsNotKept(t *testing.T) {
	w := newWorld(t)
	w.pass(time.Minute)
	w.state(one, birth("b", "live"))
	w.health(one, "live", 5000)
	w.version(one, "2")
	w.tell(one, Update{Want: &contract.Want{V: 1, Rev: 2}})
	w.now = at(30)
	old := []Update{
		{State: &contract.State{V: 1, On: 1, St: "idle", Boot: "a"}},
		{Health: &contract.Health{V: 1, St: "idle"}},
		{Info: &contract.Info{V: 1, SW: "1"}},
		{Want: &contract.Want{V: 1, Rev: 1}},
	}
	for _, u := range old {
		if w.tell(one, u).Kept {
			t.Errorf("%s was kept", u.Kind())
		}
	}
	if b := w.box(one); b.Session != "live" || b.Version != "2" || b.Want.Rev != 2 {
		t.Errorf("box %+v", b)
	}
}

func TestWhatWaitedAtTheBrokerDoesNotMakeABoxSeen(t *testing.T) {
	w := newWorld(t)
	e := contract.Event{V: 1, Epoch: "e", N: 1, Code: "started"}
	w.tell(one, Update{Event: &e})
	if !w.box(one).Seen.Equal(w.now) {
		t.Error("the first word of a box is no sign of it")
	}
	w.health(one, "idle", 0)
	seen := w.now
	w.pass(time.Hour)
	w.tell(one, Update{Event: &e})
	w.tell(one, Update{Ack: &contract.Ack{V: 1, St: contract.AckDone}})
	if got := w.box(one).Seen; !got.Equal(seen) {
		t.Errorf("seen %v, an hour after its last sign", got)
	}
}
