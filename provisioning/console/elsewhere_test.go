package console

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// toldOf is a box's audit of a command.
func toldOf(n uint64, at time.Time, det, by string) book.Event {
	return book.Event{Event: contract.Event{V: 1, Epoch: "e", N: n, TS: at.Unix(), Code: contract.EventCommand, Sev: "info", Det: det, By: by}, At: at}
}

func TestACommandThatNoConsoleGaveIsToldOfByTheBox(t *testing.T) {
	now := time.Now()
	given := func(op contract.Op, ago time.Duration, by ...string) book.Command {
		return book.Command{Op: op, Signers: by, At: now.Add(-ago), Ends: now.Add(-ago + time.Minute)}
	}
	for name, c := range map[string]struct {
		events []book.Event // newest first
		given  []book.Command
		want   string
	}{
		"given here, told twice":      {[]book.Event{toldOf(2, now, "stop done", "anna"), toldOf(1, now, "stop accepted", "anna")}, []book.Command{given(contract.OpStop, 0, "anna")}, ""},
		"not given here":              {[]book.Event{toldOf(2, now, "stop done", "anna"), toldOf(1, now, "stop accepted", "anna")}, nil, "stop done anna;"},
		"begun and not ended":         {[]book.Event{toldOf(1, now, "start accepted", "anna")}, nil, "start accepted anna;"},
		"one here and one elsewhere":  {[]book.Event{toldOf(2, now, "ping done", "anna"), toldOf(1, now, "ping done", "anna")}, []book.Command{given(contract.OpPing, 0, "anna")}, "ping done anna;"},
		"somebody else's":             {[]book.Event{toldOf(1, now, "ping done", "ben")}, []book.Command{given(contract.OpPing, 0, "anna")}, "ping done ben;"},
		"another day's":               {[]book.Event{toldOf(1, now.Add(-24*time.Hour), "ping done", "anna")}, []book.Command{given(contract.OpPing, 0, "anna")}, "ping done anna;"},
		"two signers":                 {[]book.Event{toldOf(1, now, "wipe done", "anna+ben")}, []book.Command{given(contract.OpWipe, 0, "anna", "ben")}, ""},
		"refused":                     {[]book.Event{toldOf(1, now, "start not_permitted", "anna")}, nil, "start not_permitted anna;"},
		"rubbish, told in one":        {[]book.Event{toldOf(1, now, "unknown_key=12", "")}, nil, ""},
		"what is no command":          {[]book.Event{toldOf(1, now, "shell done", "anna")}, nil, ""},
		"a stop again, begun and not": {[]book.Event{toldOf(3, now, "stop accepted", "anna"), toldOf(2, now, "stop done", "anna"), toldOf(1, now, "stop accepted", "anna")}, nil, "stop accepted anna;stop done anna;"},
	} {
		got := ""
		for _, a := range elsewhere(c.events, c.given, ordersShown) {
			got += fmt.Sprintf("%s %s %s;", a.op, a.state, a.by)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTheBoxPageShowsACommandThatWasSentPastTheConsole(t *testing.T) {
	tc := walled(t)
	now := time.Now()
	for n, det := range []string{"stop accepted", "stop done", "start not_permitted"} {
		e := toldOf(uint64(n+10), now, det, "carol").Event
		tc.book.Keep(roster.Update{Tenant: "bank-a", Box: "SB-000001", At: now, Event: &e})
	}
	tc.flush()
	page := tc.ask(vera, ownPage, nil).Body.String()
	_, commands, _ := strings.Cut(page, `<section id="commands"`)
	commands, _, _ = strings.Cut(commands, "</section>")
	for _, want := range []string{"<td>Stop the show</td><td>carol</td>", "done", "The business did not allow a start from afar. Not given here"} {
		if !strings.Contains(commands, want) {
			t.Errorf("the commands do not say %q: %s", want, commands)
		}
	}
	if n := strings.Count(commands, "Stop the show"); n != 1 {
		t.Errorf("one stop shows %d times", n)
	}
}
