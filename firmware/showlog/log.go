package showlog

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// writeEvery is the time between two writes to the card.
	writeEvery = 10 * time.Second
	// hour is what is kept in memory, and mostEntries bounds it.
	hour        = time.Hour
	mostEntries = 12_000
	// mostPending bounds what waits for a card that does not answer.
	mostPending = 4096
)

// Config says where the record is kept and for how long.
type Config struct {
	// Dir is made when it is missing; where that fails the record is in
	// memory alone, for an hour.
	Dir string
	// Keep is how old a show becomes; 0 = a day.
	Keep time.Duration
	// MaxBytes bounds all files together; 0 = 24 MiB, which is a day on air.
	MaxBytes int64
}

// Log is the record. All methods may be called from any goroutine; Add never
// waits for the card.
type Log struct {
	log   *slog.Logger
	ended chan struct{}

	mutex   sync.Mutex
	sampler sampler
	running *tally // of the show that runs; nil = none
	shows   int    // the number of the newest show
	last    *Summary
	recent  []Entry // of the last hour, oldest first
	gone    uint64  // how many left recent
	pending []Entry // not on the card yet

	card  sync.Mutex // taken before mutex
	store *store     // nil = memory alone
	known map[int]Summary
}

// New opens the record and finds the number of the newest show. It starts nothing.
func New(cfg Config, log *slog.Logger) *Log {
	l := &Log{log: log, ended: make(chan struct{}, 1), known: map[int]Summary{}}
	store, err := openStore(cfg)
	if err != nil {
		log.Warn("the record of shows is kept in memory alone, for an hour", "error", err)
		return l
	}
	l.store = store
	l.shows = store.newest()
	return l
}

// Add takes one turn of the rate loop. The first one with media acknowledged
// begins a show.
func (l *Log) Add(s Step) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if e, due := l.sampler.take(s); due {
		l.put(e)
	}
}

func (l *Log) put(e Entry) {
	if l.running == nil {
		l.shows++
		l.running = &tally{}
	}
	e.Show = l.shows
	l.running.add(e)
	l.remember(e)
	if l.store == nil {
		return
	}
	if len(l.pending) == mostPending {
		l.pending = append(make([]Entry, 0, mostPending), l.pending[mostPending/8:]...)
	}
	l.pending = append(l.pending, e)
}

// remember keeps the last hour. What readers hold is never altered.
func (l *Log) remember(e Entry) {
	old := 0
	for old < len(l.recent) && (e.UpMs-l.recent[old].UpMs > hour.Milliseconds() || len(l.recent)-old >= mostEntries) {
		old++
	}
	l.gone += uint64(old)
	l.recent = append(l.recent[old:], e)
}

// End ends the show that runs, if there is one.
func (l *Log) End() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if e, due := l.sampler.rest(); due {
		l.put(e)
	}
	l.sampler = sampler{}
	if l.running == nil {
		return
	}
	summary := l.running.summary()
	l.last, l.running = &summary, nil
	select {
	case l.ended <- struct{}{}:
	default: // the writer is due already
	}
}

// Last is the newest show that has ended.
func (l *Log) Last() (Summary, bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.last == nil {
		return Summary{}, false
	}
	return *l.last, true
}

// Since returns the entries of the last hour after the first count ones of this
// run of the program, oldest first, and the count to ask with the next time.
func (l *Log) Since(count uint64) ([]Entry, uint64) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	all := l.gone + uint64(len(l.recent))
	begin := min(max(count, l.gone), all) - l.gone
	return l.recent[begin:len(l.recent):len(l.recent)], all
}

// Run writes to the card until ctx ends: every ten seconds, and after each show.
func (l *Log) Run(ctx context.Context) error {
	l.findLast()
	ticker := time.NewTicker(writeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.ended:
		case <-ticker.C:
		}
		l.write(false)
	}
}

// Close ends the show and writes what is left. It is called after Run.
func (l *Log) Close() {
	l.End()
	l.write(true)
}

// write brings to the card what waits. Only Close closes the file.
func (l *Log) write(last bool) {
	l.card.Lock()
	defer l.card.Unlock()
	if l.store == nil {
		return
	}
	l.mutex.Lock()
	pending := l.pending
	l.pending = nil
	l.mutex.Unlock()
	if changed, err := l.store.append(pending, time.Now()); changed && err != nil {
		l.log.Warn("the record of shows cannot be written", "error", err)
	} else if changed {
		l.log.Info("the record of shows is written again")
	}
	if last {
		l.store.close()
	}
}

// findLast tells of the show before a restart.
func (l *Log) findLast() {
	l.card.Lock()
	defer l.card.Unlock()
	numbers := l.numbers()
	if len(numbers) == 0 {
		return
	}
	newest, found := l.summary(numbers[0])
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if found && !newest.Running && l.last == nil {
		l.last = &newest
	}
}
