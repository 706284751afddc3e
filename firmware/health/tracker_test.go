package health

import (
	"slices"
	"sync"
	"testing"
	"time"

	"studiobox/provisioning/contract/condition"
)

// t0 is when every story begins.
var t0 = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// tracked is a small table: a root, its child and grandchild, and two loners.
func tracked() *Tracker {
	return NewTracker([]Definition{
		{Code: "root", Severity: Fault, Patience: 2 * time.Second},
		{Code: "child", Severity: Fault, DependsOn: []string{"root"}},
		{Code: "grandchild", Severity: Warn, DependsOn: []string{"root", "child"}},
		{Code: "warning", Severity: Warn},
		{Code: "note", Severity: Info},
	})
}

// codes lists what shows after so many seconds.
func codes(tr *Tracker, seconds float64) []string {
	var list []string
	for _, c := range tr.Active(at(seconds)) {
		list = append(list, c.Code)
	}
	return list
}

func at(seconds float64) time.Time { return t0.Add(time.Duration(seconds * float64(time.Second))) }

func expect(t *testing.T, tr *Tracker, seconds float64, want ...string) {
	t.Helper()
	if got := codes(tr, seconds); !slices.Equal(got, want) {
		t.Errorf("at %v s: %v, want %v", seconds, got, want)
	}
}

func TestAConditionShowsOnlyAfterItsPatience(t *testing.T) {
	tr := tracked()
	tr.Report("root", true, "", at(0))
	expect(t, tr, 1.9)
	expect(t, tr, 2, "root")
	tr.Report("root", false, "", at(3))
	expect(t, tr, 3)
}

func TestABreakBeginsThePatienceAnew(t *testing.T) {
	tr := tracked()
	for s := range 10 {
		tr.Report("root", s%2 == 0, "", at(float64(s)))
		expect(t, tr, float64(s)+0.9)
	}
}

func TestSayingItAgainKeepsTheBeginningAndTheNewestDetail(t *testing.T) {
	tr := tracked()
	tr.Report("root", true, "first", at(0))
	tr.Report("root", true, "second", at(5))
	want := Condition{Code: "root", Severity: Fault, Since: at(0), Detail: "second"}
	if got := tr.Active(at(5)); len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestADeadRootHidesItsChildren(t *testing.T) {
	tr := tracked()
	tr.Report("child", true, "", at(0))
	tr.Report("grandchild", true, "", at(0))
	expect(t, tr, 0, "child")
	tr.Report("root", true, "", at(1))
	expect(t, tr, 1.5) // the cause is known, its patience still runs
	expect(t, tr, 3, "root")
	tr.Report("root", false, "", at(4))
	expect(t, tr, 4, "child")
	tr.Report("child", false, "", at(5))
	expect(t, tr, 5, "grandchild")
}

func TestTheWorstComesFirstAndThenTheOldest(t *testing.T) {
	tr := tracked()
	tr.Report("note", true, "", at(0))
	tr.Report("warning", true, "", at(1))
	tr.Report("z", true, "", at(2)) // not in the table: a fault
	tr.Report("b", true, "", at(3))
	tr.Report("a", true, "", at(3))
	tr.Report("root", true, "", at(2.5))
	expect(t, tr, 9, "z", "root", "a", "b", "warning", "note")
}

func TestAHealthyBoxListsNothingRatherThanNull(t *testing.T) {
	tr := tracked()
	tr.Report("root", false, "", at(0))
	if got := tr.Active(at(1)); got == nil || len(got) != 0 {
		t.Errorf("got %#v, want an empty list", got)
	}
}

func TestReportsFromManyGoroutinesAreAllowed(t *testing.T) {
	tr := tracked()
	var reporters sync.WaitGroup
	for i := range 8 {
		reporters.Go(func() {
			for s := range 100 {
				tr.Report("root", (s+i)%3 == 0, "", at(float64(s)))
				tr.Active(at(float64(s)))
			}
		})
	}
	reporters.Wait()
}

func TestTheTableOfConditionsIsSound(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range Definitions() {
		if seen[d.Code] {
			t.Errorf("%s is defined twice", d.Code)
		}
		for _, cause := range d.DependsOn {
			if !seen[cause] {
				t.Errorf("%s depends on %s, which is not defined above it", d.Code, cause)
			}
		}
		seen[d.Code] = true
		if !slices.Contains([]string{Info, Warn, Fault}, d.Severity) {
			t.Errorf("%s has severity %q", d.Code, d.Severity)
		}
		if d.Patience < 0 || d.Patience > 5*time.Minute {
			t.Errorf("%s has patience %s", d.Code, d.Patience)
		}
	}
}

func TestTheBoxAndTheContractKnowTheSameConditions(t *testing.T) {
	var own, theirs []string
	for _, d := range Definitions() {
		own = append(own, d.Code)
	}
	for _, d := range condition.All() {
		if !d.Console {
			theirs = append(theirs, d.Code)
		}
	}
	slices.Sort(own)
	slices.Sort(theirs)
	if !slices.Equal(own, theirs) {
		t.Errorf("box %v\ncontract %v", own, theirs)
	}
}

// red reports all of these, and returns what shows ten minutes later.
func red(codes ...string) []string {
	tr := NewTracker(Definitions())
	for _, code := range codes {
		tr.Report(code, true, "", at(0))
	}
	var shown []string
	for _, c := range tr.Active(at(600)) {
		shown = append(shown, c.Code)
	}
	return shown
}

func TestOneCauseIsOneCondition(t *testing.T) {
	for cause, effects := range map[string][]string{
		UplinkDown:    {UplinkDead, IngestSlow, RateFloor, MQTTDown, EventsFolded},
		IngestRefused: {UplinkDown, UplinkDead, IngestSlow, RateFloor},
		CameraLost:    {CameraNoAudio, ColourDrift},
		CameraRefused: {CameraLost, CameraNoAudio, ColourDrift},
		ClockWrong:    {IngestRefused, UplinkDown, UplinkDead, IngestSlow, RateFloor, MQTTRefused, MQTTDown, EventsFolded},
		IdentityClash: {MQTTRefused, MQTTDown, EventsFolded},
		TooHot:        {Throttled},
		DiskLow:       {SpoolBroken, EventsFolded},
	} {
		if got := red(append(effects, cause)...); !slices.Equal(got, []string{cause}) {
			t.Errorf("%s shows as %v", cause, got)
		}
	}
}

func TestWithEverythingRedOnlyRootsShow(t *testing.T) {
	var all []string
	depends := map[string][]string{}
	for _, d := range Definitions() {
		all = append(all, d.Code)
		depends[d.Code] = d.DependsOn
	}
	got := red(all...)
	t.Logf("%d of %d: %v", len(got), len(all), got)
	if len(got) > len(all)/2 {
		t.Errorf("%d of %d conditions show: %v", len(got), len(all), got)
	}
	for _, code := range got {
		if len(depends[code]) > 0 {
			t.Errorf("%s shows beside %v", code, depends[code])
		}
	}
}
