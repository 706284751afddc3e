package telemetry

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/firmware/telemetry/spool"
	"studiobox/provisioning/contract"
)

func TestWeeksWithoutABrokerCostNoMoreThanTheSpool(t *testing.T) {
	weeks := count(3, 1)
	synctest.Test(t, func(t *testing.T) {
		sp := keep(t, spool.Limits{Bytes: 16 << 10})
		var dials atomic.Int64
		var back atomic.Bool
		p := newTape()
		_, end := dialling(t, Config{Spool: sp}, func() (wire, error) {
			if dials.Add(1); back.Load() {
				return p, nil
			}
			return nil, errSync
		})
		for i := range weeks * 7 * 24 * 2 {
			sp.Add("x", contract.SeverityInfo, fmt.Sprint(i), "", false)
			time.Sleep(30 * time.Minute)
		}
		if stats := sp.Stats(); stats.Bytes > 16<<10 || stats.Folded == 0 {
			t.Errorf("%+v", stats)
		}
		t.Logf("%d weeks: %d attempts, spool %+v", weeks, dials.Load(), sp.Stats())
		if most := int64(weeks * 7 * 24 * 70); dials.Load() > most {
			t.Errorf("%d attempts in %d weeks, want at most %d", dials.Load(), weeks, most)
		}
		back.Store(true)
		time.Sleep(10 * time.Minute)
		var events []contract.Event
		for _, m := range p.of(contract.KindEvent) {
			e, err := contract.ParseEvent(m.payload)
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, e)
		}
		if missing := missing(events); len(events) < 100 || len(missing) > 0 || sp.Stats().Kept != 0 {
			t.Errorf("%d events came, %v are missing without a word, %d are kept", len(events), missing, sp.Stats().Kept)
		}
		end()
	})
}

// missing are the numbers from 1 to the last that neither came nor were told as
// folded.
func missing(events []contract.Event) (gaps []uint64) {
	there, last := map[uint64]bool{}, uint64(0)
	for _, e := range events {
		there[e.N] = true
		last = max(last, e.N)
		if e.Folded != nil {
			for n := e.Folded[0]; n <= e.Folded[1]; n++ {
				there[n] = true
			}
		}
	}
	for n := uint64(1); n <= last; n++ {
		if !there[n] {
			gaps = append(gaps, n)
		}
	}
	return gaps
}
