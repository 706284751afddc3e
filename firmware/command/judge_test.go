package command

import (
	"slices"
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

// t0 is when every story begins; floor is a time that has surely passed.
var (
	t0    = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	floor = t0.AddDate(0, -6, 0)
)

const thisBox = "b-0412/SB-4F2A91"

// idle is a box that may do everything.
func idle() Situation {
	return Situation{Box: thisBox, ClockFloor: floor, ClockSynced: true, Session: "idle", RemoteStart: true, Looks: []string{"gold", "pearl"}}
}

// good is a command of that kind which an idle box obeys.
func good(op contract.Op) contract.Command {
	c := contract.Command{V: 1, ID: "01KBA6Y3Q0000000000000000A", Box: thisBox, Op: op, Iat: t0.Unix(), Exp: t0.Unix() + 60}
	switch op {
	case contract.OpBurst, contract.OpIdentify:
		c.Arg.Minutes = 5
	case contract.OpLook:
		c.Arg.Look = "pearl"
	}
	return c
}

func TestAnIdleBoxObeysEveryOperation(t *testing.T) {
	for _, op := range contract.Ops() {
		if why := Judge(t0, good(op), false, idle()); why != "" {
			t.Errorf("%s: %s", op, why)
		}
	}
}

func TestEachReasonNotToObeyHasItsOwnName(t *testing.T) {
	for name, c := range map[string]struct {
		op    contract.Op
		alter func(c *contract.Command, now *time.Time, taken *bool, s *Situation)
		want  contract.Refusal
	}{
		"another box":                           {contract.OpStop, func(c *contract.Command, _ *time.Time, _ *bool, _ *Situation) { c.Box = "b-0412/SB-4F2A92" }, contract.RefusedBox},
		"another tenant's box of the same name": {contract.OpStop, func(c *contract.Command, _ *time.Time, _ *bool, _ *Situation) { c.Box = "b-0413/SB-4F2A91" }, contract.RefusedBox},
		"the last second is over":               {contract.OpStop, func(c *contract.Command, now *time.Time, _ *bool, _ *Situation) { *now = time.Unix(c.Exp, 0) }, contract.RefusedExpired},
		"it comes from the future":              {contract.OpPing, func(_ *contract.Command, now *time.Time, _ *bool, _ *Situation) { *now = t0.Add(-301 * time.Second) }, contract.RefusedEarly},
		"nobody vouches for the clock":          {contract.OpStart, func(_ *contract.Command, _ *time.Time, _ *bool, s *Situation) { s.ClockSynced = false }, contract.RefusedUnverified},
		"the clock is behind what was signed": {contract.OpPing, func(_ *contract.Command, now *time.Time, _ *bool, s *Situation) {
			*now, s.ClockSynced, s.ClockFloor = t0.Add(-time.Hour), false, t0.Add(-time.Minute)
		}, contract.RefusedUnverified},
		"it ended before a moment that has passed": {contract.OpPing, func(c *contract.Command, now *time.Time, _ *bool, s *Situation) {
			*now, s.ClockSynced, s.ClockFloor = t0, false, time.Unix(c.Exp, 0)
		}, contract.RefusedExpired},
		"nobody knows what was obeyed before": {contract.OpPing, func(_ *contract.Command, _ *time.Time, _ *bool, s *Situation) { s.Blind = true }, contract.RefusedUnverified},
		"it would be valid for days": {contract.OpStop, func(c *contract.Command, _ *time.Time, _ *bool, _ *Situation) {
			c.Exp = c.Iat + contract.LongestValid + 1
		}, contract.RefusedValidity},
		"it ends before it begins":  {contract.OpStop, func(c *contract.Command, _ *time.Time, _ *bool, _ *Situation) { c.Iat = c.Exp }, contract.RefusedValidity},
		"it was taken":              {contract.OpStop, func(_ *contract.Command, _ *time.Time, taken *bool, _ *Situation) { *taken = true }, contract.RefusedReplay},
		"nobody knows it":           {contract.OpStop, func(c *contract.Command, _ *time.Time, _ *bool, _ *Situation) { c.Op = "spin" }, contract.RefusedOp},
		"an argument too many":      {contract.OpStop, func(c *contract.Command, _ *time.Time, _ *bool, _ *Situation) { c.Arg.Minutes = 5 }, contract.RefusedArg},
		"no minutes":                {contract.OpBurst, func(c *contract.Command, _ *time.Time, _ *bool, _ *Situation) { c.Arg.Minutes = 0 }, contract.RefusedArg},
		"too many minutes":          {contract.OpIdentify, func(c *contract.Command, _ *time.Time, _ *bool, _ *Situation) { c.Arg.Minutes = 61 }, contract.RefusedArg},
		"a look that is not there":  {contract.OpLook, func(c *contract.Command, _ *time.Time, _ *bool, _ *Situation) { c.Arg.Look = "ruby" }, contract.RefusedArg},
		"a look without lamps":      {contract.OpLook, func(_ *contract.Command, _ *time.Time, _ *bool, s *Situation) { s.Looks = nil }, contract.RefusedMissing},
		"the business said no":      {contract.OpStart, func(_ *contract.Command, _ *time.Time, _ *bool, s *Situation) { s.RemoteStart = false }, contract.RefusedForbidden},
		"a show runs already":       {contract.OpStart, func(_ *contract.Command, _ *time.Time, _ *bool, s *Situation) { s.Session = "live" }, contract.RefusedOnAir},
		"a finger is on the button": {contract.OpStart, func(_ *contract.Command, _ *time.Time, _ *bool, s *Situation) { s.Session = "checking" }, contract.RefusedState},
		"there is no session yet":   {contract.OpRestart, func(_ *contract.Command, _ *time.Time, _ *bool, s *Situation) { s.Session = "" }, contract.RefusedState},
		"the clock stands at 1970":  {contract.OpPing, func(_ *contract.Command, now *time.Time, _ *bool, _ *Situation) { *now = time.Unix(0, 0) }, contract.RefusedUnverified},
	} {
		command, now, taken, s := good(c.op), t0, false, idle()
		c.alter(&command, &now, &taken, &s)
		if got := Judge(now, command, taken, s); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestNothingThatViewersCouldSeeIsObeyedOnAir(t *testing.T) {
	for _, state := range []string{"starting", "live", "degraded", "reconnecting"} {
		s := idle()
		s.Session = state
		for _, op := range contract.Ops() {
			harmless := slices.Contains([]contract.Op{contract.OpPing, contract.OpBurst, contract.OpStop}, op)
			want := contract.RefusedOnAir
			if harmless {
				want = ""
			}
			if got := Judge(t0, good(op), false, s); got != want {
				t.Errorf("%s while %s: %q, want %q", op, state, got, want)
			}
		}
	}
}

func TestAStopIsAllowedInEveryStateAndOnAnyClock(t *testing.T) {
	for _, state := range []string{"", "idle", "checking", "countdown", "starting", "live", "degraded", "reconnecting", "stopping", "fault"} {
		for _, now := range []time.Time{t0, time.Unix(0, 0), t0.Add(-6 * time.Minute), t0.Add(time.Hour), t0.AddDate(5, 0, 0)} {
			s := Situation{Box: thisBox, ClockFloor: floor, Session: state, Blind: true}
			if got := Judge(now, good(contract.OpStop), false, s); got != "" {
				t.Errorf("%q at %s: %q", state, now, got)
			}
		}
		slow := Situation{Box: thisBox, ClockFloor: floor, ClockSynced: true, Session: state}
		if got := Judge(t0.Add(-6*time.Minute), good(contract.OpStop), false, slow); got != "" {
			t.Errorf("%q on a clock that is slow: %q", state, got)
		}
	}
}

func TestOnAClockThatNobodyHasSetNothingThatCouldDoHarmIsObeyed(t *testing.T) {
	s := idle()
	s.ClockSynced = false
	for _, op := range contract.Ops() {
		class, _ := contract.ClassOf(op)
		want := contract.RefusedUnverified
		if class == contract.ClassLook || class == contract.ClassSoft || op == contract.OpStop {
			want = ""
		}
		if got := Judge(t0, good(op), false, s); got != want {
			t.Errorf("%s: %q, want %q", op, got, want)
		}
	}
}

func TestAClockMayBeOffByFiveMinutes(t *testing.T) {
	if got := Judge(t0.Add(-contract.ClockSlack*time.Second), good(contract.OpPing), false, idle()); got != "" {
		t.Error(got)
	}
}

// FuzzJudge holds the verdict to what must be true whatever is asked.
func FuzzJudge(f *testing.F) {
	for _, op := range contract.Ops() {
		c := good(op)
		f.Add(c.Box, string(c.Op), c.Arg.Minutes, c.Arg.Look, c.Iat, c.Exp, t0.Unix(), false, "live", true, true)
	}
	f.Fuzz(func(t *testing.T, box, op string, minutes int, look string, iat, exp, now int64, taken bool, session string, remote, synced bool) {
		c := contract.Command{Box: box, Op: contract.Op(op), Arg: contract.Arg{Minutes: minutes, Look: look}, Iat: iat, Exp: exp}
		s := idle()
		s.Session, s.RemoteStart, s.ClockSynced = session, remote, synced
		if Judge(time.Unix(now, 0), c, taken, s) != "" {
			return
		}
		class, known := contract.ClassOf(c.Op)
		switch {
		case box != thisBox, taken, !known:
			t.Errorf("obeyed: %+v, taken %t", c, taken)
		case c.Op != contract.OpStop && (exp <= now || iat > now+contract.ClockSlack || exp-iat > contract.LongestValid):
			t.Errorf("obeyed at %d: %+v", now, c)
		case !synced && c.Op != contract.OpStop && class != contract.ClassLook && class != contract.ClassSoft:
			t.Errorf("obeyed on a clock that nobody has set: %+v", c)
		case c.Op == contract.OpStart && !remote:
			t.Error("started without leave")
		case session == "live" && !slices.Contains([]contract.Op{contract.OpPing, contract.OpBurst, contract.OpStop}, c.Op):
			t.Errorf("obeyed on air: %+v", c)
		}
	})
}
