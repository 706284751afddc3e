package app

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/drivers/indicator"
	"studiobox/firmware/session"
)

// fakeStage notes what the conductor did and acknowledges media when told to.
type fakeStage struct {
	conductor *conductor
	done      []string
	deaf      bool // never answers a stop
	failed    []string
}

func (s *fakeStage) StartPublishing() { s.done = append(s.done, "start") }
func (s *fakeStage) StopPublishing() {
	s.done = append(s.done, "stop")
	if !s.deaf {
		s.conductor.Post(session.Event{Kind: session.Stopped, Attempt: s.conductor.attempt.Load()})
	}
}
func (s *fakeStage) HaltMotion()     { s.done = append(s.done, "halt") }
func (s *fakeStage) Check() []string { return s.failed }

// conduct plays a story to a running conductor and gives what its stage saw and
// through which phases it went.
func conduct(t *testing.T, stage *fakeStage, play func(c *conductor)) (done, phases []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := newConductor(slog.New(slog.DiscardHandler))
		stage.conductor, c.stage, c.gate = c, stage, stage
		c.facts = func(c *conductor) session.Facts {
			if !slices.Contains(stage.done, "start") || slices.Contains(stage.done, "stop") {
				return session.Facts{}
			}
			return session.Facts{LastAck: time.Since(c.born), Connected: true, LineOK: true}
		}
		c.onStep = func(s session.State) {
			if name := s.Phase.String(); len(phases) == 0 || phases[len(phases)-1] != name {
				phases = append(phases, name)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = c.Run(ctx, session.Config{})
		}()
		play(c)
		cancel()
		<-ended
	})
	return stage.done, phases
}

func hold(c *conductor, d time.Duration) {
	c.Post(session.Event{Kind: session.Down, Source: session.Button})
	time.Sleep(d)
	c.Post(session.Event{Kind: session.Up, Source: session.Button})
	time.Sleep(300 * time.Millisecond)
}

func TestAHoldGoesLiveAndALongerHoldStops(t *testing.T) {
	stage := &fakeStage{}
	done, phases := conduct(t, stage, func(c *conductor) {
		c.Post(session.Event{Kind: session.Up, Source: session.Button})
		time.Sleep(100 * time.Millisecond)
		hold(c, 1100*time.Millisecond)
		hold(c, 1600*time.Millisecond)
	})
	if want := []string{"start", "stop", "halt"}; !slices.Equal(done, want) {
		t.Errorf("the stage did %v, want %v", done, want)
	}
	if want := []string{"idle", "countdown", "starting", "live", "stopping", "idle"}; !slices.Equal(phases, want) {
		t.Errorf("phases %v, want %v", phases, want)
	}
}

func TestAFailedCheckPublishesNothing(t *testing.T) {
	stage := &fakeStage{failed: []string{"camera"}}
	done, phases := conduct(t, stage, func(c *conductor) {
		c.Post(session.Event{Kind: session.Up, Source: session.Button})
		time.Sleep(100 * time.Millisecond)
		hold(c, 1100*time.Millisecond)
	})
	if slices.Contains(done, "start") {
		t.Errorf("the stage did %v", done)
	}
	if !slices.Contains(phases, "fault") {
		t.Errorf("phases %v, want a fault", phases)
	}
}

func TestAShutdownOnAirStopsWithinTwoSecondsEvenWhenNobodyAnswers(t *testing.T) {
	stage := &fakeStage{deaf: true}
	var asked time.Time
	var took time.Duration
	synctest.Test(t, func(t *testing.T) {
		c := newConductor(slog.New(slog.DiscardHandler))
		stage.conductor, c.stage, c.gate = c, stage, stage
		c.facts = func(c *conductor) session.Facts {
			return session.Facts{LastAck: time.Since(c.born), Connected: true, LineOK: true}
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = c.Run(ctx, session.Config{})
		}()
		c.Post(session.Event{Kind: session.Up, Source: session.Button})
		time.Sleep(100 * time.Millisecond)
		hold(c, 1100*time.Millisecond)
		asked = time.Now()
		cancel()
		<-ended
		took = time.Since(asked)
	})
	if !slices.Equal(stage.done, []string{"start", "stop", "halt"}) {
		t.Errorf("the stage did %v", stage.done)
	}
	if took > session.StopWithin+2*conductorTick {
		t.Errorf("the end took %v", took)
	}
}

func TestAFloodOfEventsIsDroppedAndCountedAndNeverBlocks(t *testing.T) {
	c := newConductor(slog.New(slog.DiscardHandler))
	for range 10_000 {
		c.Post(session.Event{Kind: session.Start, Source: session.MQTT})
	}
	if got := c.dropped.Load(); got != 10_000-eventRoom {
		t.Errorf("%d events were dropped, want %d", got, 10_000-eventRoom)
	}
	c.Post(session.Event{Kind: session.Up, Source: session.Button})
	if len(c.local) != 1 {
		t.Error("a flood from afar drowned the finger on the box")
	}
}

func TestEveryLampOfTheMachineHasAPattern(t *testing.T) {
	known := map[string]bool{}
	for _, pattern := range indicator.Patterns() {
		known[pattern.Name] = true
	}
	for phase := range session.Faulted + 1 {
		for _, acked := range []time.Duration{0, time.Second} {
			state := session.New(session.Config{})
			state.Phase, state.Now = phase, time.Second
			state.Facts.LastAck = acked
			if lamp := session.Lamp(state); !known[lamp] {
				t.Errorf("in %s the machine wants the lamp %q, which has no pattern", phase, lamp)
			}
		}
	}
}
