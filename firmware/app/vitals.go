package app

import (
	"context"
	"sync/atomic"
	"time"

	"studiobox/board"
	"studiobox/firmware/health"
)

// vitalsEvery is how often the computer itself is looked at.
const vitalsEvery = 2 * time.Second

// wornOut is the share of a memory's life, in percent, from which on it should be
// replaced.
const wornOut = 90

// vitals keeps the newest figures of the computer itself.
type vitals struct {
	probe  *board.Probe
	newest atomic.Pointer[health.BoardPart]
}

// newVitals looks once, so that the gate always has figures to judge.
func newVitals(dataDir string) *vitals {
	v := &vitals{probe: board.NewProbe("/", dataDir)}
	v.look()
	return v
}

// Run looks every two seconds until ctx ends.
func (v *vitals) Run(ctx context.Context) error {
	ticker := time.NewTicker(vitalsEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			v.look()
		}
	}
}

func (v *vitals) look() {
	read := v.probe.Read()
	v.newest.Store(&health.BoardPart{
		Model: read.Model, CPUPercent: read.CPUPercent, MemPercent: read.MemPercent, TempC: read.TempC,
		DiskFreeMB: read.DiskFreeMB, UnderVoltage: read.Power == board.PowerLow, ClockSynced: read.ClockSynced,
		Throttled: read.Throttling.Throttled || read.Throttling.FrequencyCap,
		DiskWorn:  read.DiskWornPercent >= wornOut || read.DiskLife == board.LifeUrgent,
	})
}

func (v *vitals) part() health.BoardPart { return *v.newest.Load() }
