package roster

import (
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

// at is an instant of the tests, so many seconds after their beginning.
func at(seconds float64) time.Time {
	return time.Unix(1_800_000_000, 0).UTC().Add(time.Duration(seconds * float64(time.Second)))
}

func birth(boot, st string) contract.State {
	return contract.State{V: contract.Version, On: 1, St: st, Boot: boot}
}

func TestASessionEndsOnlyByItsOwnEnd(t *testing.T) {
	shutdown := contract.State{V: contract.Version, St: contract.StShutdown, Boot: "one"}
	for name, tc := range map[string]struct {
		heard []contract.State
		over  bool
	}{
		"nothing heard":                         {nil, true},
		"a birth":                               {[]contract.State{birth("one", "idle")}, false},
		"a birth and its will":                  {[]contract.State{birth("one", "idle"), contract.Will("one")}, true},
		"a birth and its goodbye":               {[]contract.State{birth("one", "idle"), shutdown}, true},
		"the late will of the session before":   {[]contract.State{birth("one", "idle"), birth("two", "idle"), contract.Will("one")}, false},
		"a will and a new session":              {[]contract.State{birth("one", "idle"), contract.Will("one"), birth("two", "idle")}, false},
		"a will of which the birth was missed":  {[]contract.State{contract.Will("one")}, true},
		"a will that came before its own birth": {[]contract.State{birth("one", "idle"), contract.Will("two"), birth("two", "idle")}, true},
		"a late will after the real end":        {[]contract.State{birth("two", "idle"), contract.Will("two"), contract.Will("one")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var p presence
			for i, s := range tc.heard {
				p, _ = p.hear(s, at(float64(i)))
			}
			if p.over() != tc.over {
				t.Errorf("over = %t, want %t: %+v", p.over(), tc.over, p)
			}
		})
	}
}

func TestAStateThatIsRepeatedKeepsItsTime(t *testing.T) {
	p, _ := presence{}.hear(birth("one", "idle"), at(0))
	p, _ = p.hear(birth("one", "idle"), at(900))
	if !p.birth.Since.Equal(at(0)) || !p.birth.At.Equal(at(900)) {
		t.Errorf("since %v, at %v", p.birth.Since, p.birth.At)
	}
	if p, _ = p.hear(birth("one", "live"), at(901)); !p.birth.Since.Equal(at(901)) {
		t.Errorf("a new state began at %v", p.birth.Since)
	}
}

func TestOnlyALostConnectionCountsAsALoss(t *testing.T) {
	on, _ := presence{}.hear(birth("one", "idle"), at(0))
	for name, tc := range map[string]struct {
		next contract.State
		lost bool
	}{
		"its will":                {contract.Will("one"), true},
		"its goodbye":             {contract.State{V: 1, St: contract.StShutdown, Boot: "one"}, false},
		"another's will":          {contract.Will("zero"), false},
		"a session on top of it":  {birth("two", "idle"), true},
		"its own state, repeated": {birth("one", "live"), false},
	} {
		after, _ := on.hear(tc.next, at(1))
		if on.lostTo(after) != tc.lost {
			t.Errorf("%s: lost = %t", name, !tc.lost)
		}
	}
}

func TestGapsOfTheCountAreLosses(t *testing.T) {
	for _, tc := range []struct{ last, n, want uint64 }{
		{7, 8, 0},
		{7, 10, 2},
		{7, 7, 0},
		{8812, 1, 0},                // a new run
		{8812, 3, 2},                // a new run whose first two were lost
		{9_999_999_999, 0, 0},       // the count passed its end
		{9_999_999_998, 1, 2},       // the same with a loss
		{7, 5_000_000_000, 0},       // not to be believed
		{5_000_000_000, 200_000, 0}, // the same
	} {
		if got := missed(tc.last, tc.n); got != tc.want {
			t.Errorf("%d to %d: %d missed, want %d", tc.last, tc.n, got, tc.want)
		}
	}
}

func TestLossesAreForgottenAfterAnHour(t *testing.T) {
	var l losses
	for i := range 6 {
		l.add(at(float64(i * 600)))
	}
	if n := l.within(at(3000)); n != 4 {
		t.Errorf("%d losses, want 4 (no more are kept)", n)
	}
	if n := l.within(at(3600 + 2400)); n != 1 {
		t.Errorf("%d losses an hour after the last but one, want 1", n)
	}
	if !l.calm().Equal(at(1200 + 3600)) {
		t.Errorf("calm at %v", l.calm())
	}
}
