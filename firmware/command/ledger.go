package command

import (
	"errors"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"studiobox/provisioning/contract"
)

const (
	// mostTaken bounds the ids in the ledger. None is forgotten before its time, so
	// that a full ledger refuses instead.
	mostTaken = 10_000
	// mostHeld is how many of them one signer may fill, so that a service that has
	// gone wrong leaves room for the others.
	mostHeld = 2_000
	// stopRoom is kept for stops beyond both.
	stopRoom = 1_000
)

// ErrFull is returned while the ledger, or a signer's share of it, holds as many
// ids as it may.
var ErrFull = errors.New("ledger of commands: full")

// wiped is the state of an order to wipe that was carried out and is not answered
// yet; it never leaves the box.
const wiped = "wiped"

// Taken is what is known of a command that was taken.
type Taken struct {
	Exp int64       `json:"exp"` // Unix seconds; forgotten once that has surely passed
	Op  contract.Op `json:"op"`
	St  string      `json:"st"`            // see contract.Ack
	Who string      `json:"who,omitempty"` // the signers, with spaces between
}

// Ledger remembers on disk which commands were taken and what came of them, and
// the wish in force. What it has confirmed survives a power cut. It answers from
// memory: nobody who asks waits for the disk. Safe for use by several goroutines.
type Ledger struct {
	db *bbolt.DB // nil: what the program's end forgets

	writing sync.Mutex // held over the disk

	mu       sync.RWMutex // of all below; never held over the disk
	taken    map[string]Taken
	held     map[string]int // ids by Who
	marks    marks
	kept     Wish // without a db
	prunedAt int64
	savedAt  int64 // marks.Sure as it is on disk
}

func newLedger(db *bbolt.DB) *Ledger {
	return &Ledger{db: db, taken: map[string]Taken{}, held: map[string]int{}, marks: marks{Lost: unsettled}}
}

// Close releases the file.
func (l *Ledger) Close() error {
	if l.db == nil {
		return nil
	}
	return l.db.Close()
}

// Known tells whether a command was taken, and what came of it. A command that
// may have been taken and forgotten counts as taken. A stop that was signed before
// a ledger was lost does not: at worst, one that is played again within its own
// validity ends a show.
func (l *Ledger) Known(c contract.Command) (t Taken, known bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	t, known = l.taken[c.ID]
	lost := c.Op != contract.OpStop && c.Iat < l.marks.Lost
	return t, known || lost || c.Exp <= l.marks.Pruned
}

// Take notes that a command is taken. When it returns nil the note is on disk.
// Otherwise the command was refused, and stays so while the program runs.
func (l *Ledger) Take(c contract.Command, st, who string) error {
	if err := l.Note(c, st, who); err != nil {
		return err
	}
	err := l.Save(c.ID)
	if err != nil {
		l.become(c.ID, contract.AckRefused)
	}
	return err
}

// Note is Take without the disk: the command is known at once, and after a power
// cut only if [Ledger.Save] returned before.
func (l *Ledger) Note(c contract.Command, st, who string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	room, share := mostTaken, mostHeld
	if c.Op == contract.OpStop && st == contract.AckAccepted {
		room, share = room+stopRoom, room+stopRoom
	}
	if _, again := l.taken[c.ID]; !again {
		if len(l.taken) >= room || l.held[who] >= share {
			return ErrFull
		}
		l.held[who]++
	}
	l.taken[c.ID] = Taken{Exp: c.Exp, Op: c.Op, St: st, Who: who}
	return nil
}

// Save brings what is known of a command to the disk, forgets ids whose time is
// over, and keeps the moments that the ledger knows of. An empty id is none.
func (l *Ledger) Save(id string) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	gone := l.prune()
	t, known := l.taken[id]
	marks := l.marks.clone()
	l.savedAt = marks.Sure
	l.mu.Unlock()
	return l.update(func(tx *bbolt.Tx) error {
		for _, old := range gone {
			if err := tx.Bucket(takenBucket).Delete([]byte(old)); err != nil {
				return err
			}
		}
		if known {
			if err := put(tx.Bucket(takenBucket), []byte(id), t); err != nil {
				return err
			}
		}
		return put(tx.Bucket(marksBucket), onlyKey, marks)
	})
}

// Finish notes what came of a command that was taken.
func (l *Ledger) Finish(id, st string) error {
	if !l.become(id, st) {
		return nil // its time is over
	}
	return l.Save(id)
}

// Wiped notes that the wipe with this id was carried out, and drops what the fleet
// wished for.
func (l *Ledger) Wiped(id string) error { return errors.Join(l.forget(), l.Finish(id, wiped)) }

// Unfinished lists what an earlier run of the program took and did not finish.
func (l *Ledger) Unfinished() map[string]Taken {
	l.mu.RLock()
	defer l.mu.RUnlock()
	open := map[string]Taken{}
	for id, t := range l.taken {
		if t.St == contract.AckAccepted || t.St == wiped {
			open[id] = t
		}
	}
	return open
}

// become changes what is known of a command; false if nothing is.
func (l *Ledger) become(id, st string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, known := l.taken[id]
	if known {
		t.St = st
		l.taken[id] = t
	}
	return known
}

// prune forgets the ids of commands that have surely expired and returns them;
// l.mu is held. Only a clock that somebody has set moves it: one that jumped ahead
// by itself must not let old orders be played again. From then on nothing is
// obeyed that expires no later than what was forgotten. The slack is for a clock
// that is set back a little.
func (l *Ledger) prune() (gone []string) {
	const every = int64(time.Hour / time.Second)
	if l.marks.Sure-l.prunedAt < every && len(l.taken) < mostTaken {
		return nil
	}
	l.prunedAt = l.marks.Sure
	for id, t := range l.taken {
		if t.Exp+contract.ClockSlack > l.marks.Sure {
			continue
		}
		gone = append(gone, id)
		l.marks.Pruned = max(l.marks.Pruned, t.Exp)
		delete(l.taken, id)
		if l.held[t.Who]--; l.held[t.Who] <= 0 {
			delete(l.held, t.Who)
		}
	}
	l.marks.unbar(l.marks.Sure)
	return gone
}
