package command

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"studiobox/provisioning/contract"
)

// slow are the operations that are answered twice: when they begin, and when
// they have come to something.
var slow = []contract.Op{contract.OpStop, contract.OpStart, contract.OpRestart, contract.OpWipe}

// restarts are the operations whose end only the next run of the program sees.
var restarts = []contract.Op{contract.OpRestart, contract.OpWipe}

// decide judges an order and obeys it or tells why not.
func (d *Desk) decide(ctx context.Context, o order, now time.Time) {
	defer d.decided(o.ID)
	before, taken := d.ledger.Known(o.Command)
	why := Judge(now, o.Command, taken, d.situation())
	if o.Op != contract.OpStop && why == "" && !d.valid.take(now) {
		why = contract.RefusedFlood
	}
	switch {
	case why == "":
		d.begin(ctx, o, now)
	case why == contract.RefusedReplay:
		d.refuse(o, why, before.St, now)
	default:
		d.remember(o, why, now)
		d.refuse(o, why, "", now)
	}
}

// situation is the box's, with its own name.
func (d *Desk) situation() Situation {
	s := d.hands.Situation()
	s.Box = d.cfg.Box
	return s
}

// remember takes a command whose time was good and that the box's state forbids:
// who was told no must not be obeyed a minute later by a message played again.
func (d *Desk) remember(o order, why contract.Refusal, now time.Time) {
	switch why {
	case contract.RefusedForbidden, contract.RefusedOnAir, contract.RefusedState, contract.RefusedMissing:
		if err := d.ledger.Take(o.Command, contract.AckRefused, o.who, now); err != nil {
			d.log.Warn("a refused command could not be noted", "id", o.ID, "error", err)
		}
	}
}

// begin notes the order and has it performed. It is on disk before anything is
// done, so that no crash in between lets it be obeyed twice; but for a stop, which
// a slow or full disk must not delay.
func (d *Desk) begin(ctx context.Context, o order, now time.Time) {
	noted := make(chan struct{})
	if o.Op == contract.OpStop {
		d.accepted(o, now)
		d.running.Go(func() { d.perform(ctx, o, noted) })
		if err := d.ledger.Take(o.Command, contract.AckAccepted, o.who, now); err != nil {
			d.log.Warn("a stop was obeyed and could not be noted", "id", o.ID, "error", err)
		}
		close(noted)
		return
	}
	if err := d.ledger.Take(o.Command, contract.AckAccepted, o.who, now); err != nil {
		why := contract.RefusedState
		if errors.Is(err, ErrFull) {
			why = contract.RefusedFlood
		}
		d.log.Warn("a command that cannot be noted is refused", "id", o.ID, "error", err)
		d.refuse(o, why, "", now)
		return
	}
	close(noted)
	d.accepted(o, now)
	d.running.Go(func() { d.perform(ctx, o, noted) })
}

// accepted answers for the first time.
func (d *Desk) accepted(o order, now time.Time) {
	if slices.Contains(slow, o.Op) {
		d.tell(o, contract.AckAccepted, "", "", now)
	}
}

// perform does it and answers with what came of it. What the end of the program
// interrupts stays open for the next run.
func (d *Desk) perform(ctx context.Context, o order, noted <-chan struct{}) {
	err := d.hands.Perform(ctx, o.Command)
	<-noted
	if ctx.Err() != nil || err == nil && slices.Contains(restarts, o.Op) {
		return
	}
	st, why, detail := contract.AckDone, contract.Refusal(""), ""
	if err != nil {
		st, why = contract.AckFailed, contract.RefusedState
		var failed *Failed
		if errors.As(err, &failed) {
			why, detail = failed.Why, failed.Detail
		}
	}
	d.finish(o, st, why, detail)
}

func (d *Desk) finish(o order, st string, why contract.Refusal, detail string) {
	if err := d.ledger.Finish(o.ID, st); err != nil {
		d.log.Warn("what came of a command could not be noted", "id", o.ID, "error", err)
	}
	d.tell(o, st, why, detail, time.Now())
}

// tell answers and audits.
func (d *Desk) tell(o order, st string, why contract.Refusal, detail string, now time.Time) {
	d.voice.Answer(contract.Ack{TS: now.Unix(), ID: o.ID, St: st, Why: why})
	told := strings.TrimRight(string(o.Op)+" "+st+" "+detail, " ")
	d.voice.Audit(contract.EventCommand, contract.SeverityInfo, told, o.who)
}

// resume goes on where an earlier run of the program ended.
func (d *Desk) resume() {
	wish, err := d.ledger.Wish()
	if err != nil {
		d.log.Warn("the wish in force could not be read", "error", err)
	}
	d.wish = wish
	if wish.Want.Rev > 0 {
		d.enforce(wish) // box.toml may have changed in between
	}
	open, err := d.ledger.Unfinished()
	if err != nil {
		d.log.Warn("orders of an earlier run could not be read", "error", err)
	}
	for id, t := range open {
		o := order{contract.Command{ID: id, Op: t.Op}, t.Who}
		if slices.Contains(restarts, t.Op) {
			d.finish(o, contract.AckDone, "", "")
		} else {
			d.finish(o, contract.AckFailed, contract.RefusedState, "interrupted")
		}
	}
}

// grant puts a wish in force that is newer than the last one.
func (d *Desk) grant(w wished, now time.Time) {
	switch {
	case w.Box != d.cfg.Box:
		d.count(contract.RefusedBox, now)
		return
	case w.Rev == d.wish.Want.Rev:
		return // the broker gives it at each connection
	case w.Rev < d.wish.Want.Rev:
		d.count(contract.RefusedRevision, now)
		return
	}
	_, no := Narrow(w.Want, d.cfg.Rates)
	wish := Wish{Want: w.Want, Got: got(w.Rev, no, now)}
	if err := d.ledger.Keep(wish); err != nil {
		d.log.Warn("a wish that cannot be kept is not put in force", "rev", w.Rev, "error", err)
		return // it comes again with the next connection
	}
	d.enforce(wish)
	d.voice.Audit(contract.EventWant, contract.SeverityInfo, told(wish.Got), w.who)
}

// enforce puts a wish in force and answers it.
func (d *Desk) enforce(wish Wish) {
	narrowed, no := Narrow(wish.Want, d.cfg.Rates)
	if !wish.Forgotten && !slices.Equal(no, wish.Got.No) {
		wish.Got = got(wish.Want.Rev, no, time.Now())
	}
	d.wish = wish
	d.hands.Apply(narrowed)
	d.voice.Settle(wish.Got)
}

func got(rev int64, no []contract.Denied, now time.Time) contract.Got {
	g := contract.Got{V: contract.Version, TS: now.Unix(), Rev: rev, No: no}
	if len(no) == 0 {
		g.OK = 1
	}
	return g
}

// told is an answer in one line: "42 ceiling=bad_argument".
func told(g contract.Got) string {
	words := []string{strconv.FormatInt(g.Rev, 10)}
	for _, denied := range g.No {
		words = append(words, denied.Set+"="+string(denied.Why))
	}
	return strings.Join(words, " ")
}
