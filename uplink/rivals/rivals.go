// Package rivals holds the rate rules that this project measures itself
// against, written anew from what their authors published.
//
// Each rule gets the signals that our own controller gets, and the same
// encoder, queue and transport; only the decision differs. Where an original
// lives on a signal of its own transport, its file says what stands for it
// here. None of them paces, and none flushes or skips pictures by itself.
package rivals

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"studiobox/uplink/rate"
)

// Rule decides the rate from what the line showed; it is stepped every 50 ms.
type Rule interface {
	Step(rate.Observation) rate.Decision
}

// Settings is what a rule needs around it to be what its authors meant.
type Settings struct {
	// MaxAge is how long the sender keeps a picture that the line does not
	// take; 0 is the publisher's own default.
	MaxAge time.Duration
	// StartKbps is the rate before the first decision.
	StartKbps int
}

// Endless is a queue that drops nothing by age.
const Endless = 24 * time.Hour

// rival is one entry of the list.
type rival struct {
	name   string
	make   func(rate.Limits) Rule
	maxAge time.Duration
	start  func(bounds) int
}

// rivals lists them in the order in which tables show them.
func rivals() []rival {
	return []rival{
		{
			"fixed", func(l rate.Limits) Rule { return NewFixed(l) },
			0, func(b bounds) int { return b.within(fixedKbps) },
		},
		{"obs", func(l rate.Limits) Rule { return NewOBS(l, 0) }, Endless, bounds.ceiling},
		{"larix", func(l rate.Limits) Rule { return NewLarix(l) }, larixMaxAge, bounds.ceiling},
		{"belabox", func(l rate.Limits) Rule { return NewBELABOX(l) }, belaboxMaxAge, bounds.floor},
	}
}

// Names are the rules that ByName knows.
func Names() []string {
	var names []string
	for _, r := range rivals() {
		names = append(names, r.name)
	}
	return names
}

// ByName makes the rule of that name and tells what it needs around it. Limits
// that are out of order are put in order. A rule carries state: make a new one
// for each run.
func ByName(name string, limits rate.Limits) (Rule, Settings, error) {
	all := rivals()
	i := slices.IndexFunc(all, func(r rival) bool { return r.name == name })
	if i < 0 {
		return nil, Settings{}, fmt.Errorf("rival %q: want one of %s", name, strings.Join(Names(), ", "))
	}
	return all[i].make(limits), Settings{MaxAge: all[i].maxAge, StartKbps: all[i].start(newBounds(limits))}, nil
}
