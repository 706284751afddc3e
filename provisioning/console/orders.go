package console

import (
	"errors"
	"slices"
	"strings"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/console/signin"
	"studiobox/provisioning/contract"
)

// orderClass is the buttons of one class.
type orderClass struct {
	Name   string
	Danger bool
	Ops    []orderButton
}

// orderButton is one command that the visitor may give. The browser builds the
// command from it, and shows Ask before it signs.
type orderButton struct {
	Op                    contract.Op
	Name, Hint, Ask, Note string
	Seconds               int // valid for so long
	Minutes, Look, Danger bool
}

// draftView is a command that waits for its second signature.
type draftView struct {
	ID, Op, Name, Ask, Note, First, Expires, Payload, Why, Href string
	At                                                          time.Time
	MaySign, MayDrop                                            bool
}

// givenView is a command and what came of it.
type givenView struct {
	ID, Name, By, State, Tone, Why string
	At                             time.Time
}

func addressee(b roster.Box) string { return contract.Addressee(b.Tenant, b.ID) }

// leastFor is who may sign commands of a class.
func leastFor(class contract.Class) signin.Role {
	switch class {
	case contract.ClassLook:
		return signin.Viewer
	case contract.ClassDanger:
		return signin.Lead
	}
	return signin.Operator
}

// ValidFor is for how long a command of a class is meant. A stop that arrives
// late would end the next show.
func ValidFor(class contract.Class) time.Duration {
	switch class {
	case contract.ClassStream:
		return 2 * time.Minute
	case contract.ClassDanger:
		return time.Hour // a second person must be found
	}
	return 15 * time.Minute
}

// orderClasses are the buttons for a box that the visitor's role allows.
func orderClasses(v *visit, b roster.Box) []orderClass {
	if b.Status == roster.Quarantined {
		return nil
	}
	var classes []orderClass
	for _, class := range contract.Classes() {
		if !v.user.Role.May(leastFor(class)) {
			continue
		}
		one := orderClass{Name: v.say.Say("class." + string(class)), Danger: class == contract.ClassDanger}
		for _, op := range contract.Ops() {
			if c, _ := contract.ClassOf(op); c == class {
				one.Ops = append(one.Ops, newButton(v.say, b, op, class))
			}
		}
		classes = append(classes, one)
	}
	return classes
}

func newButton(say words.Speaker, b roster.Box, op contract.Op, class contract.Class) orderButton {
	note := "ask.one"
	if class == contract.ClassDanger {
		note = "ask.two"
	}
	return orderButton{
		Op: op, Name: say.Say("op." + string(op)), Hint: say.Say("hint." + string(op)), Ask: question(say, b, op),
		Note: say.Say(note, "span", say.Span(ValidFor(class))), Seconds: int(ValidFor(class).Seconds()),
		Minutes: op == contract.OpBurst || op == contract.OpIdentify, Look: op == contract.OpLook, Danger: class == contract.ClassDanger,
	}
}

// question is what is to be signed, in words.
func question(say words.Speaker, b roster.Box, op contract.Op) string {
	return say.Say("ask.op."+string(op), "box", b.ID, "business", business(b.Ref()))
}

// ordersShown is how many commands a box's page shows.
const ordersShown = 20

// orders are a box's drafts, and the commands that it was given: here, or with a
// key and the broker alone, which only the box can tell of. What was done to the
// box on the list stands among them.
func (c *Console) orders(v *visit, b roster.Box, events []book.Event) (drafts []draftView, given []givenView, err error) {
	waiting, err := c.deps.Drafts.Drafts(v.Context(), v.scope, v.say.Now)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range waiting {
		if d.Tenant == b.Tenant && d.Box == b.ID {
			drafts = append(drafts, viewDraft(v, b, d))
		}
	}
	commands, err := c.deps.Ledger.Commands(v.Context(), v.scope, b.Tenant, b.ID, ordersShown)
	for _, one := range commands {
		given = append(given, viewOrder(v.say, one, c.deps.Dispatcher.tries(one.ID)))
	}
	acts, unread := c.deps.Warden.Acts(v.Context(), v.scope, b.Tenant, b.ID, ordersShown)
	for _, act := range acts {
		given = append(given, givenView{Name: v.say.Code("act", act.What), By: act.Who, State: v.say.Say("cmd.done"), Tone: "well", At: act.At})
	}
	for _, one := range elsewhere(events, commands, ordersShown) {
		given = append(given, viewElsewhere(v.say, one))
	}
	slices.SortStableFunc(given, func(x, y givenView) int { return y.At.Compare(x.At) })
	return drafts, given[:min(len(given), ordersShown)], errors.Join(err, unread)
}

func viewDraft(v *visit, b roster.Box, d book.Draft) draftView {
	_, payload, _ := strings.Cut(string(d.Sealed), ".")
	payload, _, _ = strings.Cut(payload, ".")
	view := draftView{
		ID: d.ID, Op: string(d.Op), Name: v.say.Say("draft.waits", "op", v.say.Code("op", string(d.Op))), Ask: question(v.say, b, d.Op), Note: v.say.Say("ask.second"), Payload: payload, At: d.At,
		First:   v.say.Say("draft.first", "who", d.Who),
		Expires: v.say.Say("draft.expires", "at", v.say.Moment(d.Ends)), Href: boxPath(b.Tenant, b.ID),
	}
	switch {
	case !v.user.Role.May(signin.Lead):
		view.Why = v.say.Say("draft.role")
	case strings.EqualFold(d.Who, v.user.Subject):
		view.Why, view.MayDrop = v.say.Say("draft.own"), true
	default:
		view.MaySign, view.MayDrop = true, true
	}
	return view
}

// The stages of a command that only this side knows; all others are contract's.
const (
	stageWaiting = "waiting" // the broker was away so far
	stageSilent  = "silent"  // it ran out without an answer
)

func viewOrder(say words.Speaker, c book.Command, tried attempts) givenView {
	stage := c.State
	if stage == book.CommandSent {
		switch {
		case !say.Now.Before(c.Ends):
			stage = stageSilent
		case tried.failing && tried.sent == 0:
			stage = stageWaiting
		}
	}
	view := givenView{
		ID: c.ID, Name: say.Code("op", string(c.Op)), By: strings.Join(c.Signers, ", "), At: c.At,
		State: say.Code("cmd", stage), Tone: toneOfStage(stage),
	}
	switch {
	case c.Why != "":
		view.Why = refusal(say, c.Why)
	case stage == book.CommandSent && tried.sent > 1:
		view.Why = say.Say("cmd.tries", "n", say.Number(tried.sent))
	}
	return view
}

func toneOfStage(stage string) string {
	switch stage {
	case contract.AckDone:
		return "well"
	case contract.AckRefused, contract.AckFailed:
		return "fault"
	case stageSilent, stageWaiting:
		return "warn"
	}
	return "info"
}
