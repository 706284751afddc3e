package console

import (
	"fmt"
	"html/template"
	"strconv"
	"time"

	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/condition"
)

// headView is who and where a box is, and how it is.
type headView struct {
	Business, Place, Box, Tone, StatusTone, Letter, Status, Verdict string
	Since                                                           time.Time
	Troubles                                                        []troubleView
	Facts                                                           []factView
}

// troubleView is one thing that is wrong with a box.
type troubleView struct {
	Tone, Letter, Title, Todo, Concerns string
	Since                               time.Time
}

type factView struct {
	Name  string
	Value template.HTML
}

func viewHead(v *visit, b roster.Box) headView {
	status, troubles := toneOfStatus(b.Status), viewTroubles(v.say, b)
	if boxLost(b) || b.On && b.StreamDead {
		status = "fault"
	}
	tone := status
	for _, one := range troubles { // the worst thing about the box colours it
		if one.Tone == "fault" || one.Tone == "warn" && tone != "fault" {
			tone = one.Tone
		}
	}
	return headView{
		Business: business(b.Ref()), Place: b.Place, Box: b.ID, Tone: tone, Letter: v.say.Say("letter." + string(b.Status)),
		StatusTone: status, Status: v.say.Say("status." + string(b.Status)), Since: b.Since, Verdict: verdict(v.say, b),
		Troubles: troubles, Facts: viewFacts(v, b),
	}
}

// boxLost tells that the box itself is silent, and longer than is right.
func boxLost(b roster.Box) bool {
	for _, cause := range b.Causes {
		if cause == condition.BoxLost {
			return true
		}
	}
	return false
}

// verdict says in a sentence what is dead, if anything is: the box, or its
// stream alone.
func verdict(say words.Speaker, b roster.Box) string {
	switch {
	case b.Status == roster.Quarantined, b.Status == roster.NeverSeen:
		return say.Say("verdict." + string(b.Status))
	case boxLost(b) && b.OnAir:
		return say.Say("verdict.box_lost_live")
	case boxLost(b):
		return say.Say("verdict.box_lost")
	case b.On && b.StreamDead:
		return say.Say("verdict.stream_dead")
	case b.Status == roster.Updating:
		return say.Say("verdict.updating", "phase", phase(say, b.OTA))
	}
	return say.Say("verdict." + string(b.Status))
}

// viewTroubles lists why a box needs attention, and then what else it reports.
func viewTroubles(say words.Speaker, b roster.Box) []troubleView {
	var all []troubleView
	seen := map[string]bool{}
	add := func(code, severity string, since time.Time) {
		if seen[code] {
			return
		}
		seen[code] = true
		cause, tone := tell(code, say), toneOf(severity)
		all = append(all, troubleView{tone, say.Say("tone." + tone), cause.Title, cause.Todo, concerns(code, say), since})
	}
	reported := map[string]roster.Condition{}
	for _, one := range b.Conditions {
		reported[one.Code] = one
	}
	for _, code := range b.Causes {
		if one, ok := reported[code]; ok {
			add(code, one.Severity, one.Since)
			continue
		}
		add(code, severityOf(code), b.Since)
	}
	if b.On {
		for _, one := range b.Conditions {
			add(one.Code, one.Severity, one.Since)
		}
	}
	return all
}

// viewFacts is what else is known of a box; what is not known is left out.
func viewFacts(v *visit, b roster.Box) []factView {
	say := v.say
	var facts []factView
	add := func(key, value string) {
		if value != "" {
			facts = append(facts, factView{say.Say(key), template.HTML(template.HTMLEscapeString(value))})
		}
	}
	if v.scope.All {
		add("fact.bank", b.Tenant)
	}
	facts = append(facts, factView{say.Say("fact.seen"), say.Since(b.Seen)})
	if b.Session != "" {
		add("fact.session", say.Code("session", b.Session))
	}
	add("fact.network", b.Network)
	add("fact.version", b.Version)
	add("fact.model", b.Model)
	add("fact.serial", b.Serial)
	add("fact.slot", b.Slot)
	if b.Info.V != 0 {
		allowed := "fact.remote.no"
		if b.Info.RS == 1 {
			allowed = "fact.remote.yes"
		}
		add("fact.remote", say.Say(allowed))
	}
	if b.OTA != nil && b.OTA.St != contract.OTAIdle {
		add("fact.update", phase(say, b.OTA))
	}
	if b.Lost > 0 {
		add("fact.lost", say.Number(int(b.Lost)))
	}
	if b.Info.Demo == 1 {
		add("fact.demo", say.Say("fact.demo.yes"))
	}
	return facts
}

// phase says how far an update is.
func phase(say words.Speaker, ota *contract.OTA) string {
	if ota == nil {
		return say.Say("ota.idle")
	}
	text := say.Say("ota."+ota.St, "pct", strconv.Itoa(ota.Pct))
	if ota.To != "" {
		text = fmt.Sprintf("%s (%s)", text, ota.To)
	}
	return text
}
