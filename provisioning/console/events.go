package console

import (
	"strings"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/condition"
)

// eventView is one line of a box's events, or of events that are missing.
type eventView struct {
	Gap                             string // nothing else is set then
	Tone, Letter, Title, Detail, By string
	At                              time.Time
}

// counted names one event of a box's counts.
type counted struct {
	epoch string
	n     uint64
}

// viewEvents writes events, newest first, with a line where some are missing.
func viewEvents(say words.Speaker, events []book.Event, gaps []book.Gap) []eventView {
	missing := map[counted]uint64{} // before the event that follows the gap
	for _, gap := range gaps {
		missing[counted{gap.Epoch, gap.Last + 1}] = gap.Last - gap.First + 1
	}
	var lines []eventView
	for _, e := range events {
		lines = append(lines, viewEvent(say, e))
		switch n := missing[counted{e.Epoch, firstOf(e)}]; {
		case n == 1:
			lines = append(lines, eventView{Gap: say.Say("event.gap.one")})
		case n > 1:
			lines = append(lines, eventView{Gap: say.Say("event.gap", "n", say.Number(int(n)))})
		}
	}
	return lines
}

// firstOf is the first count that an event stands for.
func firstOf(e book.Event) uint64 {
	if e.Folded != nil {
		return e.Folded[0]
	}
	return e.N
}

// happened is when an event was, by the box's clock; and when it came, where
// that clock cannot be right.
func happened(e book.Event) time.Time {
	at := time.Unix(e.TS, 0)
	if e.TS <= 0 || at.After(e.At.Add(contract.ClockSlack*time.Second)) || e.At.Sub(at) > 30*24*time.Hour {
		return e.At
	}
	return at
}

func viewEvent(say words.Speaker, e book.Event) eventView {
	line := eventView{Tone: toneOf(e.Sev), Title: eventTitle(say, e.Code), Detail: eventDetail(say, e), By: e.By, At: happened(e)}
	if e.Clr == 1 {
		line.Tone, line.Title = "well", say.Say("event.cleared", "what", line.Title)
	}
	if e.Folded != nil {
		line.Title = say.Say("event.folded", "n", say.Number(int(e.Folded[1]-e.Folded[0]+1)))
	}
	line.Letter = say.Say("tone." + line.Tone)
	return line
}

// eventTitle is an event's or a condition's words.
func eventTitle(say words.Speaker, code string) string {
	if title := say.Code("event", code); title != code {
		return title
	}
	return tell(code, say).Title
}

// eventDetail writes the details that are codes in words: an audited command's
// operation and outcome.
func eventDetail(say words.Speaker, e book.Event) string {
	if e.Code != contract.EventCommand {
		return e.Det
	}
	fields := strings.Fields(e.Det)
	for i, field := range fields {
		for _, prefix := range []string{"op", "cmd", "refusal"} {
			if text := say.Code(prefix, field); text != field {
				fields[i] = strings.TrimRight(text, ".。")
				break
			}
		}
	}
	return strings.Join(fields, " · ")
}

// severityOf is the severity of a cause; one without words is a warning.
func severityOf(code string) string {
	if d, ok := condition.Of(code); ok {
		return d.Severity
	}
	return contract.SeverityWarn
}
