package roster

import (
	"slices"
	"strings"
	"time"

	"studiobox/provisioning/contract"
)

// record is all that is kept of one box.
type record struct {
	tenant, id string
	index      int // in Roster.all
	listed     entry
	text       string // what a search looks through, in lower case

	presence   presence
	losses     losses
	seen       time.Time
	health     contract.Health
	healthAt   time.Time
	zero       time.Time // since when nothing arrives at the ingest during a show; zero: something does
	lost       uint64
	conditions []Condition
	info       *contract.Info
	infoAt     time.Time
	want       *contract.Want
	got        *contract.Got
	gotAt      time.Time
	ota        *contract.OTA
	otaAt      time.Time

	verdict
	status Status
	since  time.Time
	judged time.Time
	rev    uint64
}

// entry is what the bank's list says of a box.
type entry struct {
	business, place, network string
	health                   time.Duration
	at                       time.Time
	quarantined, listed      bool
}

// list takes over what the bank's list says.
func (b *record) list(l Listed, word func(string) string) {
	at := l.At
	if b.listed.listed && !b.listed.at.IsZero() {
		at = b.listed.at
	}
	b.listed = entry{business: l.Business, place: word(l.Place), network: word(l.Network),
		health: l.Health, at: at, quarantined: l.Quarantined, listed: true}
	b.fold()
}

// fold makes the text that searches look through.
func (b *record) fold() {
	parts := []string{b.id, b.listed.business, b.listed.place, b.serial(), b.listed.network}
	b.text = strings.ToLower(strings.Join(parts, "\n"))
}

// take takes a message in; false: it is older than what is known, or says
// nothing about the present.
func (b *record) take(u Update, hearing time.Time, word func(string) string) bool {
	kept := false
	switch {
	case u.State != nil:
		kept = b.takeState(*u.State, u.At, word)
	case u.Health != nil:
		kept = !u.Retained && !u.At.Before(b.healthAt)
		if kept {
			b.takeHealth(*u.Health, u.At, hearing, word)
		}
	case u.Info != nil:
		if kept = newest(&b.infoAt, u.At); kept {
			i := *u.Info
			i.Model, i.SW, i.Slot, i.Net = word(i.Model), word(i.SW), word(i.Slot), word(i.Net)
			i.Cap = slices.Clone(i.Cap)
			for n, fitted := range i.Cap {
				i.Cap[n] = word(fitted)
			}
			b.info = &i
			b.fold()
		}
	case u.Got != nil:
		if kept = newest(&b.gotAt, u.At); kept {
			b.got = u.Got
		}
	case u.OTA != nil:
		if kept = newest(&b.otaAt, u.At); kept {
			b.ota = u.OTA
		}
	case u.Want != nil:
		if kept = b.want == nil || u.Want.Rev >= b.want.Rev; kept {
			b.want = u.Want
		}
		return kept // the box did not say this
	case u.Event != nil, u.Ack != nil:
		kept = true
	}
	if kept && u.saysWhen() && u.At.After(b.seen) || b.seen.IsZero() && (u.Event != nil || u.Ack != nil) {
		b.seen = u.At
	}
	return kept
}

// newest moves a time on, unless it would go back.
func newest(last *time.Time, at time.Time) bool {
	if at.Before(*last) {
		return false
	}
	*last = at
	return true
}

// takeState takes a state or a will in.
func (b *record) takeState(s contract.State, at time.Time, word func(string) string) bool {
	s.St = word(s.St)
	before := b.presence
	after, kept := before.hear(s, at)
	b.presence = after
	if before.lostTo(after) {
		b.losses.add(at)
	}
	return kept
}

// takeHealth takes figures in.
func (b *record) takeHealth(h contract.Health, at, hearing time.Time, word func(string) string) {
	heardAll := !hearing.IsZero() && !b.healthAt.Before(hearing)
	if !b.healthAt.IsZero() && heardAll {
		b.lost += missed(b.health.N, h.N)
	}
	h.St = word(h.St)
	h.Al = slices.Clone(h.Al)
	for i, code := range h.Al {
		h.Al[i] = word(code)
	}
	b.conditions = conditions(b.conditions, h.Al, at)
	b.health, b.healthAt = h, at
	if !onAir(h.St) || h.Up.Kbps != 0 {
		b.zero = time.Time{}
	} else if b.zero.IsZero() {
		b.zero = at
	}
}

// serial is the computer's serial number, as far as it is known.
func (b *record) serial() string {
	if b.info == nil {
		return ""
	}
	return b.info.Ser
}

// version is the version of the program, as far as it is known.
func (b *record) version() string {
	if b.info == nil {
		return ""
	}
	return b.info.SW
}

// ref names the box.
func (b *record) ref() Ref {
	return Ref{Tenant: b.tenant, ID: b.id, Business: b.listed.business, Place: b.listed.place}
}

// box is a copy for others.
func (b *record) box() Box {
	out := Box{
		Tenant: b.tenant, ID: b.id,
		Business: b.listed.business, Place: b.listed.place, Network: b.listed.network,
		Version: b.version(), Serial: b.serial(), Listed: b.listed.listed, Rev: b.rev,
		Status: b.status, Since: b.since, Seen: b.seen,
		On: b.on, OnAir: b.onAir, StreamDead: b.streamDead, Session: b.presence.birth.St,
		Health: b.health, HealthAt: b.healthAt, Interval: b.interval(),
		Conditions: b.conditions, Want: b.want, Got: b.got, OTA: b.ota,
		Lost: b.lost, Losses: b.losses.within(b.judged),
	}
	if b.info != nil {
		out.Info, out.Model, out.Slot = *b.info, b.info.Model, b.info.Slot
	}
	for _, c := range b.causes {
		out.Causes = append(out.Causes, c.code)
	}
	return out
}

// defaultInterval is between the health messages of a box that nobody told
// otherwise.
const defaultInterval = time.Minute

// interval is between the box's health messages off air.
func (b *record) interval() time.Duration {
	if b.want != nil && b.got != nil && b.want.Rev == b.got.Rev && b.want.Health > 0 {
		return time.Duration(b.want.Health) * time.Second
	}
	if b.listed.health > 0 {
		return b.listed.health
	}
	return defaultInterval
}

// facts are what the verdict rests on.
func (b *record) facts(hearing time.Time) facts {
	f := facts{
		listedAt: b.listed.at, quarantined: b.listed.quarantined,
		tenant:   b.tenant,
		heard:    !b.seen.IsZero() || b.presence != presence{} || b.info != nil || b.got != nil || b.ota != nil,
		presence: b.presence, losses: b.losses,
		healthAt: b.healthAt, hearing: hearing, interval: b.interval(), silent: b.silent,
		zero: b.zero, conditions: b.conditions, otaAt: b.otaAt,
	}
	if b.ota != nil {
		f.ota = b.ota.St
	}
	return f
}
