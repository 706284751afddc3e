package command

import (
	"strings"
	"time"

	"studiobox/provisioning/contract"
)

// sift opens a message and passes on what bears a good seal.
func (d *Desk) sift(m Message, now time.Time) {
	switch {
	case m.Kind == contract.KindWant:
		d.siftWant(m, now)
	case m.Kind != contract.KindCmd:
	case m.Retained:
		d.drop(contract.RefusedRetained, "", now)
	default:
		d.siftCommand(m, now)
	}
}

func (d *Desk) siftCommand(m Message, now time.Time) {
	found, _, ok := d.open(contract.KindCmd, m.Payload, now)
	switch {
	case !ok:
		d.drop(contract.RefusedFlood, "", now) // the sender repeats an order that nobody answers
		return
	case found.why != "":
		d.drop(found.why, found.id, now)
		return
	}
	o := found.order
	d.ledger.Signed(o.Iat)
	if d.underWay(o.ID) {
		d.count(contract.RefusedReplay, now) // it is answered when it is done
		return
	}
	situation := d.situation(now)
	before, why := d.judge(o, situation, now)
	if final(o, why, situation, now) {
		d.decided(o.ID)
		d.refuse(o, why, before.St, now)
		return
	}
	way := d.orders
	if o.Op == contract.OpStop {
		way = d.stops
	}
	select {
	case way <- o:
	default:
		d.decided(o.ID)
		d.shed(o, now)
	}
}

// judge asks the ledger, and then for the verdict.
func (d *Desk) judge(o order, s Situation, now time.Time) (before Taken, why contract.Refusal) {
	before, known := d.ledger.Known(o.Command)
	why = Judge(now, o.Command, known, s)
	if why == "" && o.Op != contract.OpStop && d.ledger.Barred(o.who, o.Iat) {
		why = contract.RefusedFlood
	}
	return before, why
}

// final tells whether a refusal is one that nothing on this box undoes: it needs
// no memory.
func final(o order, why contract.Refusal, s Situation, now time.Time) bool {
	switch why {
	case contract.RefusedBox, contract.RefusedValidity, contract.RefusedReplay, contract.RefusedFlood:
		return true
	case contract.RefusedExpired:
		return overdue(now, o.Command, s)
	}
	return false
}

// underWay tells whether an order waits to be decided, and notes that it does from
// now on: copies of it must not take the room of others.
func (d *Desk) underWay(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waits[id] {
		return true
	}
	d.waits[id] = true
	return false
}

// decided ends what underWay began.
func (d *Desk) decided(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waits, id)
}

// siftWant passes on settings that the desk has not seen yet. The broker gives the
// same ones at each connection, and anybody with the right to publish can give them
// ten thousand times a second.
func (d *Desk) siftWant(m Message, now time.Time) {
	found, again, ok := d.open(contract.KindWant, m.Payload, now)
	switch {
	case !ok:
		d.count(contract.RefusedFlood, now)
		return
	case found.why == contract.RefusedNoKeys && d.again.take(now):
		d.voice.Settle(contract.Got{TS: now.Unix(), No: []contract.Denied{{Set: "*", Why: found.why}}})
	}
	if found.why != "" {
		d.count(found.why, now)
	} else {
		d.ledger.Signed(found.wished.Iat)
	}
	if found.wished.who == "" {
		return // nobody known signed it
	}
	if again && !d.again.take(now) {
		d.count(contract.RefusedFlood, now)
		return
	}
	select {
	case d.wishes <- found.wished:
	default: // the broker keeps the newest and gives it again
		d.count(contract.RefusedFlood, now)
	}
}

// count notes a refusal that is not told one by one.
func (d *Desk) count(why contract.Refusal, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tally.add(why, now)
}

// drop refuses a command that nobody known has signed. It is answered while the
// answers stay few.
func (d *Desk) drop(why contract.Refusal, id string, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tally.add(why, now)
	d.answerRefused(contract.Ack{ID: id, Why: why}, now)
}

// refuse tells the signers of a command why it is not obeyed. Replays are rubbish
// like any other, and there may be ten thousand of them a second.
func (d *Desk) refuse(o order, why contract.Refusal, was string, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if why != contract.RefusedReplay && d.audits.take(now) {
		d.audit(contract.EventCommand, string(o.Op)+" "+string(why)+" "+o.ID, o.who)
	} else {
		d.tally.add(why, now)
	}
	d.answerRefused(contract.Ack{ID: o.ID, Why: why, Was: was}, now)
}

// audit tells once for each signer: an event has room for one name.
func (d *Desk) audit(code, detail, who string) {
	for _, by := range strings.Split(who, " ") {
		d.voice.Audit(code, contract.SeverityInfo, detail, by)
	}
}

func (d *Desk) answerRefused(a contract.Ack, now time.Time) {
	room := &d.named
	switch {
	case a.ID == "":
		room = &d.nameless
	case a.Why == contract.RefusedReplay:
		room = &d.replays
	}
	if !room.take(now) {
		return
	}
	a.TS, a.St = now.Unix(), contract.AckRefused
	d.voice.Answer(a)
}

// tellTally tells all that was counted in one event; d.mu is held.
func (d *Desk) tellTally() {
	if !d.tally.due().IsZero() {
		d.voice.Audit(contract.EventCommand, contract.SeverityWarn, d.tally.take(), "")
	}
}
