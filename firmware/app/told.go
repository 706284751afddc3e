package app

import (
	"strconv"
	"strings"
	"time"

	"studiobox/firmware/health"
	"studiobox/firmware/session"
	"studiobox/firmware/telemetry"
	"studiobox/firmware/telemetry/spool"
	"studiobox/provisioning/contract"
)

// sameAudit is how long the same act is not told again: a broken wire or a
// nervous finger would fill the spool.
const sameAudit = 5 * time.Second

// teller takes events; it never waits.
type teller interface {
	Add(code, sev, det, by string, clear bool)
}

// told is what the fleet side has been told of the box. It belongs to the
// conductor.
type told struct {
	edges health.Edges
	live  time.Duration // State.LiveSince as it was last seen

	lastAudit string
	auditAt   time.Time

	folded, unanswered losses
}

// losses are counted somewhere; one is a condition for a while.
type losses struct {
	count uint64 // as last seen
	at    time.Time
}

// lossFor is how long a loss stays a condition.
const lossFor = 15 * time.Minute

// lately tells whether one was lost lately.
func (l *losses) lately(count uint64, now time.Time) bool {
	if count > l.count {
		l.count, l.at = count, now
	}
	return count > 0 && now.Sub(l.at) < lossFor
}

// way judges the way to the fleet side.
func (t *told) way(broker telemetry.Stats, kept spool.Stats, now time.Time, report func(code string, bad bool, detail string)) {
	report(health.MQTTRefused, broker.Refused, broker.LastError)
	report(health.MQTTDown, !broker.Connected, broker.LastError)
	report(health.IdentityClash, broker.Clashing, "")
	report(health.EventsDenied, broker.EventsDenied, "")
	report(health.AnswersLost, t.unanswered.lately(broker.AnswersLost, now), "")
	report(health.SpoolBroken, kept.Broken != "", kept.Broken)
	report(health.EventsFolded, t.folded.lately(kept.Missed+kept.Folded, now), "")
	expired, expires, date := certificate(broker.CertificateEnds, now)
	report(health.CertificateExpired, expired, date)
	report(health.CertificateExpires, expires, date)
}

// expiresSoon is how long before its end a certificate should be renewed.
const expiresSoon = 21 * 24 * time.Hour

// certificate tells how a box's certificate stands; the date is its last day. The
// zero time is a box that has none.
func certificate(ends, now time.Time) (expired, expires bool, date string) {
	if ends.IsZero() {
		return false, false, ""
	}
	left := ends.Sub(now)
	return left < 0, left >= 0 && left < expiresSoon, ends.UTC().Format(time.DateOnly)
}

// step tells what has changed.
func (t *told) step(to teller, state session.State, active []health.Condition, now time.Time) {
	for _, edge := range t.edges.Step(active, now) {
		if edge.Code != health.EventsFolded { // the spool tells it, with the numbers
			to.Add(edge.Code, edge.Severity, figure(edge.Detail), "", edge.Ended)
		}
	}
	switch {
	case state.LiveSince > 0 && t.live == 0:
		to.Add(contract.EventOnAir, contract.SeverityInfo, "", "", false)
	case state.LiveSince == 0 && t.live > 0:
		seconds := int((state.Now - t.live).Round(time.Second).Seconds())
		to.Add(contract.EventOffAir, contract.SeverityInfo, strconv.Itoa(seconds), "", false)
	}
	t.live = state.LiveSince
}

// figure is a detail that may leave the box: a code or a figure. A sentence is for
// the box's own page; it can name addresses in the studio.
func figure(detail string) string {
	if strings.Contains(detail, " ") {
		return ""
	}
	return detail
}

// audit tells what was done with the session, and by whom.
func (t *told) audit(to teller) func(code string) {
	return func(code string) {
		if code == "on_air" || code == "off_air" {
			return // show_began, show_ended and the conditions in between say it
		}
		now := time.Now()
		if code == t.lastAudit && now.Sub(t.auditAt) < sameAudit {
			return
		}
		t.lastAudit, t.auditAt = code, now
		to.Add(contract.EventSession, contract.SeverityInfo, code, actor(code), false)
	}
}

// actor is who did it, where the code ends with a source: "stopped_mqtt".
func actor(code string) string {
	for _, source := range []session.Source{session.Button, session.Panel, session.MQTT, session.Schedule} {
		if strings.HasSuffix(code, "_"+source.String()) {
			return source.String()
		}
	}
	return ""
}
