package roster

import (
	"strings"
	"time"

	"studiobox/provisioning/contract/condition"
)

// severityOf is the severity of a code; one that this version does not know
// comes from a newer box and counts as a warning.
func severityOf(code string) string {
	if d, ok := condition.Of(code); ok {
		return d.Severity
	}
	return condition.Warn
}

// conditions brings the list of conditions up to the codes that a box reports
// now. One that holds on keeps its time.
func conditions(before []Condition, codes []string, at time.Time) []Condition {
	if same(before, codes) {
		return before
	}
	var after []Condition
	for _, code := range codes {
		if strings.HasPrefix(code, "+") {
			continue // so many more did not fit
		}
		c := Condition{Code: code, Severity: severityOf(code), Since: at}
		for _, old := range before {
			if old.Code == code {
				c.Since = old.Since
			}
		}
		after = append(after, c)
	}
	return after
}

// same tells whether the codes are those of the conditions.
func same(conditions []Condition, codes []string) bool {
	if len(conditions) != len(codes) {
		return false
	}
	for i, c := range conditions {
		if c.Code != codes[i] {
			return false
		}
	}
	return true
}

// stopsStream tells whether a condition by itself explains that no stream
// arrives: mending anything further down the way would be wasted.
func stopsStream(code string) bool {
	switch code {
	case condition.CameraLost, condition.CameraRefused, condition.EncoderDown, condition.IngestRefused:
		return true
	}
	return false
}

// stopped tells whether one of the conditions explains a dead stream.
func (j *judging) stopped() bool {
	for _, c := range j.conditions {
		if stopsStream(c.Code) {
			return true
		}
	}
	return false
}

// explained tells which conditions are mere consequences of a fact about the
// whole box.
func (j *judging) explained() func(code string) bool {
	return func(code string) bool {
		switch code {
		case condition.UplinkDown, condition.UplinkDead, condition.IngestSlow:
			return j.streamDead
		case condition.RateFloor:
			return j.streamDead || j.unstable
		case condition.MQTTDown:
			return j.unstable
		}
		return false
	}
}

// deadSince is since when the stream of a show is dead.
func (j *judging) deadSince() time.Time {
	since := j.zero
	for _, c := range j.conditions {
		if c.Code != condition.UplinkDead && c.Code != condition.UplinkDown {
			continue
		}
		if since.IsZero() || c.Since.Before(since) {
			since = c.Since
		}
	}
	return since
}
