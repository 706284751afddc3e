package command

import (
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"studiobox/provisioning/contract"
)

// Wish is the newest settings that the fleet wished for, and what became of them.
type Wish struct {
	Want contract.Want `json:"want"`
	Got  contract.Got  `json:"got"`
	// Forgotten wishes are no longer in force.
	Forgotten bool `json:"forgotten,omitempty"`
}

// Rates are the limits that the business itself has set, in kbit/s.
type Rates struct{ Floor, Ceiling int }

// The seconds that a fleet may wish for between two health messages off air.
const (
	leastHealth = 15
	mostHealth  = 3600
)

// Narrow returns the part of wished settings that is put in force, and tells of
// each other one why not. It is pure. Rates can only be narrowed: how much of the
// line a show may take, and below what it is not worth sending, is the business's
// own word.
func Narrow(w contract.Want, own Rates) (contract.Want, []contract.Denied) {
	var no []contract.Denied
	deny := func(set string, why contract.Refusal) { no = append(no, contract.Denied{Set: set, Why: why}) }
	if w.Health != 0 && (w.Health < leastHealth || w.Health > mostHealth) {
		w.Health = 0
		deny("health", contract.RefusedArg)
	}
	if w.Floor != 0 && (w.Floor < own.Floor || w.Floor >= own.Ceiling) {
		w.Floor = 0
		deny("floor", contract.RefusedArg)
	}
	if w.Ceiling != 0 && (w.Ceiling > own.Ceiling || w.Ceiling <= max(own.Floor, w.Floor)) {
		w.Ceiling = 0
		deny("ceiling", contract.RefusedArg)
	}
	if w.Release != "" {
		w.Release = ""
		deny("release", contract.RefusedMissing)
	}
	if w.Window != "" {
		w.Window = ""
		deny("window", contract.RefusedMissing)
	}
	return w, no
}

// Wish returns the newest wish; the zero Wish if there never was one.
func (l *Ledger) Wish() (w Wish, err error) {
	if l.db == nil {
		l.mu.RLock()
		defer l.mu.RUnlock()
		return l.kept, nil
	}
	err = l.db.View(func(tx *bbolt.Tx) error {
		text := tx.Bucket(wishBucket).Get(onlyKey)
		if text == nil {
			return nil
		}
		return json.Unmarshal(text, &w)
	})
	if err != nil {
		return Wish{}, fmt.Errorf("ledger of commands: wish: %w", err)
	}
	return w, nil
}

// Keep makes a wish the newest. When it returns nil the wish is on disk.
func (l *Ledger) Keep(w Wish) error {
	l.mu.Lock()
	l.kept = w
	l.mu.Unlock()
	l.writing.Lock()
	defer l.writing.Unlock()
	return l.update(func(tx *bbolt.Tx) error { return put(tx.Bucket(wishBucket), onlyKey, w) })
}

// forget drops what was wished for but keeps its revision: what the broker still
// holds must not come back by itself, only a newer wish may.
func (l *Ledger) forget() error {
	w, err := l.Wish()
	if err != nil {
		return err
	}
	if w.Want.Rev == 0 {
		return nil
	}
	w.Got.OK, w.Got.No = 0, []contract.Denied{{Set: "*", Why: contract.RefusedRevision}}
	return l.Keep(Wish{Want: contract.Want{Rev: w.Want.Rev}, Got: w.Got, Forgotten: true})
}
