package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/provisioning/contract"
)

// tape is a wire that records what is said on it.
type tape struct {
	mu   sync.Mutex
	said []message
	fail error         // what publish returns
	slow time.Duration // what publish takes
	end  chan struct{}
}

func (p *tape) publish(ctx context.Context, kind contract.Kind, payload []byte) error {
	pause(ctx, p.slow)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail == nil {
		p.said = append(p.said, message{kind: kind, payload: payload, at: time.Now()})
	}
	return p.fail
}

func (p *tape) lost() <-chan struct{} { return p.end }

func (p *tape) cause() error { return errors.New("cut") }

// of lists the recorded messages of a kind.
func (p *tape) of(kind contract.Kind) []message {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []message
	for _, m := range p.said {
		if m.kind == kind {
			found = append(found, m)
		}
	}
	return found
}

// serving runs a session on a tape in virtual time, with a fleet's own pace.
func serving(t *testing.T, p *tape, test func(s *studio, r *Reporter, end func())) {
	synctest.Test(t, func(t *testing.T) {
		p.end = make(chan struct{}) // in here, or virtual time would wait for it
		s := newStudio()
		r, err := New(Config{Broker: "tcp://nowhere", Tenant: tenant, Box: box}, s, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var session sync.WaitGroup
		session.Go(func() { r.serve(ctx, p, "3f9c1e7a") })
		end := func() { cancel(); session.Wait() }
		defer end()
		test(s, r, end)
	})
}

func TestHealthComesEveryMinuteAndOftenerOnAirNeverInStep(t *testing.T) {
	for _, c := range []struct {
		state    string
		interval time.Duration
	}{
		{"idle", time.Minute}, {"checking", time.Minute}, {"fault", time.Minute},
		{"live", 15 * time.Second}, {"degraded", 15 * time.Second}, {"reconnecting", 15 * time.Second},
	} {
		p := &tape{}
		serving(t, p, func(s *studio, _ *Reporter, _ func()) {
			s.become(c.state)
			time.Sleep(time.Hour)
			all := p.of(contract.KindHealth)
			distinct := map[time.Duration]bool{}
			for i := 1; i < len(all); i++ {
				gap := all[i].at.Sub(all[i-1].at)
				distinct[gap] = true
				// One look later than due is as late as it gets.
				if gap < c.interval*9/10 || gap > c.interval*11/10+200*time.Millisecond {
					t.Errorf("%s: %s between two messages", c.state, gap)
				}
			}
			if want := int(time.Hour / c.interval); len(all) < want*85/100 || len(distinct) < 10 {
				t.Errorf("%s: %d messages in an hour at %d distances", c.state, len(all), len(distinct))
			}
		})
	}
}

func TestAShowThatBeginsDoesNotWaitForTheSlowInterval(t *testing.T) {
	p := &tape{}
	serving(t, p, func(s *studio, _ *Reporter, _ func()) {
		time.Sleep(20 * time.Second)
		s.become("live")
		time.Sleep(time.Second)
		if n := len(p.of(contract.KindHealth)); n != 2 {
			t.Errorf("%d health messages, want the first and one more", n)
		}
	})
}

func TestHealthIsNumberedWithoutGaps(t *testing.T) {
	p := &tape{}
	serving(t, p, func(*studio, *Reporter, func()) {
		time.Sleep(10 * time.Minute)
		for i, m := range p.of(contract.KindHealth) {
			if h, err := contract.ParseHealth(m.payload); err != nil || h.N != uint64(i+1) {
				t.Errorf("message %d carries n = %d (%v)", i+1, h.N, err)
			}
		}
	})
}

func TestAnUnchangedStateIsRepeatedEveryQuarterOfAnHour(t *testing.T) {
	p := &tape{}
	serving(t, p, func(*studio, *Reporter, func()) {
		time.Sleep(61 * time.Minute)
		if n := len(p.of(contract.KindState)); n != 5 {
			t.Errorf("%d states in 61 minutes, want 5", n)
		}
		if n := len(p.of(contract.KindInfo)); n != 1 {
			t.Errorf("%d infos, want 1", n)
		}
	})
}

func TestBeforeTheFirstSnapshotTheStateIsSetup(t *testing.T) {
	p := &tape{}
	serving(t, p, func(s *studio, _ *Reporter, _ func()) {
		s.now.Store(nil)
		time.Sleep(time.Second)
		states := p.of(contract.KindState)
		last, err := contract.ParseState(states[len(states)-1].payload)
		if err != nil || last.St != contract.StSetup || last.On != 1 {
			t.Errorf("state %+v (%v), want setup and on", last, err)
		}
	})
}

func TestTheFarewellIsNotWaitedForLongerThanItsTime(t *testing.T) {
	p := &tape{}
	p.slow = 24 * time.Hour
	serving(t, p, func(_ *studio, _ *Reporter, end func()) {
		time.Sleep(time.Second)
		began := time.Now()
		end()
		if took := time.Since(began); took > 250*time.Millisecond {
			t.Errorf("the end took %s", took)
		}
	})
}

func TestWhatCouldNotBeSentIsCountedAsFailed(t *testing.T) {
	p := &tape{}
	p.fail = errNoAck
	serving(t, p, func(_ *studio, r *Reporter, _ func()) {
		time.Sleep(time.Second)
		if got := r.Stats(); got.Published != 0 || got.Failed == 0 {
			t.Errorf("published %d, failed %d", got.Published, got.Failed)
		}
	})
}

func TestALostWireEndsTheSessionWithItsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := New(Config{Broker: "tcp://nowhere", Tenant: tenant, Box: box}, newStudio(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		p := &tape{end: make(chan struct{})}
		time.AfterFunc(time.Second, func() { close(p.end) })
		if err := r.serve(t.Context(), p, "3f9c1e7a"); err == nil || err.Error() != "cut" {
			t.Errorf("serve returned %v, want cut", err)
		}
	})
}
