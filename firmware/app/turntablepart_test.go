package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"studiobox/drivers/turntable"
	"studiobox/firmware/health"
)

func TestWhatATableKnowsOfItsStepsReachesStatusAndConditions(t *testing.T) {
	part := health.StudioPart{Turntable: true, AngleDeg: 123.4, SpeedDegS: 18, Table: tablePart(turntable.State{
		Homed: true, Drift: -0.25, Stats: turntable.Stats{
			Asked: 4000, Done: 3990, Missed: 7, Warm: true, Ordinary: true, Load: 211,
			Late: turntable.Lateness{P50: 40 * time.Microsecond, P99: 900 * time.Microsecond, Max: 3 * time.Millisecond},
		},
	})}
	text := statusText(&health.Snapshot{Studio: part})
	for _, want := range []string{
		"turntable 123 degrees, 18 degrees/s, 3990 of 4000 steps", "mark off by -0.25 degrees", "late by 40µs p50, 900µs p99, 3ms max, 7 missed",
		"load 211", "real-time priority refused", "driver is hot",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("status does not say %q:\n%s", want, text)
		}
	}
	if text := statusText(&health.Snapshot{}); strings.Contains(text, "turntable") {
		t.Errorf("a box without a table says:\n%s", text)
	}

	told := func(part health.StudioPart) (bad []string) {
		reportTable(part, func(code string, is bool, _ string) {
			if is {
				bad = append(bad, code)
			}
		})
		return bad
	}
	if got := told(part); !slices.Equal(got, []string{health.TurntableWarm, health.TurntableUneven}) {
		t.Errorf("a hot table without real-time priority is told as %v", got)
	}
	part.Table, part.TableFault = tablePart(turntable.State{Stats: turntable.Stats{Realtime: true, Load: -1}}), turntable.Stalled
	if got := told(part); !slices.Equal(got, []string{health.TurntableStopped}) {
		t.Errorf("a blocked table is told as %v", got)
	}
}

func TestTheSnapshotOfAStudioHasTheFiguresOfItsTable(t *testing.T) {
	onSet(t, func(s *set) {
		if part := s.part(); part.Table == nil || part.Table.Load != -1 || part.Table.Homed {
			t.Errorf("%+v", part.Table)
		}
	})
}

// weary is a motor that is hot, and whose pulses have no real-time priority.
type weary struct{ turntable.Drive }

func (weary) Stats() turntable.Stats { return turntable.Stats{Warm: true, Ordinary: true, Load: -1} }

func TestABoxTellsOfAHotTableAndOfOneWithoutRealTimePriority(t *testing.T) {
	b := stillBox(t, "rtsp://127.0.0.1:9/main", "")
	var err error
	if b.studio.parts.table, err = turntable.New(turntable.Config{Drive: weary{}}); err != nil {
		t.Fatal(err)
	}
	untilTold(t, b, health.TurntableWarm, "")
	untilTold(t, b, health.TurntableUneven, "")
}
