package linktest

import "time"

// tickEvery is the grain of the log.
const tickEvery = 100 * time.Millisecond

// Way names a direction.
type Way string

// The two ways of a line, seen from the box.
const (
	Up   Way = "up"
	Down Way = "down"
)

// Counts are totals of one direction since the start of Run.
type Counts struct {
	// OfferedBytes is what the line could have carried; 0 without a limit.
	OfferedBytes float64
	// Delivered packets and bytes came out at the other end.
	Delivered, DeliveredBytes uint64
	// Dropped packets met a full queue, Lost ones were lost on the air.
	Dropped, Lost uint64
}

// Tick is what one direction did in the 100 ms before At.
type Tick struct {
	Way Way
	// At is the end of the stretch, counted from the start of Run, and Time
	// the same on the clock.
	At   time.Duration
	Time time.Time
	// CapacityKbps is what the line offered, 0 in a blackout and without a limit;
	// DeliveredKbps what came out of it.
	CapacityKbps, DeliveredKbps float64
	// Queue is how long the oldest waiting packet has been waiting.
	Queue time.Duration
	// Dropped and Lost are packets: of a full queue, and on the air.
	Dropped, Lost uint64
	// Late is by how much the worst packet came out after its time, because
	// this machine had no processor for the line: a measurement over the line
	// is no better than this.
	Late time.Duration
}

// since is the tick between two counts.
func (c Counts) since(last Counts, over time.Duration) Tick {
	perMs := 8 / (float64(over) / float64(time.Millisecond))
	return Tick{
		CapacityKbps:  (c.OfferedBytes - last.OfferedBytes) * perMs,
		DeliveredKbps: float64(c.DeliveredBytes-last.DeliveredBytes) * perMs,
		Dropped:       c.Dropped - last.Dropped,
		Lost:          c.Lost - last.Lost,
	}
}

// Stats are the totals of both directions.
type Stats struct {
	Up, Down Counts
}

// ticker remembers when the last tick was told, and what had happened by then.
type ticker struct {
	told time.Duration
	last Counts
}

// next is the next full tenth of a second.
func (t *ticker) next() time.Duration { return (t.told/tickEvery + 1) * tickEvery }

// tick tells the listener when it is time to. A late call tells one longer
// tick rather than several guessed ones.
func (l *lane) tick(t *ticker) {
	l.mu.Lock()
	now := l.now()
	if now < t.next() {
		l.mu.Unlock()
		return
	}
	l.pipe.advance(now)
	tick := l.pipe.counts.since(t.last, now-t.told)
	tick.Way, tick.At, tick.Time, tick.Queue = l.way, now, l.began.Add(now), l.pipe.waiting(now)
	tick.Late, l.pipe.late = l.pipe.late, 0
	t.told, t.last = now, l.pipe.counts
	l.mu.Unlock()
	if l.onTick != nil {
		l.onTick(tick)
	}
}
