package swarm

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

func TestASceneHoldsUntilItSaysAndNoLonger(t *testing.T) {
	plan, boxes := Lively(), Roll(200, []string{"b-0001"})
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		b, at := boxes[random.IntN(len(boxes))], time.Duration(random.Int64N(int64(2*time.Hour)))
		scene := plan.At(b, at)
		if scene.Until <= at {
			t.Fatalf("box %d at %s: the scene ends at %s, before it begins", b.Index, at, scene.Until)
		}
		if scene.Until == math.MaxInt64 {
			continue
		}
		late := plan.At(b, scene.Until-1)
		if late.OnAir != scene.OnAir || !reflect.DeepEqual(late.Ails, scene.Ails) || late.Past != scene.Past {
			t.Fatalf("box %d: the scene of %s is another before its end at %s: %+v, then %+v", b.Index, at, scene.Until, scene, late)
		}
	}
}

func TestTheFirstTroublesOfTheDemoShowWithinAMinute(t *testing.T) {
	plan, seen := Lively(), map[Ail]bool{}
	for _, b := range Roll(200, []string{"b-0001"}) {
		for at := time.Duration(0); at < time.Minute; at += time.Second {
			for _, ail := range plan.At(b, at).Ails {
				seen[ail] = true
			}
		}
	}
	for ail := Outage; ail <= Undone; ail++ {
		if ail != Flapping && !seen[ail] { // a flapping line shows as an outage
			t.Errorf("no box of 200 suffers from ail %d within a minute", ail)
		}
	}
}

func TestAnOutageTakesOneNetworkAndLeavesTheOthers(t *testing.T) {
	plan := Plan{Troubles: []Trouble{{Ail: Outage, Network: "net-b", From: time.Second, For: time.Second}}}
	for _, b := range Roll(60, []string{"b-0001"}) {
		if got, want := plan.At(b, 1500*time.Millisecond).Has(Outage), b.Network == "net-b"; got != want {
			t.Errorf("box %s in %s: cut %t, want %t", b.ID, b.Network, got, want)
		}
		if plan.At(b, 2*time.Second).Has(Outage) || plan.At(b, 0).Has(Outage) {
			t.Errorf("box %s is cut before or after the outage", b.ID)
		}
	}
}

func TestARollIsOfDistinctLawfulBoxesOfEveryTenant(t *testing.T) {
	boxes := Roll(10_000, []string{"b-0001", "b-0002", "b-0003"})
	count, ids := map[string]int{}, []string{}
	for _, b := range boxes {
		if contract.CheckBox(b.ID) != nil || contract.CheckTenant(b.Tenant) != nil {
			t.Fatalf("box %q of tenant %q is not lawful", b.ID, b.Tenant)
		}
		count[b.Tenant]++
		ids = append(ids, b.ID)
	}
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != len(boxes) {
		t.Errorf("%d ids for %d boxes", n, len(boxes))
	}
	if count["b-0001"] != 5000 || count["b-0002"] != 2500 || count["b-0003"] != 2500 {
		t.Errorf("dealt out as %v", count)
	}
}
