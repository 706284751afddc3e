package command

import (
	"errors"
	"slices"
	"strings"
	"time"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
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
	found, ok := d.open(m.Payload, now)
	switch {
	case !ok:
		// The sender repeats an order that nobody answers; whether a message
		// was worth opening cannot be known without opening it.
		d.drop(contract.RefusedFlood, "", now)
		return
	case found.why != "":
		d.drop(found.why, found.id, now)
		return
	}
	o := found.order
	if d.underWay(o.ID) {
		d.count(contract.RefusedReplay, now) // it is answered when it is done
		return
	}
	before, taken := d.ledger.Known(o.Command)
	if why := Judge(now, o.Command, taken, d.situation()); slices.Contains(lasting, why) {
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
		d.refuse(o, contract.RefusedFlood, "", now)
	}
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

// open opens a command, or remembers what came of the same bytes. It is false
// when too much work of this kind came to nothing lately.
func (d *Desk) open(payload []byte, now time.Time) (opened, bool) {
	key := d.memory.of(payload)
	if found, known := d.memory.opened[key]; known {
		return found, true
	}
	if !d.guesses.has(now) {
		return opened{}, false
	}
	c, signers, err := d.cfg.Keys.Command(payload)
	found := opened{order: order{c, names(signers)}}
	if err != nil {
		refused := reasonOf(err)
		found = opened{why: refused.Why, id: refused.ID}
		d.charge(refused.Why, now)
	}
	if !slices.Contains(cheap, found.why) {
		d.memory.keep(key, found)
	}
	return found, true
}

func (d *Desk) siftWant(m Message, now time.Time) {
	if !d.guesses.has(now) {
		d.count(contract.RefusedFlood, now)
		return
	}
	w, signers, err := d.cfg.Keys.Want(m.Payload)
	if err != nil {
		why := reasonOf(err).Why
		if why == contract.RefusedNoKeys {
			d.voice.Settle(contract.Got{TS: now.Unix(), No: []contract.Denied{{Set: "*", Why: why}}})
		}
		d.charge(why, now)
		d.count(why, now)
		return
	}
	select {
	case d.wishes <- wished{w, names(signers)}:
	default: // the broker keeps the newest and gives it again
		d.count(contract.RefusedFlood, now)
	}
}

// cheap are the refusals that cost no arithmetic.
var cheap = []contract.Refusal{contract.RefusedNoKeys, contract.RefusedSize, contract.RefusedForm, contract.RefusedKey}

// lasting are the refusals of a signed command that no change on the box undoes.
var lasting = []contract.Refusal{
	contract.RefusedBox, contract.RefusedUnverified, contract.RefusedExpired, contract.RefusedEarly,
	contract.RefusedValidity, contract.RefusedReplay, contract.RefusedOp, contract.RefusedArg,
}

// charge counts opening that came to nothing against what the desk may spend.
func (d *Desk) charge(why contract.Refusal, now time.Time) {
	if !slices.Contains(cheap, why) {
		d.guesses.take(now)
	}
}

// reasonOf is what the keyring says; nothing else can come from it.
func reasonOf(err error) seal.Refused {
	var refused *seal.Refused
	if errors.As(err, &refused) {
		return *refused
	}
	return seal.Refused{Why: contract.RefusedForm}
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
		d.voice.Audit(contract.EventCommand, contract.SeverityInfo, string(o.Op)+" "+string(why), o.who)
	} else {
		d.tally.add(why, now)
	}
	d.answerRefused(contract.Ack{ID: o.ID, Why: why, Was: was}, now)
}

func (d *Desk) answerRefused(a contract.Ack, now time.Time) {
	room := &d.named
	switch {
	case a.ID == "":
		room = &d.nameless
	case a.Why == contract.RefusedReplay:
		room = &d.again
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

// names are whose signatures a seal bears.
func names(signers []seal.Signer) string {
	var who []string
	for _, s := range signers {
		who = append(who, s.Who)
	}
	return strings.Join(who, "+")
}
