package telemetry

import (
	"errors"
	"io"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/firmware/telemetry/spool"
	"studiobox/provisioning/contract"
)

func TestFourKicksInARowAreAClashAndNothingElseIs(t *testing.T) {
	kick := end{life: 5 * time.Second, hungUp: true}
	cut := end{life: 5 * time.Second}
	unclear := end{life: 5 * time.Second, hungUp: true, owed: true}
	late := end{life: 3 * time.Minute, hungUp: true}
	unreached := end{life: -1}
	for _, c := range []struct {
		name string
		ends []end
		on   bool
	}{
		{"four kicks", []end{kick, kick, kick, kick}, true},
		{"three kicks", []end{kick, kick, kick}, false},
		{"kicks, of which some hit an unanswered message", []end{kick, unclear, kick, unclear, unclear, kick, kick}, true},
		{"a broker that ends whoever publishes", []end{unclear, unclear, unclear, unclear, unclear}, false},
		{"a line that breaks", []end{cut, cut, cut, cut, cut, cut, cut}, false},
		{"kicks with a broken line between them", []end{kick, kick, kick, cut, kick, kick, kick}, false},
		{"a broker that restarts", []end{kick, unreached, kick, unreached, kick, unreached, kick, unreached, kick}, false},
		{"two kicks, and two after the other's pauses", []end{kick, kick, late, late}, true},
		{"a kick, and what is old ends", []end{kick, late, late, late, late}, false},
		{"three kicks, and one after a quiet day", []end{kick, kick, kick, {life: 24 * time.Hour, hungUp: true}, kick}, false},
		{"a broker that ends what is old", []end{late, late, late, late, late}, false},
	} {
		var k clash
		for _, e := range c.ends {
			if e == unreached {
				k.unreached()
			} else {
				k.ended(e)
			}
		}
		if k.on != c.on {
			t.Errorf("%s: clash %t", c.name, k.on)
		}
	}
}

func TestThePauseOfAClashGrowsAndIsForgottenAfterAnHour(t *testing.T) {
	var k clash
	kick := end{life: time.Second, hungUp: true}
	for range clashRow - 1 {
		if wait, _ := k.ended(kick); wait != 0 {
			t.Errorf("waits %s before it is a clash", wait)
		}
	}
	for i, least := range []time.Duration{2, 4, 8, 16, 16, 16} {
		least *= time.Minute
		if wait, found := k.ended(kick); wait < least || wait >= 2*least || found != (i == 0) {
			t.Errorf("pause %d is %s, found %t", i, wait, found)
		}
	}
	if k.lasts(59*time.Minute) || !k.lasts(time.Hour) || k.on {
		t.Error("a clash ends when a session has lasted an hour, and not before")
	}
}

// arena is a broker at which a client ends the session of another with its name.
type arena struct {
	mu    sync.Mutex
	now   *tape
	dials []time.Time
}

func (a *arena) dial() (wire, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now != nil {
		a.now.hangUp(io.EOF)
	}
	a.now = newTape()
	a.dials = append(a.dials, time.Now())
	return a.now, nil
}

// connections are the times of all so far.
func (a *arena) connections() []time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.dials)
}

func TestTwoBoxesWithOneIdentityStopFightingAndTellOps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &arena{}
		spools := []*spool.Spool{keep(t, spool.Limits{}), keep(t, spool.Limits{})}
		var told [2][]bool
		cfg := func(i int) Config {
			return Config{Spool: spools[i], OnClash: func(on bool) { told[i] = append(told[i], on) }}
		}
		first, endFirst := dialling(t, cfg(0), a.dial)
		second, endSecond := dialling(t, cfg(1), a.dial)
		time.Sleep(10 * time.Minute)
		if !first.Stats().Clashing || !second.Stats().Clashing || first.Stats().Clashes == 0 {
			t.Errorf("not seen by both in ten minutes and %d connections: %+v, %+v", len(a.connections()), first.Stats(), second.Stats())
		}
		before := len(a.connections())
		t.Logf("%d connections in the first ten minutes", before)
		const hours = 6
		time.Sleep(hours * time.Hour)
		if n := len(a.connections()) - before; n > hours*60 || n < 5 {
			t.Errorf("%d connections in %d hours, want at most one a minute", n, hours)
		}
		later := a.connections()[before:]
		for i := 10; i < len(later); i++ {
			if took := later[i].Sub(later[i-10]); took < 10*time.Minute {
				t.Errorf("ten connections in %s", took)
			}
		}
		t.Logf("%d connections in the next %d hours", len(later), hours)
		endSecond()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if got := first.Stats(); got.Clashing || !got.Connected {
			t.Errorf("two hours after the other went: %+v", got)
		}
		if !slices.Equal(told[0], []bool{true, false}) || !slices.Equal(told[1], []bool{true}) {
			t.Errorf("told: %v", told)
		}
		events := a.now.of(contract.KindEvent)
		var last contract.Event
		err := errors.New("no event on the last connection")
		if len(events) > 0 {
			last, err = contract.ParseEvent(events[len(events)-1].payload)
		}
		if err != nil || last.Code != contract.EventClash || last.Sev != contract.SeverityFault || last.Clr != 1 {
			t.Errorf("last event %+v (%v)", last, err)
		}
		endFirst()
	})
}

func TestABadLineIsNoClash(t *testing.T) {
	for name, c := range map[string]struct {
		cause error
		life  time.Duration
		dials func(n int) error // what the n-th attempt meets
	}{
		"resets":           {syscall.ECONNRESET, 5 * time.Second, nil},
		"silence":          {errors.New("pingresp not received, disconnecting"), 20 * time.Second, nil},
		"broker restarts":  {io.EOF, 5 * time.Second, func(n int) error { return []error{nil, syscall.ECONNREFUSED}[n%2] }},
		"an idle limit":    {io.EOF, 3 * time.Minute, nil},
		"a line that ends": {io.EOF, 5 * time.Second, func(n int) error { return []error{nil, nil, nil, syscall.ENETUNREACH}[n%4] }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				r, end := dialling(t, Config{}, func() (wire, error) {
					n++
					if c.dials != nil && c.dials(n) != nil {
						return nil, c.dials(n)
					}
					p := newTape()
					time.AfterFunc(c.life, func() { p.hangUp(c.cause) })
					return p, nil
				})
				time.Sleep(6 * time.Hour)
				if got := r.Stats(); got.Clashing || got.Clashes > 0 || got.Connects < 50 {
					t.Errorf("%+v", got)
				}
				end()
			})
		})
	}
}
