package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/firmware/telemetry/spool"
	"studiobox/provisioning/contract"
)

// tape is a wire that records what is said on it.
type tape struct {
	mu      sync.Mutex
	said    []message
	fail    error         // of each receipt
	slow    time.Duration // what a receipt takes
	onEvent func()
	hold    bool    // receipts of what the courier sends wait for ack
	held    []*slip // those
	grant   error   // of the subscription
	asked   int     // subscriptions
	end     chan struct{}
	ending  error    // why it ended
	left    []string // how we ended it
}

// slip is a receipt that a test fills in.
type slip struct {
	done chan struct{}
	err  error
}

func (s *slip) Done() <-chan struct{} { return s.done }

func (s *slip) Error() error { return s.err }

func (p *tape) send(kind contract.Kind, payload []byte) receipt {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail == nil {
		p.said = append(p.said, message{kind: kind, payload: payload, at: time.Now()})
	}
	s := &slip{make(chan struct{}), p.fail}
	if kind == contract.KindEvent && p.onEvent != nil {
		go p.onEvent()
	}
	if p.hold && (kind == contract.KindEvent || kind == contract.KindAck) {
		p.held = append(p.held, s)
		return s
	}
	time.AfterFunc(p.slow, func() { close(s.done) })
	return s
}

func (p *tape) listen() receipt {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	return failed{p.grant}
}

// answer sets what the broker says to subscriptions from now on.
func (p *tape) answer(refusal error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.grant = refusal
}

// subscriptions counts them.
func (p *tape) subscriptions() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func (p *tape) lost() <-chan struct{} { return p.end }

func (p *tape) cause() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ending
}

func (p *tape) close() { p.say("close") }

func (p *tape) drop() { p.say("drop") }

// say notes how the connection was ended from our side.
func (p *tape) say(how string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = append(p.left, how)
}

// ack fills in the oldest receipts that are held.
func (p *tape) ack(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.held[:n] {
		close(s.done)
	}
	p.held = p.held[n:]
}

// hangUp ends the connection as the other side.
func (p *tape) hangUp(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.end:
	default:
		p.ending = cause
		close(p.end)
	}
}

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

// session is one on a wire.
func (r *Reporter) session(w wire) *session {
	return &session{Reporter: r, wire: w, boot: "3f9c1e7a", promised: r.promise()}
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
		session.Go(func() { r.session(p).serve(ctx) })
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
		p := &tape{end: make(chan struct{}), ending: errors.New("cut")}
		time.AfterFunc(time.Second, func() { close(p.end) })
		if err := r.session(p).serve(t.Context()); err == nil || err.Error() != "cut" {
			t.Errorf("serve returned %v, want cut", err)
		}
	})
}

func TestWithASpoolHealthIsCountedOnOverRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sp := keep(t, spool.Limits{})
		last := uint64(0)
		for range 3 {
			p := newTape()
			_, end := dialling(t, Config{Spool: sp}, func() (wire, error) { return p, nil })
			time.Sleep(5 * time.Minute)
			end()
			for _, m := range p.of(contract.KindHealth) {
				h, err := contract.ParseHealth(m.payload)
				if err != nil || h.N != last+1 {
					t.Errorf("health %d after %d (%v)", h.N, last, err)
				}
				last = h.N
			}
		}
		if last < 12 {
			t.Errorf("%d messages", last)
		}
	})
}

func TestOnlyAFarewellThatArrivedTakesThePlaceOfTheWill(t *testing.T) {
	for want, p := range map[string]*tape{"close": {}, "drop": {slow: 24 * time.Hour}} {
		synctest.Test(t, func(t *testing.T) {
			p.end = make(chan struct{})
			_, end := dialling(t, Config{}, func() (wire, error) { return p, nil })
			time.Sleep(time.Second)
			end()
			if len(p.left) != 1 || p.left[0] != want {
				t.Errorf("left by %q, want %s", p.left, want)
			}
		})
	}
}
