package command

import (
	"context"
	"errors"
	"slices"
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
	situation := d.situation(now)
	before, why := d.judge(o, situation, now)
	final := final(o, why, situation, now)
	if o.Op != contract.OpStop && !final && !d.allowance(o.who).take(now) {
		d.shed(o, now)
		return
	}
	switch {
	case why == "" && o.Op == contract.OpStop:
		d.beginStop(ctx, o, now)
	case why == "":
		d.begin(ctx, o, now)
	case final:
		d.refuse(o, why, before.St, now)
	default:
		d.remember(o, now)
		d.refuse(o, why, "", now)
	}
}

// situation is the box's, with its own name, and what the ledger knows of time.
func (d *Desk) situation(now time.Time) Situation {
	s := d.hands.Situation()
	s.Box = d.cfg.Box
	if s.ClockSynced {
		d.ledger.Trust(now)
	} else if floor := d.ledger.Floor(); floor.After(s.ClockFloor) {
		s.ClockFloor = floor
	}
	s.Blind = !d.ledger.Settled()
	return s
}

// allowance is how much one signer may order: who goes mad must not silence the
// others.
func (d *Desk) allowance(who string) *bucket {
	if d.valid[who] == nil {
		d.valid[who] = &bucket{perSecond: ordersPerSecond, burst: ordersBurst}
	}
	return d.valid[who]
}

// shed refuses an order because there are too many. It takes no room in the ledger:
// what its signer has signed up to this one is refused from now on, as far as a
// fast clock may explain.
func (d *Desk) shed(o order, now time.Time) {
	if o.Op != contract.OpStop {
		d.ledger.Bar(o.who, min(o.Iat, now.Unix()+contract.ClockSlack))
	}
	d.refuse(o, contract.RefusedFlood, "", now)
}

// remember takes a command that is refused: who was told no must not be obeyed a
// minute later by a message played again.
func (d *Desk) remember(o order, now time.Time) {
	if err := d.ledger.Note(o.Command, contract.AckRefused, o.who); err != nil {
		d.ledger.Bar(o.who, min(o.Iat, now.Unix()+contract.ClockSlack))
		return
	}
	save := func() {
		if err := d.ledger.Save(o.ID); err != nil {
			d.log.Warn("a refused command could not be noted", "id", o.ID, "error", err)
		}
	}
	if o.Op == contract.OpStop {
		d.running.Go(save) // the next stop must not wait for the disk
		return
	}
	save()
}

// begin notes the order and has it performed. It is on disk before anything is
// done, so that no crash in between lets it be obeyed twice.
func (d *Desk) begin(ctx context.Context, o order, now time.Time) {
	err := d.ledger.Take(o.Command, contract.AckAccepted, o.who)
	switch {
	case errors.Is(err, ErrFull):
		d.log.Warn("the ledger of commands is full", "id", o.ID)
		d.shed(o, now)
	case err != nil:
		d.log.Warn("a command that cannot be noted is refused", "id", o.ID, "error", err)
		d.refuse(o, contract.RefusedState, "", now)
	default:
		d.accepted(o, now)
		d.running.Go(func() { d.perform(ctx, o) })
	}
}

// beginStop performs at once: a slow, full or broken disk must not delay a stop.
// That it is known from now on stands in memory.
func (d *Desk) beginStop(ctx context.Context, o order, now time.Time) {
	err := d.ledger.Note(o.Command, contract.AckAccepted, o.who)
	d.accepted(o, now)
	d.running.Go(func() { d.perform(ctx, o) })
	d.running.Go(func() {
		if err == nil {
			err = d.ledger.Save(o.ID)
		}
		if err != nil {
			d.log.Warn("a stop was obeyed and could not be noted", "id", o.ID, "error", err)
		}
	})
}

// accepted answers for the first time.
func (d *Desk) accepted(o order, now time.Time) {
	if slices.Contains(slow, o.Op) {
		d.tell(o, contract.AckAccepted, "", "", now)
	}
}

// perform does it and answers with what came of it. What the end of the program
// interrupts stays open for the next run.
func (d *Desk) perform(ctx context.Context, o order) {
	err := d.hands.Perform(ctx, o.Command)
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

// finish notes what came of an order and tells it. The disk comes first, or a power
// cut could make the next run tell something else; but for a stop, of which that run
// tells the same.
func (d *Desk) finish(o order, st string, why contract.Refusal, detail string) {
	if o.Op == contract.OpStop {
		d.tell(o, st, why, detail, time.Now())
	}
	if err := d.ledger.Finish(o.ID, st); err != nil {
		d.log.Warn("what came of a command could not be noted", "id", o.ID, "error", err)
	}
	if o.Op != contract.OpStop {
		d.tell(o, st, why, detail, time.Now())
	}
}

// tell answers and audits: "start failed 01KBA6Y3Q0000000000000000A camera".
func (d *Desk) tell(o order, st string, why contract.Refusal, detail string, now time.Time) {
	d.voice.Answer(contract.Ack{TS: now.Unix(), ID: o.ID, St: st, Why: why})
	d.audit(contract.EventCommand, strings.TrimRight(string(o.Op)+" "+st+" "+o.ID+" "+detail, " "), o.who)
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
	d.situation(time.Now())
	d.keepMarks()
	for id, t := range d.ledger.Unfinished() {
		o := order{contract.Command{ID: id, Op: t.Op}, t.Who}
		switch {
		case t.St == wiped, t.Op == contract.OpRestart, t.Op == contract.OpStop: // no show outlives the program
			d.finish(o, contract.AckDone, "", "")
		case t.Op == contract.OpWipe: // the next start may still manage it, and then tells
			d.finish(o, contract.AckFailed, contract.RefusedState, "not_wiped")
		default:
			d.finish(o, contract.AckFailed, contract.RefusedState, "interrupted")
		}
	}
}

// keepMarks keeps what the ledger knows of time, now and then.
func (d *Desk) keepMarks() {
	if !d.ledger.Stale() {
		return
	}
	if err := d.ledger.Save(""); err != nil {
		d.log.Warn("the ledger of commands cannot be kept", "error", err)
	}
}
