package telemetry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/firmware/telemetry/spool"
	"studiobox/provisioning/contract"
)

// keep is a spool that is written for the length of the test, in a file of its
// own.
func keep(t *testing.T, limits spool.Limits) *spool.Spool {
	t.Helper()
	return keepIn(t, filepath.Join(t.TempDir(), "events.db"), limits).Spool
}

// kept is a spool that is written until its end.
type kept struct {
	*spool.Spool
	end func()
}

func keepIn(t *testing.T, path string, limits spool.Limits) kept {
	t.Helper()
	sp, err := spool.Open(path, limits, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = sp.Run(ctx) })
	end := func() { cancel(); running.Wait() }
	t.Cleanup(end)
	return kept{sp, end}
}

// happen adds n events that can be told apart, and waits until they are safe.
func happen(t *testing.T, sp *spool.Spool, from, n int) {
	t.Helper()
	safe := sp.Stats().Written + uint64(n)
	for i := range n {
		sp.Add("x", contract.SeverityInfo, fmt.Sprint(from+i), "", false)
	}
	for sp.Stats().Written < safe {
		time.Sleep(time.Millisecond)
	}
}

// dets are the details of the events among the messages.
func dets(t *testing.T, messages []message) (list []string) {
	t.Helper()
	for _, m := range messages {
		if m.kind != contract.KindEvent {
			continue
		}
		e, err := contract.ParseEvent(m.payload)
		if err != nil {
			t.Error(err)
		}
		list = append(list, e.Det)
	}
	return list
}

// dialling runs a reporter in virtual time on the wires that dial makes.
func dialling(t *testing.T, cfg Config, dial func() (wire, error)) (r *Reporter, end func()) {
	t.Helper()
	cfg.Broker, cfg.Tenant, cfg.Box = "ssl://nowhere", tenant, box
	r, err := New(cfg, newStudio(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r.dialer = func(_ context.Context, _ contract.State, promise func() time.Duration) (wire, error) {
		w, err := dial()
		promise() // as the real one: once it is connected
		return w, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = r.Run(ctx) })
	return r, func() { cancel(); running.Wait() }
}

// connected is dialling where a connection is there when the test has put a tape
// into the channel.
func connected(t *testing.T, cfg Config, tapes <-chan *tape) (r *Reporter, end func()) {
	t.Helper()
	return dialling(t, cfg, func() (wire, error) {
		select {
		case p := <-tapes:
			return p, nil
		default:
			return nil, errSync
		}
	})
}

func newTape() *tape { return &tape{end: make(chan struct{})} }

func TestAtMostSixteenEventsAreUnderWayAndNoneGoesBeforeItsAcknowledgement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sp := keep(t, spool.Limits{})
		happen(t, sp, 0, 100)
		tapes := make(chan *tape, 1)
		first := newTape()
		first.hold = true
		tapes <- first
		_, end := connected(t, Config{Spool: sp}, tapes)
		time.Sleep(time.Second)
		if got := dets(t, first.of(contract.KindEvent)); len(got) != inFlight || got[0] != "0" || got[15] != "15" {
			t.Errorf("under way: %s", got)
		}
		first.ack(5)
		time.Sleep(time.Second)
		if got := dets(t, first.of(contract.KindEvent)); len(got) != inFlight+5 {
			t.Errorf("after five acknowledgements %d were sent", len(got))
		}
		if kept := sp.Stats().Kept; kept != 95 {
			t.Errorf("%d events are kept, want the 95 that the broker has not taken", kept)
		}
		first.hangUp(errSync)
		second := newTape()
		tapes <- second
		time.Sleep(time.Minute)
		got := dets(t, second.of(contract.KindEvent))
		for i := range 95 {
			if len(got) != 95 || got[i] != fmt.Sprint(i+5) {
				t.Fatalf("on the next connection came %s, want 5 to 99 in order", got)
			}
		}
		if kept := sp.Stats().Kept; kept != 0 {
			t.Errorf("%d events are kept after all were taken", kept)
		}
		end()
	})
}

// errSync stands for a line that broke.
var errSync = errors.New("broken")

func TestAnEventIsToldWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sp := keep(t, spool.Limits{})
		tapes, p := make(chan *tape, 1), newTape()
		tapes <- p
		_, end := connected(t, Config{Spool: sp}, tapes)
		time.Sleep(time.Minute)
		sp.Add("camera_lost", contract.SeverityFault, "a", "", false)
		time.Sleep(time.Second)
		if got := dets(t, p.of(contract.KindEvent)); len(got) != 1 || got[0] != "a" {
			t.Errorf("told: %q", got)
		}
		end()
	})
}

func TestABrokerThatForgetsAnEventLosesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sp := keep(t, spool.Limits{})
		happen(t, sp, 0, 1)
		tapes, p := make(chan *tape, 1), newTape()
		p.hold = true
		tapes <- p
		r, end := connected(t, Config{Spool: sp}, tapes)
		time.Sleep(9 * time.Second)
		if !r.Stats().Connected {
			t.Error("given up before its time")
		}
		for range 3000 { // until it is told; the next attempt says something else
			if time.Sleep(time.Millisecond); !r.Stats().Connected {
				break
			}
		}
		if got := r.Stats(); got.Connected || !strings.Contains(got.LastError, "does not acknowledge") || sp.Stats().Kept != 1 {
			t.Errorf("%+v", got)
		}
		end()
	})
}

// pile is the tapes of a test so far.
type pile struct {
	mu    sync.Mutex
	tapes []*tape
}

func (p *pile) add(one *tape) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tapes = append(p.tapes, one)
}

func (p *pile) list() []*tape {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.tapes)
}

func TestABrokerThatForbidsEventsMakesNoHotLoopAndNoSilentBox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sp := keep(t, spool.Limits{})
		happen(t, sp, 0, 3)
		var all pile
		var forbids atomic.Bool
		forbids.Store(true)
		r, end := dialling(t, Config{Spool: sp}, func() (wire, error) {
			p := newTape()
			all.add(p)
			if p.hold = forbids.Load(); p.hold {
				p.onEvent = func() { p.hangUp(io.EOF) }
			}
			return p, nil
		})
		time.Sleep(time.Hour)
		if got := r.Stats(); !got.EventsDenied || got.Clashing || len(all.list()) > 8 || !got.Connected {
			t.Errorf("an hour later: %d connections, %+v", len(all.list()), got)
		}
		health := 0
		for _, p := range all.list() {
			health += len(p.of(contract.KindHealth))
		}
		if health < 50 {
			t.Errorf("%d health messages in an hour", health)
		}
		if sp.Stats().Kept != 3 {
			t.Errorf("%d of 3 events are kept", sp.Stats().Kept)
		}
		forbids.Store(false)
		all.list()[len(all.list())-1].hangUp(errSync)
		time.Sleep(5 * time.Hour)
		if got := r.Stats(); got.EventsDenied || sp.Stats().Kept != 0 {
			t.Errorf("after the mistake was mended %d events are kept, %+v", sp.Stats().Kept, got)
		}
		end()
	})
}

func TestAnswersGoFirstOutliveAConnectionAndGoStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tapes := make(chan *tape, 1)
		r, end := connected(t, Config{}, tapes)
		r.Answer(contract.Ack{TS: 1, St: contract.AckDone})
		time.Sleep(answerFor + time.Second)
		r.Answer(contract.Ack{TS: 2, St: contract.AckDone})
		first := newTape()
		first.hold = true
		tapes <- first
		for !r.Stats().Connected {
			time.Sleep(time.Second)
		}
		time.Sleep(time.Second)
		r.Answer(contract.Ack{TS: 3, St: contract.AckDone})
		time.Sleep(time.Second)
		if got := stamps(first); got != "2 3" {
			t.Errorf("sent: %q", got)
		}
		first.ack(1)
		time.Sleep(time.Second)
		first.hangUp(errSync)
		second := newTape()
		tapes <- second
		time.Sleep(125 * time.Second) // after so many failures the next attempt may take two minutes
		if got := stamps(second); got != "3" {
			t.Errorf("sent on the next connection: %q", got)
		}
		if got := r.Stats().AnswersLost; got != 1 {
			t.Errorf("%d answers lost, want the stale one", got)
		}
		end()
	})
}

// stamps are the ts of the acks on a tape.
func stamps(p *tape) string {
	var list []string
	for _, m := range p.of(contract.KindAck) {
		var ack contract.Ack
		json.Unmarshal(m.payload, &ack)
		list = append(list, fmt.Sprint(ack.TS))
	}
	return strings.Join(list, " ")
}

func TestOfTooManyAnswersTheOldestGo(t *testing.T) {
	r, err := New(Config{Broker: "tcp://nowhere", Tenant: tenant, Box: box}, newStudio(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for i := range answersSize + 6 {
		r.Answer(contract.Ack{TS: int64(i)})
	}
	waiting, _ := r.answers.take(time.Now())
	if len(waiting) != answersSize || !strings.Contains(string(waiting[0].payload), `"ts":6`) || r.Stats().AnswersLost != 6 {
		t.Errorf("%d wait, first %s, %d lost", len(waiting), waiting[0].payload, r.Stats().AnswersLost)
	}
}

func TestWhatIsSettledIsSaidOnEachConnectionInItsNewestForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tapes, first := make(chan *tape, 1), newTape()
		tapes <- first
		r, end := connected(t, Config{}, tapes)
		r.Settle(contract.KindGot, []byte("1"))
		time.Sleep(time.Second)
		r.Settle(contract.KindOTA, []byte("o"))
		r.Settle(contract.KindGot, []byte("2"))
		r.Settle(contract.KindGot, []byte("2"))
		time.Sleep(time.Second)
		if got, ota := first.of(contract.KindGot), first.of(contract.KindOTA); len(got) != 2 || string(got[1].payload) != "2" || len(ota) != 1 {
			t.Errorf("said: got %v, ota %v", got, ota)
		}
		first.hangUp(errSync)
		second := newTape()
		tapes <- second
		time.Sleep(time.Minute)
		if got, ota := second.of(contract.KindGot), second.of(contract.KindOTA); len(got) != 1 || string(got[0].payload) != "2" || len(ota) != 1 {
			t.Errorf("said on the next connection: got %v, ota %v", got, ota)
		}
		end()
	})
}
