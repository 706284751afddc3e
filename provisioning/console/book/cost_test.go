package book

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// BenchmarkEventsOnDisk is what the events of a fleet cost in SQLite: bytes of a
// row with all its indexes, and how long is waited for what is read of them.
func BenchmarkEventsOnDisk(b *testing.B) {
	const boxes, each = 900, 300
	path := filepath.Join(b.TempDir(), "book.db")
	book := open(b, path)
	size := func() int64 {
		_, err := book.db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
		must(b, err)
		info, err := os.Stat(path)
		must(b, err)
		return info.Size()
	}
	for b.Loop() {
		before, begun := size(), time.Now()
		for n := uint64(1); n <= each; n++ {
			for i := range boxes {
				e := contract.Event{V: 1, TS: 1_800_000_000, Epoch: "5f0c9a31", N: n, Code: "uplink_dead", Sev: contract.SeverityFault, Clr: int(n % 2)}
				book.Keep(roster.Update{Tenant: "bank-0412", Box: fmt.Sprintf("SB-%06d", i), At: at(int64(n)*600 + int64(i)), Event: &e})
			}
			if n%10 == 0 {
				must(b, book.Flush(b.Context()))
			}
		}
		b.ReportMetric(float64(size()-before)/(boxes*each), "bytes/event")
		b.ReportMetric(time.Since(begun).Seconds()*1e6/(boxes*each), "µs/event")
		begun = time.Now()
		_, err := book.Gaps(b.Context(), ops, "bank-0412", "SB-000001")
		must(b, err)
		b.ReportMetric(time.Since(begun).Seconds()*1e3, "ms/gaps")
		begun = time.Now()
		_, err = book.countLost(b.Context())
		must(b, err)
		b.ReportMetric(time.Since(begun).Seconds()*1e3, "ms/lost")
	}
}

// BenchmarkGapsOfABoxWithManyEvents is what somebody's look at one box costs,
// every few seconds, when it has 270,000 events.
func BenchmarkGapsOfABoxWithManyEvents(b *testing.B) {
	book := open(b, filepath.Join(b.TempDir(), "book.db"))
	for n := uint64(1); n <= 270_000; n++ {
		book.Keep(event(b, n))
		if n%50_000 == 0 {
			must(b, book.Flush(b.Context()))
		}
	}
	must(b, book.Flush(b.Context()))
	for b.Loop() {
		_, err := book.Gaps(b.Context(), bank, "bank-a", box)
		must(b, err)
	}
}
