package console

import (
	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/condition"
)

// told is a cause in words.
type told struct{ Title, Todo string }

// tell puts a cause into words for ops. A code without words is shown as it is:
// a newer box may report it.
func tell(code string, say words.Speaker) told {
	if w := condition.Text(code, say.Lang); w.Title != "" {
		return told{w.Title, w.Ops}
	}
	title := say.Code("cause", code)
	if title == code {
		return told{code, say.Say("cause.unknown")}
	}
	return told{title, say.Say("cause." + code + ".todo")}
}

// concerns says what a condition speaks of, in words.
func concerns(code string, say words.Speaker) string {
	d, ok := condition.Of(code)
	if !ok {
		return ""
	}
	return say.Say("concerns." + string(d.Concerns))
}

// toneOf is the step of the one severity scale for a condition.
func toneOf(severity string) string {
	switch severity {
	case contract.SeverityFault, contract.SeverityWarn:
		return severity
	}
	return "info"
}

// toneOfStatus is the step of the scale for a status. Offline alone is no
// fault: shops switch off at night.
func toneOfStatus(status roster.Status) string {
	switch status {
	case roster.Live:
		return "well"
	case roster.Degraded, roster.RolledBack:
		return "warn"
	case roster.Quarantined:
		return "fault"
	case roster.Updating:
		return "info"
	}
	return "none"
}

// business names a box for people: by whose it is, or by its id while nobody
// has said that.
func business(ref roster.Ref) string {
	if ref.Business == "" {
		return ref.ID
	}
	return ref.Business
}

// boxPath is the address of a box's page; ids of the contract need no escape.
func boxPath(tenant, id string) string { return "/box/" + tenant + "/" + id }
