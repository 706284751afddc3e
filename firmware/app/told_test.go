package app

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/firmware/health"
	"studiobox/firmware/session"
)

// notebook is a spool that the test reads.
type notebook []string

func (n *notebook) Add(code, sev, det, by string, clear bool) {
	*n = append(*n, fmt.Sprintf("%s %s %q %q %t", code, sev, det, by, clear))
}

func TestAShowIsToldWhenItIsOnAirAndWhenItEnds(t *testing.T) {
	var n notebook
	var told told
	for _, s := range []session.State{
		{Phase: session.Idle, Now: time.Second},
		{Phase: session.Starting, Now: 2 * time.Second},
		{Phase: session.Live, Now: 3 * time.Second, LiveSince: 3 * time.Second},
		{Phase: session.Reconnecting, Now: 30 * time.Second, LiveSince: 3 * time.Second},
		{Phase: session.Live, Now: 60 * time.Second, LiveSince: 3 * time.Second},
		{Phase: session.Idle, Now: 93 * time.Second},
	} {
		told.step(&n, s, nil, time.Time{}.Add(s.Now))
	}
	if want := []string{`show_began info "" "" false`, `show_ended info "90" "" false`}; !slices.Equal(n, want) {
		t.Errorf("told %q", n)
	}
}

func TestConditionsAreToldOnceButForWhatTheSpoolTellsItself(t *testing.T) {
	var n notebook
	var told told
	hot := []health.Condition{{Code: health.TooHot, Severity: health.Warn, Detail: "83"}, {Code: health.EventsFolded, Severity: health.Info}, {Code: health.CameraLost, Severity: health.Fault, Detail: "camera 10.0.0.9: no answer"}}
	now := time.Now()
	for s := range 20 {
		active := hot
		if s > 3 {
			active = nil
		}
		told.step(&n, session.State{}, active, now.Add(time.Duration(s)*time.Second))
	}
	slices.Sort(n)
	if want := []string{`camera_lost fault "" "" false`, `camera_lost fault "" "" true`, `too_hot warn "83" "" false`, `too_hot warn "83" "" true`}; !slices.Equal(n, want) {
		t.Errorf("told %q", n)
	}
}

func TestWhoDidWhatWithTheSessionIsToldOnceEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n notebook
		var told told
		audit := told.audit(&n)
		for range 3 {
			for _, code := range []string{"started_button", "on_air", "off_air", "on_air", "stopped_mqtt", "fault_camera"} {
				audit(code)
			}
		}
		n = n[:0]
		for range 100 {
			audit("refused_line_button")
		}
		time.Sleep(sameAudit)
		audit("refused_line_button")
		audit("started_panel")
		want := []string{`session info "refused_line_button" "button" false`, `session info "refused_line_button" "button" false`, `session info "started_panel" "panel" false`}
		if !slices.Equal(n, want) {
			t.Errorf("told %q", n)
		}
	})
}

func TestALossOfOldEventsIsAConditionForAWhile(t *testing.T) {
	var told told
	now := time.Now()
	for _, c := range []struct {
		folded uint64
		at     time.Duration
		want   bool
	}{{0, 0, false}, {3, time.Minute, true}, {3, 10 * time.Minute, true}, {3, 17 * time.Minute, false}, {4, 18 * time.Minute, true}} {
		if got := told.folds(c.folded, now.Add(c.at)); got != c.want {
			t.Errorf("%d after %v: %t", c.folded, c.at, got)
		}
	}
}
