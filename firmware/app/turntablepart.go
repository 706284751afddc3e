package app

import (
	"fmt"
	"math"
	"strings"
	"time"

	"studiobox/drivers/turntable"
	"studiobox/firmware/health"
)

// tablePart is how well the table follows its plans, as page and status show it.
func tablePart(s turntable.State) *health.TablePart {
	return &health.TablePart{
		Homed: s.Homed, DriftDeg: math.Round(s.Drift*100) / 100,
		Asked: s.Asked, Done: s.Done, Missed: s.Missed,
		LateP50Us: s.Late.P50.Microseconds(), LateP99Us: s.Late.P99.Microseconds(), LateMaxUs: s.Late.Max.Microseconds(),
		Realtime: s.Realtime, Ordinary: s.Ordinary, Warm: s.Warm, Load: s.Load,
	}
}

// reportTable tells the tracker how the table is.
func reportTable(part health.StudioPart, report func(code string, bad bool, detail string)) {
	report(health.TurntableStopped, part.TableFault != "", part.TableFault)
	if table := part.Table; table != nil {
		report(health.TurntableWarm, table.Warm, "")
		report(health.TurntableUneven, table.Ordinary, "")
	}
}

// writeTable tells of the table at a shell; nothing on a box without one.
func writeTable(b *strings.Builder, part health.StudioPart) {
	table := part.Table
	if table == nil {
		return
	}
	fmt.Fprintf(b, "\nturntable %.0f degrees, %.0f degrees/s, %d of %d steps", part.AngleDeg, part.SpeedDegS, table.Done, table.Asked)
	if table.Homed {
		fmt.Fprintf(b, ", mark off by %.2f degrees", table.DriftDeg)
	}
	if table.LateMaxUs > 0 {
		late := func(us int64) time.Duration { return time.Duration(us) * time.Microsecond }
		fmt.Fprintf(b, ", late by %v p50, %v p99, %v max, %d missed", late(table.LateP50Us), late(table.LateP99Us), late(table.LateMaxUs), table.Missed)
	}
	if table.Load >= 0 {
		fmt.Fprintf(b, ", load %d (0 = too much, 510 = none)", table.Load)
	}
	for _, flag := range []struct {
		on   bool
		word string
	}{{table.Realtime, "real-time"}, {table.Ordinary, "real-time priority refused"}, {table.Warm, "driver is hot"}} {
		if flag.on {
			b.WriteString(", " + flag.word)
		}
	}
	writeError(b, part.TableFault)
}
