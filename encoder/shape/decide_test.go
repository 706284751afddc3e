package shape

import (
	"testing"
	"time"
)

func TestDecisions(t *testing.T) {
	const s = time.Second
	whole := input{now: 20 * s, patience: 5 * s, fits: true, ready: true, startable: true}
	with := func(alter func(*input)) input { in := whole; alter(&in); return in }
	tight := func(in *input) { in.fits = false }
	for name, c := range map[string]struct {
		from state
		in   input
		act  act
		mode mode
	}{
		"room: pass on":             {state{mode: passing}, whole, carryOn, passing},
		"no room: take over":        {state{mode: passing}, with(tight), beginTakeOver, takingOver},
		"no room, not startable":    {state{mode: passing}, with(func(in *input) { tight(in); in.startable = false }), carryOn, passing},
		"no room, not ready":        {state{mode: passing}, with(func(in *input) { tight(in); in.ready = false }), carryOn, passing},
		"no room, tried just now":   {state{mode: passing, retry: 21 * s}, with(tight), carryOn, passing},
		"no room, must pass":        {state{mode: passing}, with(func(in *input) { tight(in); in.law = alwaysPass }), carryOn, passing},
		"room, must transcode":      {state{mode: passing}, with(func(in *input) { in.law = alwaysTranscode }), beginTakeOver, takingOver},
		"key wanted, far off":       {state{mode: passing}, with(func(in *input) { in.keyFar = true }), beginTakeOver, takingOver},
		"take-over goes on":         {state{mode: takingOver, since: 19 * s}, whole, carryOn, takingOver},
		"take-over too long":        {state{mode: takingOver, since: 17 * s}, whole, giveUp, passing},
		"take-over, died":           {state{mode: takingOver, since: 19 * s}, with(func(in *input) { in.ready = false }), giveUp, passing},
		"room, no key unit":         {state{mode: transcoding}, whole, carryOn, transcoding},
		"room at a key unit":        {state{mode: transcoding, tight: 15 * s}, with(func(in *input) { in.key = true }), beginHandBack, handingBack},
		"room too short":            {state{mode: transcoding, tight: 16 * s}, with(func(in *input) { in.key = true }), carryOn, transcoding},
		"taken over just now":       {state{mode: transcoding, since: 16 * s}, with(func(in *input) { in.key = true }), carryOn, transcoding},
		"room, must transcode on":   {state{mode: transcoding}, with(func(in *input) { in.key = true; in.law = alwaysTranscode }), carryOn, transcoding},
		"lost, no key unit":         {state{mode: transcoding, tight: 19 * s}, with(func(in *input) { in.silent = s }), carryOn, transcoding},
		"lost at a key unit":        {state{mode: transcoding, tight: 19 * s}, with(func(in *input) { in.key = true; in.silent = s }), cutToCamera, passing},
		"dead at a key unit":        {state{mode: transcoding, tight: 19 * s}, with(func(in *input) { in.key = true; in.ready = false }), cutToCamera, passing},
		"hand-back waits":           {state{mode: handingBack, since: 19900 * ms}, whole, carryOn, handingBack},
		"hand-back drained":         {state{mode: handingBack, since: 19900 * ms}, with(func(in *input) { in.drained = true }), endHandBack, passing},
		"hand-back waited enough":   {state{mode: handingBack, since: 19600 * ms}, whole, endHandBack, passing},
		"hand-back, no room":        {state{mode: handingBack, since: 19900 * ms}, with(tight), abandonHandBack, transcoding},
		"hand-back, tight but dead": {state{mode: handingBack, since: 19600 * ms}, with(func(in *input) { tight(in); in.ready = false }), endHandBack, passing},
	} {
		if next, act := decide(c.from, c.in); act != c.act || next.mode != c.mode {
			t.Errorf("%s: act %d, mode %d; want %d, %d", name, act, next.mode, c.act, c.mode)
		}
	}
}
