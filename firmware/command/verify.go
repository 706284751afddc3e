package command

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

const (
	// coreShare is how much of one core may be spent on seals that are new, and
	// againShare on those that come again after nobody had the time to look; the
	// bursts are seconds of it. A seal costs a Pi 4 about a seventh of a
	// millisecond: of ten thousand forged ones a second, each with a key that is
	// known, a third are looked at, and a good one passes when it is sent again.
	coreShare, coreBurst   = 0.5, 0.5
	againShare, againBurst = 0.25, 0.25
	// dearest is what a seal costs at most. What took longer has waited for a
	// processor, and that is no work.
	dearest = 500 * time.Microsecond
)

// cheap are the refusals that cost no arithmetic.
var cheap = []contract.Refusal{contract.RefusedNoKeys, contract.RefusedSize, contract.RefusedForm, contract.RefusedKey}

// sealHeld are the refusals of what a known key has signed.
var sealHeld = []contract.Refusal{contract.RefusedBody, contract.RefusedField, contract.RefusedClass}

// open opens a message, or remembers what came of the same bytes. It is false when
// the work of that is too much now: reading on comes first, since what is not read
// is not even known when it comes again.
func (d *Desk) open(kind contract.Kind, payload []byte, now time.Time) (found opened, again, ok bool) {
	key := d.memory.of(kind, payload)
	if found, known := d.memory.opened[key]; known {
		return found, true, true
	}
	room, crowded := &d.work, 2*len(d.inbox) > cap(d.inbox)
	if d.sight.noted(key) {
		room, crowded = &d.second, false
	}
	if crowded || !room.has(now, 0) {
		d.sight.note(key)
		return opened{}, false, false
	}
	begun := time.Now()
	if kind == contract.KindWant {
		found = d.openWant(payload)
	} else {
		found = d.openCommand(payload)
	}
	if !slices.Contains(cheap, found.why) {
		room.spent += d.price(time.Since(begun)).Seconds()
		d.memory.keep(key, found)
	}
	return found, false, true
}

// priced is what a measured piece of work is charged.
func priced(measured time.Duration) time.Duration { return min(measured, dearest) }

func (d *Desk) openCommand(payload []byte) opened {
	c, signers, err := d.cfg.Keys.Command(payload)
	if err != nil {
		refused := reasonOf(err)
		return opened{why: refused.Why, id: refused.ID}
	}
	return opened{order: order{c, names(signers)}}
}

// openWant reads, where the seal held, even of refused settings which they are:
// whoever signed them is told.
func (d *Desk) openWant(payload []byte) opened {
	w, signers, err := d.cfg.Keys.Want(payload)
	if err == nil {
		return opened{wished: wished{Want: w, who: names(signers)}}
	}
	why := reasonOf(err).Why
	found := opened{why: why}
	if !slices.Contains(sealHeld, why) {
		return found
	}
	body, signers, err := d.cfg.Keys.Open(seal.TypeWant, payload)
	var told struct {
		Rev int64 `json:"rev"`
	}
	if err == nil && json.Unmarshal(body, &told) == nil {
		found.wished = wished{Want: contract.Want{Rev: told.Rev}, who: names(signers), why: why}
	}
	return found
}

// reasonOf is what the keyring says; nothing else can come from it.
func reasonOf(err error) seal.Refused {
	var refused *seal.Refused
	if errors.As(err, &refused) {
		return *refused
	}
	return seal.Refused{Why: contract.RefusedForm}
}

// names are whose signatures a seal bears, with spaces between: no name has any.
func names(signers []seal.Signer) string {
	var who []string
	for _, s := range signers {
		who = append(who, s.Who)
	}
	return strings.Join(who, " ")
}
