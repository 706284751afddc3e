package telemetry

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"studiobox/firmware/telemetry/spool"
	"studiobox/provisioning/contract"
)

// count is how often something is done: whole, or less in a short test.
func count(whole, short int) int {
	if testing.Short() {
		return short
	}
	return whole
}

// stormPace comes back at once.
func stormPace() pace {
	p := quickPace()
	p.retry.First, p.retry.Max = 10*time.Millisecond, 40*time.Millisecond
	return p
}

// busy adds events, some 200 a second, until stop is called, which returns how
// many.
func busy(sp *spool.Spool) (stop func() int) {
	ctx, cancel := context.WithCancel(context.Background())
	var adding sync.WaitGroup
	n := 0
	adding.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			sp.Add("x", contract.SeverityInfo, fmt.Sprint(n), "", false)
			n++
			<-tick.C
		}
	})
	return func() int { cancel(); adding.Wait(); return n }
}

// atRest waits until the fleet side has all events, and that a reader who comes
// now finds the box online, with the boot of its present session.
func (s *station) atRest(t *testing.T, b broker, sp *spool.Spool) {
	t.Helper()
	eventually(t, "no event is left", func() bool {
		stats := sp.Stats()
		return stats.Waiting == 0 && stats.Kept == 0 && s.Stats().Connected
	})
	f := listenTo(t, b, "studio/v1/+/+/state")
	is := func() bool {
		all := f.all()
		if len(all) == 0 {
			return false
		}
		last := all[len(all)-1].state(t)
		return last.On == 1 && last.Boot == s.Stats().Boot
	}
	eventually(t, "the last state is on, of the last boot", is)
	<-time.After(300 * time.Millisecond)
	if !is() {
		t.Errorf("a false offline stays: %s", f.all()[len(f.all())-1].payload)
	}
}

func TestFiftyRestartsOfTheBrokerLoseNoEvent(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		running(t, b)
		l := (&line{target: b.addr(), watch: newCustoms()}).open(t)
		sp := keep(t, spool.Limits{})
		s := report(t, Config{Broker: l.url(), Listen: true, Spool: sp}, stormPace())
		stop := busy(sp)
		restarts := count(50, 5)
		for range restarts {
			eventually(t, "connected", func() bool { return s.Stats().Connected })
			<-time.After(rand.N(60 * time.Millisecond))
			b.stop(t)
			eventually(t, "the loss is seen", func() bool { return !s.Stats().Connected })
			before := l.accepted.Load()
			eventually(t, "an attempt meets no broker", func() bool { return l.accepted.Load() > before })
			b.start(t)
		}
		eventually(t, "connected", func() bool { return s.Stats().Connected })
		n := stop()
		s.atRest(t, b, sp)
		l.watch.check(t, n)
		if got := s.Stats(); got.Connects < uint64(restarts) {
			t.Errorf("%d connections in %d restarts", got.Connects, restarts)
		} else if got.Clashes > 0 {
			t.Errorf("restarts were taken for a clash: %+v", got)
		}
	})
}

func TestALineThatIsCutInTheMiddleOfMessagesLosesNoEvent(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		running(t, b)
		l := &line{target: b.addr(), watch: newCustoms(), limit: func() int64 { return 1 + rand.Int64N(3000) }}
		l.open(t)
		sp := keep(t, spool.Limits{})
		s := report(t, Config{Broker: l.url(), Listen: true, Spool: sp}, stormPace())
		stop := busy(sp)
		cuts := int64(count(30, 8))
		eventually(t, "many cuts", func() bool { return l.accepted.Load() >= cuts })
		n := stop()
		whole := (&line{target: b.addr(), watch: l.watch}).open(t) // and now the line holds
		s.end()
		again := report(t, Config{Broker: whole.url(), Listen: true, Spool: sp}, stormPace())
		again.atRest(t, b, sp)
		l.watch.check(t, n)
		if got := s.Stats(); got.Clashes > 0 {
			t.Errorf("cuts were taken for a clash: %+v", got)
		}
	})
}

func TestABrokerThatStopsInTheMiddleIsLeftAndFoundAgain(t *testing.T) {
	b := newMosquitto(t, false)
	running(t, b)
	l := (&line{target: b.addr(), watch: newCustoms()}).open(t)
	sp := keep(t, spool.Limits{})
	p := stormPace()
	p.ack, p.dial = 500*time.Millisecond, 500*time.Millisecond
	s := report(t, Config{Broker: l.url(), Listen: true, Spool: sp}, p)
	stop := busy(sp)
	for range count(3, 1) {
		eventually(t, "connected", func() bool { return s.Stats().Connected })
		if err := b.child.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it is seen to hang", func() bool {
			got := s.Stats()
			return !got.Connected && (strings.Contains(got.LastError, "does not acknowledge") || strings.Contains(got.LastError, "does not answer"))
		})
		if err := b.child.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "connected", func() bool { return s.Stats().Connected })
	n := stop()
	s.atRest(t, b, sp)
	l.watch.check(t, n)
}
