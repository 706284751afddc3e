package app

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"studiobox/firmware/health"
	"studiobox/firmware/session"
)

func TestWhoAsksTheConductorIsToldWhatBecameOfIt(t *testing.T) {
	stage := &fakeStage{}
	conduct(t, stage, func(c *conductor) {
		var audits []string
		c.onAudit = func(code string) { audits = append(audits, code) }
		ask := func(kind session.Kind) session.State {
			state, err := c.Ask(context.Background(), session.Event{Kind: kind, Source: session.MQTT})
			if err != nil {
				t.Fatal(err)
			}
			return state
		}
		if state := ask(session.Start); state.Attempt != 0 || state.Why != health.WhyRemoteStart {
			t.Errorf("a start without leave: %+v", state)
		}
		c.Post(session.Event{Kind: session.Permit, Source: session.Panel, Allowed: true})
		time.Sleep(time.Second)
		if state := ask(session.Start); state.Attempt != 1 || state.Phase != session.Starting {
			t.Errorf("a start: %s, attempt %d", state.Phase, state.Attempt)
		}
		time.Sleep(time.Second)
		if state := ask(session.Stop); state.Phase != session.Stopping {
			t.Errorf("a stop: %s", state.Phase)
		}
		if got := strings.Join(audits, " "); !strings.HasPrefix(got, "refused_remote_start remote_start_allowed start_asked_mqtt started_mqtt") {
			t.Errorf("audits %s", got)
		}
	})
}

func TestNobodyWaitsForAConductorThatHasEnded(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := newConductor(nil).Ask(ctx, session.Event{Kind: session.Stop}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestStatusTellsOfTheWayToTheFleetSide(t *testing.T) {
	for want, part := range map[string]health.MQTTPart{
		"mqtt      connected, 3 events waiting, 0.6 MB today\n":                  {Enabled: true, Connected: true, Listening: true, EventsWaiting: 3, BytesToday: 612_000},
		"mqtt      connected, hears no orders, 0 events waiting, 0.0 MB today\n": {Enabled: true, Connected: true},
		"mqtt      not connected, 0 events waiting, 0.0 MB today (refused)\n":    {Enabled: true, Error: "refused"},
	} {
		if got := statusText(&health.Snapshot{MQTT: part}); !strings.HasSuffix(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
	}
	if got := statusText(&health.Snapshot{}); strings.Contains(got, "mqtt") {
		t.Errorf("a box without a broker says %q", got)
	}
}
