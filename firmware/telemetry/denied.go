package telemetry

import "time"

// denied tells a broker that forbids this box its events from a bad line. MQTT
// 3.1.1 has no word for it: some brokers end the connection instead. Without
// this, a mistake in an access list would keep the box offline.
type denied struct {
	row   int
	until time.Time // events are held back
}

const (
	deniedSoon = 2 * time.Second // from the first event to the end
	deniedRow  = 2               // so many sessions in a row
	// deniedFor is for how long events are held back first; it doubles up to
	// deniedForMax.
	deniedFor    = 10 * time.Minute
	deniedForMax = 4 * time.Hour
)

// ended notes that the broker ended a session while it owed us the first event.
func (d *denied) ended(now time.Time) {
	if d.row++; d.row >= deniedRow {
		d.until = now.Add(min(deniedFor<<min(d.row-deniedRow, 10), deniedForMax))
	}
}

// told notes that the broker took an event.
func (d *denied) told() { *d = denied{} }

// on tells whether the broker is taken for one that forbids.
func (d *denied) on() bool { return d.row >= deniedRow }
