package roster

import (
	"time"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/condition"
)

const (
	// liveInterval is between the health messages of a box on air.
	liveInterval = 15 * time.Second
	// missing and grace make a silence: so many intervals, and then some.
	missing = 3
	grace   = 30 * time.Second
	// streamPatience is for how long nothing may arrive at the ingest during a
	// show; shorter gaps are the uplink's daily work.
	streamPatience = 30 * time.Second
	// updatePatience is how long a box may be away for an update.
	updatePatience = 15 * time.Minute
	// contradiction is how much later than a will a health message must arrive to
	// prove that the box lives: one that was on its way arrives sooner.
	contradiction = 2 * time.Second
)

// facts are all that a verdict rests on.
type facts struct {
	tenant      string
	quarantined bool
	heard       bool // it spoke at least once
	listedAt    time.Time
	presence    presence
	losses      losses
	healthAt    time.Time
	hearing     time.Time     // since when messages arrive here; zero: they do not
	interval    time.Duration // off air
	silent      time.Time     // when it was found silent; zero: it was not
	zero        time.Time     // since when nothing arrives at the ingest during a show
	conditions  []Condition
	ota         string
	otaAt       time.Time
}

// verdict is what follows from the facts.
type verdict struct {
	status     Status
	on         bool
	onAir      bool
	streamDead bool
	silent     time.Time // since when a box whose session is open counts as gone
	causes     []cause
	next       time.Time // when time alone may change the verdict; zero: never
}

// cause is one reason why a box needs attention.
type cause struct {
	code     string
	severity string
	since    time.Time
	harm     int
}

// judge draws the conclusions at one instant.
func (f facts) judge(rules Rules, now time.Time) verdict {
	j := judging{facts: f, rules: rules, now: now}
	j.look()
	j.status = j.statusOf()
	switch j.status {
	case Quarantined: // ops know
	case NeverSeen:
		j.neverSeen()
	default:
		j.present()
	}
	return j.verdict
}

// judging is the work on one verdict.
type judging struct {
	facts
	rules Rules
	now   time.Time

	lostAt   time.Time // when it fell silent; meaningful while it is not on
	unstable bool
	verdict
}

// due notes an instant at which time alone changes something, and tells whether
// it is still to come.
func (j *judging) due(at time.Time) bool {
	if !at.After(j.now) {
		return false
	}
	if j.next.IsZero() || at.Before(j.next) {
		j.next = at
	}
	return true
}

// look finds out whether the box and its stream live.
func (j *judging) look() {
	j.on = !j.presence.over()
	if !j.on {
		j.lostAt = j.presence.gone.At
		j.on = j.healthAt.After(j.lostAt.Add(contradiction))
	}
	j.onAir = j.on && onAir(j.presence.birth.St)
	if silent := j.silence(); j.on && !silent.IsZero() {
		j.on, j.onAir = false, false
		j.lostAt, j.verdict.silent = silent, silent
	}
	j.unstable = j.losses.within(j.now) >= flaps
	if !j.onAir {
		return
	}
	for _, c := range j.conditions {
		j.streamDead = j.streamDead || c.Code == condition.UplinkDead || c.Code == condition.UplinkDown
	}
	if !j.zero.IsZero() && !j.due(j.zero.Add(streamPatience)) {
		j.streamDead = true
	}
}

// silence is when the box was silent for long enough to say that it is not
// there; zero: it is not. Who has been found silent stays so until it speaks,
// whether anybody hears it meanwhile or not.
func (j *judging) silence() time.Time {
	spoke := j.presence.birth.Since
	if j.healthAt.After(spoke) {
		spoke = j.healthAt
	}
	if !j.facts.silent.IsZero() && !spoke.After(j.facts.silent) {
		return j.facts.silent
	}
	if j.hearing.IsZero() {
		return time.Time{}
	}
	if j.hearing.After(spoke) {
		spoke = j.hearing
	}
	interval := j.interval
	if onAir(j.presence.birth.St) {
		interval = min(interval, liveInterval)
	}
	at := spoke.Add(missing*interval + grace)
	if j.due(at) {
		return time.Time{}
	}
	return at
}

// statusOf is the one word.
func (j *judging) statusOf() Status {
	updating := false
	switch j.ota {
	case contract.OTADownload, contract.OTAInstall, contract.OTAReboot:
		updating = j.on || j.due(j.otaAt.Add(updatePatience))
	}
	switch {
	case j.quarantined:
		return Quarantined
	case !j.heard:
		return NeverSeen
	case !j.on && !updating:
		return Offline
	case j.onAir:
		return j.show()
	case updating:
		return Updating
	case j.ota == contract.OTARolledBack:
		return RolledBack
	}
	return Ready
}

// show is how a show goes.
func (j *judging) show() Status {
	if j.streamDead || j.presence.birth.St != "live" {
		return Degraded
	}
	for _, c := range j.conditions {
		if c.Severity == condition.Fault {
			return Degraded
		}
	}
	return Live
}

// neverSeen lets a box that is on the list for long be looked for.
func (j *judging) neverSeen() {
	if j.listedAt.IsZero() {
		return
	}
	if at := j.listedAt.Add(j.rules.NeverSeen); !j.due(at) {
		j.add(condition.NeverSeen, j.listedAt, false)
	}
}

// add adds a cause with the severity of its code.
func (j *judging) add(code string, since time.Time, show bool) {
	severity := severityOf(code)
	harm := HarmWarn
	switch fault := severity == condition.Fault; {
	case fault && show:
		harm = HarmOnAir
	case fault:
		harm = HarmFault
	case severity == condition.Info:
		harm = HarmInfo
	case show:
		harm = HarmOnAirWarn
	}
	j.causes = append(j.causes, cause{code: code, severity: severity, since: since, harm: harm})
}

// present finds the causes at a box that was heard of.
func (j *judging) present() {
	if j.unstable {
		j.due(j.losses.calm())
		j.add(condition.UnstableNetwork, time.UnixMilli(j.losses[flaps-1]), j.onAir)
	}
	if !j.on {
		j.absent()
		return
	}
	hidden := j.explained()
	for _, c := range j.conditions {
		if c.Severity == condition.Info || hidden(c.Code) {
			continue
		}
		j.add(c.Code, c.Since, j.onAir)
		if j.streamDead && stopsStream(c.Code) {
			j.causes[len(j.causes)-1].harm = HarmStreamDead
		}
	}
	if j.streamDead && !j.stopped() {
		j.add(condition.StreamDead, j.deadSince(), true)
		j.causes[len(j.causes)-1].harm = HarmStreamDead
	}
	switch j.ota {
	case contract.OTARolledBack:
		j.add(UpdateUndone, j.otaAt, j.onAir)
	case contract.OTAFailed:
		j.add(UpdateFailed, j.otaAt, j.onAir)
	}
}

// absent judges a box that is not there: its last conditions explain nothing
// any more. A line that comes and goes explains why a box is away, until its show
// has been away for too long.
func (j *judging) absent() {
	patience, wasLive := j.rules.LostIdle, false
	if own, ok := j.rules.LostIdleOf[j.tenant]; ok {
		patience = own
	}
	if onAir(j.presence.birth.St) && j.presence.gone.St != contract.StShutdown {
		patience, wasLive = j.rules.LostLive, true
	}
	if j.status == Updating || j.unstable && !wasLive {
		return
	}
	if !j.due(j.lostAt.Add(patience)) {
		j.add(condition.BoxLost, j.lostAt, wasLive)
	}
}
