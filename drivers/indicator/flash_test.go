package indicator

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// onsets plays random changes of pattern at a random pace and returns when the
// lights lit up or changed their colour.
func onsets(t *testing.T, colours bool, seed uint64) (at []time.Time) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	r := start(t, colours)
	all := Patterns()
	before := 0
	for range 2000 {
		if err := r.Set(all[rng.IntN(len(all))].Name); err != nil {
			t.Fatal(err)
		}
		for range 1 + rng.IntN(60) {
			synctest.Wait()
			now := 0
			for bit, pin := range []bool{bool(r.air.Read()), bool(r.red.Read()), bool(r.green.Read()), bool(r.blue.Read())} {
				if pin {
					now |= 1 << bit
				}
			}
			if now != before && now != 0 {
				at = append(at, time.Now())
			}
			before = now
			time.Sleep(10 * ms)
		}
	}
	r.end(t)
	return at
}

func TestNoSeriesOfPatternsFlashesMoreThanThreeTimesInAnySecond(t *testing.T) {
	for _, colours := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			at := onsets(t, colours, 4)
			if len(at) < 500 {
				t.Fatalf("only %d flashes: too little happened", len(at))
			}
			for i := 3; i < len(at); i++ {
				if gap := at[i].Sub(at[i-3]); gap < time.Second {
					t.Fatalf("colours %v: four flashes in %v", colours, gap)
				}
			}
		})
	}
}

func TestOnAirIsShownWithinASecondThoughTheLightFlashed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, true)
		for _, name := range []string{"idle", "checking", "countdown", "fault", "identify"} {
			r.show(t, name, 50*ms)
		}
		air, _, _, _ := r.show(t, "on_air", 2*time.Second)
		if air < 24 {
			t.Errorf("lit at %d of 40 looks, want it a second after the first flash", air)
		}
		r.end(t)
	})
}

func TestRenewingOnAirAndDegradedInTurnIsNoFlash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, true)
		lit := 0
		for range 20 {
			a, _, _, _ := r.show(t, "on_air", 50*ms)
			b, _, _, _ := r.show(t, "degraded", 50*ms)
			lit += a + b
		}
		if lit != 40 {
			t.Errorf("lit at %d of 40 looks", lit)
		}
		r.end(t)
	})
}
