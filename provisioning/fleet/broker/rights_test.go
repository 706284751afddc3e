package broker

import "testing"

func TestAFilterIsCoveredOnlyByOneThatIsAsWide(t *testing.T) {
	for _, tc := range []struct {
		own, asked string
		want       bool
	}{
		{"a/b/c", "a/b/c", true},
		{"a/+/c", "a/b/c", true},
		{"a/+/c", "a/+/c", true},
		{"a/b/c", "a/+/c", false},
		{"a/+/c", "a/#", false},
		{"a/+/c", "#", false},
		{"a/+/+", "a/b/#", false},
		{"a/b/c", "a/b", false},
		{"a/b/c", "a/b/c/d", false},
		{"a/b/+", "a/b/", true}, // MQTT has empty levels; no box has an empty name
		{"a/b/c", "", false},
	} {
		if got := covers(tc.own, tc.asked); got != tc.want {
			t.Errorf("covers(%q, %q) = %t", tc.own, tc.asked, got)
		}
	}
}

func TestASharedSubscriptionIsJudgedByWhatIsShared(t *testing.T) {
	r := rights{read: []string{"studio/v1/+/+/health"}}
	for filter, want := range map[string]bool{
		"$share/console/studio/v1/+/+/health": true,
		"$share/console/studio/v1/+/+/cmd":    false,
		"$share/console/#":                    false,
		"$share/console":                      false,
		"$share/":                             false,
		"$SYS/broker/clients/connected":       false,
	} {
		if got := r.mayRead(filter); got != want {
			t.Errorf("%q: %t, want %t", filter, got, want)
		}
	}
}

func TestARoleThatNobodyKnowsMayDoNothing(t *testing.T) {
	if r := rightsOf("boss"); r.mayRead("studio/v1/b-0001/SIM-00001/health") || r.mayWrite("studio/v1/b-0001/SIM-00001/cmd") {
		t.Errorf("it may: %+v", r)
	}
}
