package app

import (
	"runtime/debug"
	"testing"
	"time"
)

func TestTheClockIsTrustedUntilSomebodySetsIt(t *testing.T) {
	begun := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	var clock trust
	for _, step := range []struct {
		what   string
		synced bool
		after  time.Duration // of the program's start
		set    time.Duration // by which the clock has been set ahead meanwhile
		want   bool
	}{
		{"never synchronised", false, time.Minute, 0, false},
		{"synchronised", true, 2 * time.Minute, 0, true},
		{"the time service is out of reach for a day", false, 24 * time.Hour, 0, true},
		{"somebody set it an hour ahead", false, 25 * time.Hour, time.Hour, false},
		{"somebody set it an hour back", false, 25 * time.Hour, -time.Hour, false},
		{"it is synchronised again", true, 26 * time.Hour, time.Hour, true},
		{"and goes on", false, 27 * time.Hour, time.Hour, true},
	} {
		if got := clock.see(step.synced, begun.Add(step.after+step.set), step.after); got != step.want {
			t.Errorf("%s: trusted %t", step.what, got)
		}
	}
}

func TestAProgramKnowsWhenItWasBuilt(t *testing.T) {
	const year = "2026-01-01T00:00:00Z"
	info := func(at string) func() (*debug.BuildInfo, bool) {
		return func() (*debug.BuildInfo, bool) {
			return &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.time", Value: at}}}, at != ""
		}
	}
	for _, c := range []struct{ built, vcs, want string }{
		{"", "", year},
		{"2027-02-03T04:05:06Z", "", "2027-02-03T04:05:06Z"},
		{"", "2027-02-03T04:05:06Z", "2027-02-03T04:05:06Z"},
		{"1999-01-01T00:00:00Z", "yesterday", year},
	} {
		if got := builtMoment(c.built, info(c.vcs)).Format(time.RFC3339); got != c.want {
			t.Errorf("%q, %q: %s", c.built, c.vcs, got)
		}
	}
}
