package app

import (
	"runtime/debug"
	"sync"
	"time"

	"studiobox/provisioning/contract"
)

// Built is when the program was made, in RFC 3339; it is set when that is done.
var Built string

// builtAfter is a moment before which this program did not exist: a clock that
// tells an earlier one is wrong.
var builtAfter = builtMoment(Built, debug.ReadBuildInfo)

// builtMoment takes what the build says, or what the version control has said to
// it, or else the year in which this was written.
func builtMoment(built string, info func() (*debug.BuildInfo, bool)) time.Time {
	newest := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	said := []string{built}
	if read, ok := info(); ok {
		for _, setting := range read.Settings {
			if setting.Key == "vcs.time" {
				said = append(said, setting.Value)
			}
		}
	}
	for _, text := range said {
		if at, err := time.Parse(time.RFC3339, text); err == nil && at.After(newest) {
			newest = at
		}
	}
	return newest
}

// trust tells whether somebody who knows the time vouches for the clock. The kernel
// forgets within hours that it was synchronised once the time service is out of
// reach, but the clock goes on: it is trusted for as long as it has not been set
// since.
type trust struct {
	mutex sync.Mutex
	known bool
	ahead time.Duration // of the clock before the time since start, when it was last synchronised
}

// see takes in what kernel and clock say now, so long after the program's start.
func (t *trust) see(synced bool, clock time.Time, since time.Duration) (trusted bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	ahead := time.Duration(clock.UnixNano()) - since
	if synced {
		t.known, t.ahead = true, ahead
	}
	return t.known && (ahead-t.ahead).Abs() < contract.ClockSlack*time.Second
}
