package command

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"studiobox/provisioning/contract"
)

// grant puts a wish in force that is newer than the last one, and tells of any
// other why not.
func (d *Desk) grant(w wished, now time.Time) {
	same := w.Want
	same.Iat = d.wish.Want.Iat // when it was signed changes nothing
	switch {
	case w.why != "":
		d.deny(w, w.why, now)
		return
	case w.Box != d.cfg.Box:
		d.deny(w, contract.RefusedBox, now)
		return
	case w.Rev == d.wish.Want.Rev && (d.wish.Forgotten || same == d.wish.Want):
		if d.told.Rev != w.Rev {
			d.settle(d.wish.Got) // another one was refused in between
		}
		return // the broker gives it at each connection
	case w.Rev <= d.wish.Want.Rev:
		d.deny(w, contract.RefusedRevision, now)
		return
	}
	_, no := Narrow(w.Want, d.cfg.Rates)
	wish := Wish{Want: w.Want, Got: got(w.Rev, no, now)}
	if err := d.ledger.Keep(wish); err != nil {
		d.log.Warn("a wish that cannot be kept is not put in force", "rev", w.Rev, "error", err)
		return // it comes again with the next connection
	}
	d.enforce(wish)
	d.audit(contract.EventWant, told(wish.Got), w.who)
}

// deny tells that nothing of a wish is in force, while such answers stay few.
func (d *Desk) deny(w wished, why contract.Refusal, now time.Time) {
	if !d.denied.take(now) {
		d.count(contract.RefusedFlood, now)
		return
	}
	answer := got(w.Rev, []contract.Denied{{Set: "*", Why: why}}, now)
	d.settle(answer)
	d.audit(contract.EventWant, told(answer), w.who)
}

// settle answers a wish.
func (d *Desk) settle(g contract.Got) {
	d.told = g
	d.voice.Settle(g)
}

// enforce puts a wish in force and answers it.
func (d *Desk) enforce(wish Wish) {
	narrowed, no := Narrow(wish.Want, d.cfg.Rates)
	if !wish.Forgotten && !slices.Equal(no, wish.Got.No) {
		wish.Got = got(wish.Want.Rev, no, time.Now())
	}
	d.wish = wish
	d.hands.Apply(narrowed)
	d.settle(wish.Got)
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
