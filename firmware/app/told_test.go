package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/firmware/health"
	"studiobox/firmware/session"
	"studiobox/firmware/telemetry"
	"studiobox/firmware/telemetry/spool"
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

func TestWhatIsWrongOnTheWayToTheFleetSideIsACondition(t *testing.T) {
	now := time.Now()
	day := 24 * time.Hour
	good := telemetry.Stats{Connected: true, CertificateEnds: now.Add(90 * day)}
	alter := func(change func(*telemetry.Stats)) telemetry.Stats { s := good; change(&s); return s }
	for name, c := range map[string]struct {
		broker telemetry.Stats
		kept   spool.Stats
		want   string
	}{
		"all is well":                 {good, spool.Stats{}, ""},
		"no certificate":              {telemetry.Stats{Connected: true}, spool.Stats{}, ""},
		"no broker":                   {alter(func(s *telemetry.Stats) { s.Connected = false }), spool.Stats{}, health.MQTTDown},
		"a broker that refuses":       {alter(func(s *telemetry.Stats) { s.Refused = true }), spool.Stats{}, health.MQTTRefused},
		"another box":                 {alter(func(s *telemetry.Stats) { s.Clashing = true }), spool.Stats{}, health.IdentityClash},
		"events forbidden":            {alter(func(s *telemetry.Stats) { s.EventsDenied = true }), spool.Stats{}, health.EventsDenied},
		"answers that were too late":  {alter(func(s *telemetry.Stats) { s.AnswersLost = 3 }), spool.Stats{}, health.AnswersLost},
		"22 days left":                {alter(func(s *telemetry.Stats) { s.CertificateEnds = now.Add(22 * day) }), spool.Stats{}, ""},
		"20 days left":                {alter(func(s *telemetry.Stats) { s.CertificateEnds = now.Add(20 * day) }), spool.Stats{}, health.CertificateExpires},
		"none left":                   {alter(func(s *telemetry.Stats) { s.CertificateEnds = now.Add(-time.Second) }), spool.Stats{}, health.CertificateExpired},
		"a disk that refuses":         {good, spool.Stats{Broken: "no space left"}, health.SpoolBroken},
		"events that made room":       {good, spool.Stats{Folded: 2}, health.EventsFolded},
		"events that found no memory": {good, spool.Stats{Missed: 2}, health.EventsFolded},
	} {
		var bad []string
		new(told).way(c.broker, c.kept, now, func(code string, is bool, _ string) {
			if is {
				bad = append(bad, code)
			}
		})
		if got := strings.Join(bad, " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestALossIsAConditionForAQuarterOfAnHour(t *testing.T) {
	var l losses
	now := time.Now()
	for _, step := range []struct {
		count uint64
		after time.Duration
		want  bool
	}{{0, 0, false}, {1, time.Minute, true}, {1, 15 * time.Minute, true}, {1, 16 * time.Minute, false}, {2, time.Hour, true}} {
		if got := l.lately(step.count, now.Add(step.after)); got != step.want {
			t.Errorf("%d lost, after %s: %t", step.count, step.after, got)
		}
	}
}
