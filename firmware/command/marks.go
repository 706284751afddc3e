package command

import (
	"maps"
	"time"

	"studiobox/provisioning/contract"
)

// unsettled is the Lost of a ledger that knows nothing of what went before, nor
// what time it is.
const unsettled = -1

// marks are the moments that a ledger goes by, in Unix seconds.
type marks struct {
	Lost   int64 `json:"lost"`   // what was signed before is refused, since it may have been obeyed
	Sure   int64 `json:"sure"`   // the newest that a synchronised clock told
	Signed int64 `json:"signed"` // the newest at which a good seal was made
	Pruned int64 `json:"pruned"` // the newest expiry among the ids that were forgotten
	// Bars are by signer: what was signed up to then is refused, since there was
	// too much of it to remember one by one.
	Bars map[string]int64 `json:"bars,omitempty"`
}

func (m marks) clone() marks {
	m.Bars = maps.Clone(m.Bars)
	return m
}

// unbar drops the bars that no command can still be under.
func (m *marks) unbar(sure int64) {
	maps.DeleteFunc(m.Bars, func(_ string, upTo int64) bool {
		return upTo+contract.LongestValid+contract.ClockSlack <= sure
	})
}

// Trust notes what a synchronised clock tells. A ledger that knows nothing of what
// went before is settled by the first time: what was signed earlier is refused
// from then on.
func (l *Ledger) Trust(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.marks.Sure = now.Unix()
	if l.marks.Lost == unsettled {
		l.marks.Lost = l.marks.Sure
	}
}

// Settled is false while the ledger cannot tell what was signed before it began.
func (l *Ledger) Settled() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.marks.Lost != unsettled
}

// Stale tells that the marks on disk are an hour behind, or were never kept.
func (l *Ledger) Stale() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.marks.Sure-l.savedAt >= int64(time.Hour/time.Second)
}

// Signed notes when a seal that held was made, in Unix seconds.
func (l *Ledger) Signed(iat int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.marks.Signed = max(l.marks.Signed, iat)
}

// Floor is a moment that has passed, for a clock that nobody has set: the newest
// that a synchronised one told, or at which somebody signed. Signers' clocks may be
// a little fast.
func (l *Ledger) Floor() time.Time {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return time.Unix(max(l.marks.Sure, l.marks.Signed-contract.ClockSlack), 0)
}

// Bar refuses, from now on, what a signer has signed up to a moment. It needs no
// room, and no disk before the next Save.
func (l *Ledger) Bar(who string, upTo int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.marks.Bars == nil {
		l.marks.Bars = map[string]int64{}
	}
	l.marks.Bars[who] = max(l.marks.Bars[who], upTo)
}

// Barred tells whether a signer's command is under a bar.
func (l *Ledger) Barred(who string, iat int64) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	upTo, barred := l.marks.Bars[who]
	return barred && iat <= upTo
}
