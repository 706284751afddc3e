package command

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

func wanted(t *testing.T, w contract.Want, keys ...seal.Key) Message {
	t.Helper()
	w.V, w.Iat = contract.Version, time.Now().Unix()
	if w.Box == "" {
		w.Box = thisBox
	}
	return Message{Kind: contract.KindWant, Retained: true, Payload: sealed(t, w, seal.TypeWant, keys...)}
}

func TestWishesMayOnlyNarrowWhatTheBusinessHasSet(t *testing.T) {
	own := Rates{Floor: 300, Ceiling: 6000}
	bad := func(sets ...string) (no []contract.Denied) {
		for _, set := range sets {
			no = append(no, contract.Denied{Set: set, Why: contract.RefusedArg})
		}
		return no
	}
	for name, c := range map[string]struct {
		want, force contract.Want
		no          []contract.Denied
	}{
		"all within": {contract.Want{Rev: 1, Health: 300, Floor: 500, Ceiling: 3000}, contract.Want{Rev: 1, Health: 300, Floor: 500, Ceiling: 3000}, nil},
		"nothing":    {contract.Want{Rev: 2}, contract.Want{Rev: 2}, nil},
		"wider":      {contract.Want{Floor: 200, Ceiling: 9000}, contract.Want{}, bad("floor", "ceiling")},
		"crossed":    {contract.Want{Floor: 2000, Ceiling: 1500}, contract.Want{Floor: 2000}, bad("ceiling")},
		"too often":  {contract.Want{Health: 5}, contract.Want{}, bad("health")},
		"too seldom": {contract.Want{Health: 7200}, contract.Want{}, bad("health")},
		"below zero": {contract.Want{Health: -1, Floor: -1, Ceiling: -1}, contract.Want{}, bad("health", "floor", "ceiling")},
		"an update": {contract.Want{Release: "1.2.3", Window: "02:00-05:00", Health: 60}, contract.Want{Health: 60},
			[]contract.Denied{{Set: "release", Why: contract.RefusedMissing}, {Set: "window", Why: contract.RefusedMissing}}},
	} {
		force, no := Narrow(c.want, own)
		if force != c.force || !slices.Equal(no, c.no) {
			t.Errorf("%s: in force %+v, denied %+v", name, force, no)
		}
	}
}

func TestAWishIsKeptAppliedAndAnsweredAndOldOnesAreNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		path := filepath.Join(t.TempDir(), "fleet.db")
		o := open(t, p.ring, path)
		newest := wanted(t, contract.Want{Rev: 42, Health: 300, Ceiling: 9000}, p.robot)
		o.give(newest)
		o.give(newest)
		o.give(wanted(t, contract.Want{Rev: 41, Health: 30}, p.robot))
		o.give(wanted(t, contract.Want{Rev: 43, Box: "b-0412/SB-000000", Health: 30}, p.robot))
		o.give(wanted(t, contract.Want{Rev: 44, Health: 30}, p.viewer))
		o.give(wanted(t, contract.Want{Rev: 45, Health: 30}, p.stranger))
		wantGot := contract.Got{V: 1, TS: time.Now().Unix(), Rev: 42, No: []contract.Denied{{Set: "ceiling", Why: contract.RefusedArg}}}
		whole := func(rev int64, why contract.Refusal) contract.Got {
			return contract.Got{V: 1, TS: time.Now().Unix(), Rev: rev, No: []contract.Denied{{Set: "*", Why: why}}}
		}
		wantGots := []contract.Got{wantGot, whole(41, contract.RefusedRevision), whole(43, contract.RefusedBox), whole(44, contract.RefusedClass)}
		if !reflect.DeepEqual(o.gots, wantGots) {
			t.Errorf("answered %+v", o.gots)
		}
		if len(o.applied) != 1 || o.applied[0].Health != 300 || o.applied[0].Ceiling != 0 {
			t.Errorf("applied %+v", o.applied)
		}
		wantAudits := []string{"settings 42 ceiling=bad_argument rollout", "settings 41 *=old_revision rollout",
			"settings 43 *=wrong_box rollout", "settings 44 *=wrong_class ops:viewer"}
		if !slices.Equal(o.audits, wantAudits) || len(o.acks) > 0 {
			t.Errorf("audits %q, answers %q", o.audits, o.said())
		}
		o.end()

		o = open(t, p.ring, path) // the next run of the program
		synctest.Wait()
		if len(o.applied) != 1 || o.applied[0].Health != 300 || len(o.gots) != 1 || !reflect.DeepEqual(o.gots[0], wantGot) {
			t.Errorf("after a restart: applied %+v, answered %+v", o.applied, o.gots)
		}
		if err := o.ledger.forget(); err != nil {
			t.Fatal(err)
		}
		o.end()

		o = open(t, p.ring, path)
		o.give(newest) // the broker still has it
		if o.applied[0].Health != 0 || len(o.applied) != 1 || o.gots[0].OK != 0 || o.gots[0].No[0].Set != "*" {
			t.Errorf("after it was forgotten: applied %+v, answered %+v", o.applied, o.gots)
		}
		o.give(wanted(t, contract.Want{Rev: 46, Health: 90}, p.robot))
		if o.applied[1].Health != 90 || o.gots[1].OK != 1 {
			t.Errorf("a newer wish: applied %+v, answered %+v", o.applied, o.gots)
		}
	})
}

func TestWhoeverSignedSettingsThatAreRefusedIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		o := open(t, p.ring, filepath.Join(t.TempDir(), "fleet.db"))
		first := wanted(t, contract.Want{Rev: 7, Health: 300}, p.robot)
		o.give(first)
		o.give(wanted(t, contract.Want{Rev: 7, Health: 30}, p.robot)) // the same number, something else
		o.give(Message{Kind: contract.KindWant, Payload: sealed(t, map[string]any{
			"v": 1, "rev": 8, "box": thisBox, "iat": 1, "sudo": true,
		}, seal.TypeWant, p.robot)})
		o.give(first) // the broker's, at the next connection
		o.give(first)
		var told []string
		for _, g := range o.gots {
			told = append(told, fmt.Sprint(g.Rev, g.OK, g.No))
		}
		want := []string{"7 1 []", "7 0 [{* old_revision}]", "8 0 [{* unknown_field}]", "7 1 []"}
		if !slices.Equal(told, want) {
			t.Errorf("answered %q", told)
		}
		if len(o.applied) != 1 || o.applied[0].Health != 300 {
			t.Errorf("applied %+v", o.applied)
		}
	})
}

// TestAFloodOfOneWishIsOpenedOnce plays a wish that was recorded ten thousand times.
func TestAFloodOfOneWishIsOpenedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		o := open(t, p.ring, filepath.Join(t.TempDir(), "fleet.db"))
		opened := 0
		o.price = func(time.Duration) time.Duration { opened++; return time.Millisecond }
		old, newest := wanted(t, contract.Want{Rev: 7, Health: 300}, p.robot), wanted(t, contract.Want{Rev: 8, Health: 90}, p.robot)
		o.give(newest)
		for range 10_000 {
			o.inbox <- old
			time.Sleep(100 * time.Microsecond)
		}
		synctest.Wait()
		if opened != 2 || len(o.gots) > 1+wishesBurst || len(o.audits) > 1+wishesBurst {
			t.Errorf("opened %d times, answered %d times, %d audits", opened, len(o.gots), len(o.audits))
		}
		o.give(wanted(t, contract.Want{Rev: 9, Health: 60}, p.robot))
		if last := o.applied[len(o.applied)-1]; last.Health != 60 {
			t.Errorf("the wish in between was lost: %+v", last)
		}
	})
}
