package session

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"studiobox/drivers/indicator"
)

// everyEvent holds each kind from each source, with plausible and with wild
// fields, unknown kinds and sources among them.
func everyEvent(s State) (all []Event) {
	for kind := range Kind(kinds + 2) {
		for source := range Source(sources + 2) {
			for _, attempt := range []uint32{s.Attempt, s.Attempt - 1, 1 << 31} {
				for _, at := range []time.Duration{-time.Hour, 0, s.Now, s.Now + tick, s.Now + time.Hour} {
					all = append(all,
						Event{Kind: kind, Source: source, Attempt: attempt, At: at},
						Event{Kind: kind, Source: source, Attempt: attempt, At: at, Allowed: true, Reason: "x",
							Failed: []string{"disk"}, Facts: Facts{LastAck: at, Connected: true, LineOK: true, Trouble: "y"}})
				}
			}
		}
	}
	return all
}

func TestEveryPhaseMeetsEveryEventAndStaysHonest(t *testing.T) {
	pairs := 0
	for phase := range phases {
		for _, cfg := range []Config{{}, {RemoteStart: true, ActOnRelease: true, Countdown: time.Second, GiveUp: time.Minute}} {
			if cfg.ActOnRelease && phase != Idle {
				continue // the short ways of the harness need a plain button
			}
			s := to(t, phase, cfg).s
			for _, e := range everyEvent(s) {
				after, actions := Step(s, e)
				if again, twice := Step(s, e); again != after || !slices.Equal(twice, actions) {
					t.Fatalf("%v with %+v gives two answers", phase, e)
				}
				checkHonest(t, s, e, after, actions)
				pairs++
			}
		}
	}
	t.Logf("%d pairs", pairs)
}

// checkHonest holds for every step from every state.
func checkHonest(t *testing.T, before State, e Event, after State, actions []Action) {
	t.Helper()
	count := func(do Do) (n int) {
		for _, a := range actions {
			if a.Do == do {
				n++
			}
		}
		return n
	}
	wasOut, isOut := out(before), out(after)
	starts, stops := count(StartPublishing), count(StopPublishing)
	red := Lamp(after) == "on_air" || Lamp(after) == "degraded"
	age := after.Now - after.Facts.LastAck
	switch {
	case after.Phase >= phases:
		t.Fatalf("%v with %+v leads to no phase", before.Phase, e)
	case after.Now < before.Now || after.Since > after.Now:
		t.Fatalf("%v with %+v: time runs backwards", before.Phase, e)
	case red && (after.Facts.LastAck <= 0 || age > OnAirFor || age < 0 || !after.Facts.Connected):
		t.Fatalf("%v with %+v: lamp is red, %+v at %v", before.Phase, e, after.Facts, after.Now)
	case red != after.OnAir():
		t.Fatalf("%v with %+v: lamp %s, on air %v", before.Phase, e, Lamp(after), after.OnAir())
	case after.Phase == Stopping && after.Now-after.Since >= StopWithin:
		t.Fatalf("%v with %+v: stopping lasts %v", before.Phase, e, after.Now-after.Since)
	case (after.Phase == Faulted) && after.Why == "":
		t.Fatalf("%v with %+v: a fault without a reason", before.Phase, e)
	case wasOut == isOut && starts != stops, !wasOut && isOut && starts != stops+1, wasOut && !isOut && stops != starts+1:
		t.Fatalf("%v with %+v: %v -> %v by %v", before.Phase, e, before.Phase, after.Phase, actions)
	case starts > 0 && (before.Ending || after.checks != gatePassed || !after.holdDone):
		t.Fatalf("%v with %+v: started without leave", before.Phase, e)
	case after.Hold() < 0 || after.Hold() > 1:
		t.Fatalf("hold is %v", after.Hold())
	}
	for _, a := range actions {
		// The record of an attempt that ends in the step in which the next begins is its own.
		own := a.Attempt == after.Attempt || a.Do == Audit && a.Attempt == before.Attempt
		if !own || a.Do >= dos || (a.Do == Audit) == (a.Code == "") {
			t.Fatalf("%v with %+v: order %+v", before.Phase, e, a)
		}
	}
}

// out is true while StartPublishing was ordered and StopPublishing was not.
func out(s State) bool { return s.Phase >= Starting && s.Phase <= Reconnecting }

func TestAPairThatMeansNothingChangesNothing(t *testing.T) {
	idle := []Event{
		{Kind: Up}, {Kind: Recovered}, {Kind: Stop, Source: MQTT}, {Kind: Stopped}, {Kind: Failed},
		{Kind: ChecksDone}, {Kind: Permit, Source: MQTT, Allowed: true}, {Kind: kinds}, {Kind: 255},
		{Kind: Down, Source: MQTT}, {Kind: Start, Source: 99},
	}
	live := append(idle[1:2:2], Event{Kind: Start, Source: Panel}, Event{Kind: Stopped, Attempt: 1},
		Event{Kind: Failed, Attempt: 1}, Event{Kind: ChecksDone, Attempt: 1, Failed: []string{"disk"}}, Event{Kind: kinds})
	for phase, events := range map[Phase][]Event{Idle: idle, Live: live} {
		s := to(t, phase, Config{}).s
		if phase == Live {
			s.Config.RemoteStart = true
		}
		for _, e := range events {
			e.At = s.Now
			after, actions := Step(s, e)
			after.presses = s.presses // a release is known, and changes nothing else
			if after != s || len(actions) != 0 {
				t.Errorf("%v with %+v: %+v, %v", phase, e, after, actions)
			}
		}
	}
}

func TestEveryLampIsAPatternThatTheIndicatorKnows(t *testing.T) {
	onAir := map[string]bool{}
	known := map[string]bool{}
	for _, p := range indicator.Patterns() {
		known[p.Name], onAir[p.Name] = true, p.OnAir
	}
	for phase := range phases + 1 {
		s := State{Phase: phase, Now: time.Minute, Facts: Facts{LastAck: time.Minute}}
		if name := Lamp(s); !known[name] || onAir[name] != s.OnAir() {
			t.Errorf("%v: pattern %q", phase, name)
		}
		s.Now += OnAirFor + 1
		if name := Lamp(s); !known[name] || onAir[name] {
			t.Errorf("%v without acknowledgement: pattern %q", phase, name)
		}
	}
}

func TestNamesAreWholeAndUnique(t *testing.T) {
	var names []string
	for p := range phases + 1 {
		names = append(names, "phase "+p.String())
	}
	for k := range kinds + 1 {
		names = append(names, "kind "+k.String())
	}
	for s := range sources + 1 {
		names = append(names, "source "+s.String())
	}
	for d := range dos + 1 {
		names = append(names, "do "+d.String())
	}
	slices.Sort(names)
	if n := len(slices.Compact(slices.Clone(names))); n != len(names) {
		t.Errorf("%d of %d names are different: %v", n, len(names), names)
	}
}

// FuzzSteps reads events from bytes: kind, source, a step of time, flags.
func FuzzSteps(f *testing.F) {
	f.Add([]byte{2, 0, 50, 0, 1, 0, 50, 0, 8, 0, 1, 0, 0, 0, 250, 7, 0, 0, 250, 7, 0, 0, 250, 7, 0, 0, 250, 7, 0, 0, 250, 15, 11, 0, 9, 0})
	f.Add([]byte{11, 1, 1, 1, 6, 2, 1, 0, 8, 0, 1, 0, 0, 0, 50, 15, 0, 0, 250, 0, 7, 2, 1, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		s := New(Config{RemoteStart: len(script)%2 == 0, ActOnRelease: len(script)%3 == 0, GiveUp: time.Minute})
		for len(script) >= 4 {
			e := eventFrom(s, script[:4])
			script = script[4:]
			after, actions := Step(s, e)
			checkHonest(t, s, e, after, actions)
			s = after
		}
	})
}

func eventFrom(s State, b []byte) Event {
	bits := binary.LittleEndian.Uint16(b[2:])
	flags := b[3]
	e := Event{
		Kind: Kind(b[0]), Source: Source(b[1]), At: s.Now + time.Duration(b[2])*ms,
		Attempt: s.Attempt, Allowed: flags&1 != 0, Reason: "code",
		Facts: Facts{Connected: flags&1 != 0, LineOK: flags&2 != 0},
	}
	if flags&4 != 0 {
		e.Facts.LastAck = e.At
	}
	if flags&16 != 0 {
		e.Facts.Trouble = "trouble"
	}
	if flags&32 != 0 {
		e.Failed = []string{"disk"}
	}
	if flags&64 != 0 {
		e.Attempt--
	}
	if flags&128 != 0 {
		e.At += time.Duration(bits) * ms
	}
	return e
}
