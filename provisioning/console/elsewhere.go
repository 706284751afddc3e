package console

import (
	"slices"
	"strings"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/contract"
)

// audited is a command as the box itself told of it.
type audited struct {
	op, by, state, detail string
	at                    time.Time
}

// elsewhere are the commands that a box tells of and that no console gave: those
// of `studiofleet sign --send`, or of whoever else has a key and the broker. The
// box's audit does not tell a command's id. So each command that was given here
// accounts for one that the box tells of, of the same operation and signers and
// from its time; what is left was given elsewhere. Newest first; given are the
// newest commands, newest first, at most as many as limit.
func elsewhere(events []book.Event, given []book.Command, limit int) []audited {
	told := audits(events)
	for _, c := range given {
		by := strings.Join(c.Signers, "+")
		i := slices.IndexFunc(told, func(a audited) bool {
			return a.op == string(c.Op) && strings.EqualFold(a.by, cut(by)) && within(a.at, c)
		})
		if i >= 0 {
			told = slices.Delete(told, i, i+1)
		}
	}
	if len(given) >= limit { // of what is older it cannot be said
		oldest := given[len(given)-1].At
		told = slices.DeleteFunc(told, func(a audited) bool { return !a.at.After(oldest) })
	}
	return told
}

// cut is a text as an audit event carries it.
func cut(by string) string { return by[:min(len(by), 60)] }

// within tells whether a box can have told of a command at a time, by a clock
// that may differ from ours.
func within(at time.Time, c book.Command) bool {
	const slack = contract.ClockSlack * time.Second
	return at.After(c.At.Add(-slack)) && at.Before(c.Ends.Add(slack))
}

// audits are the commands that a box tells of, newest first. Of one that it tells
// of twice, as it begins and as it ends, the end is kept.
func audits(events []book.Event) []audited {
	var told []audited
	ended := map[string]int{} // ends whose beginning has not come yet, by operation and signers
	for _, e := range events {
		op, rest, _ := strings.Cut(e.Det, " ")
		state, detail, _ := strings.Cut(rest, " ")
		_, known := contract.ClassOf(contract.Op(op))
		if e.Code != contract.EventCommand || e.By == "" || !known {
			continue // of rubbish that nobody known signed, many at a time
		}
		key := op + " " + e.By
		switch {
		case state == contract.AckAccepted && ended[key] > 0:
			ended[key]--
			continue
		case state == contract.AckDone, state == contract.AckFailed:
			if twice(contract.Op(op)) {
				ended[key]++
			}
		}
		told = append(told, audited{op, e.By, state, detail, happened(e)})
	}
	return told
}

// twice tells which operations a box answers as they begin, too.
func twice(op contract.Op) bool {
	class, _ := contract.ClassOf(op)
	return class == contract.ClassStream || class == contract.ClassSystem || class == contract.ClassDanger
}

func viewElsewhere(say words.Speaker, a audited) givenView {
	view := givenView{
		Name: say.Code("op", a.op), By: strings.ReplaceAll(a.by, "+", ", "), At: a.at,
		State: say.Code("cmd", a.state), Tone: toneOfStage(a.state), Why: say.Say("cmd.elsewhere"),
	}
	if why := refusal(say, contract.Refusal(a.state)); why != a.state { // a refusal is told by its reason
		view.State, view.Tone, view.Why = say.Code("cmd", contract.AckRefused), toneOfStage(contract.AckRefused), why+" "+view.Why
	}
	return view
}
