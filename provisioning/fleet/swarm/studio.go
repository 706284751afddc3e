package swarm

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/condition"
)

// The session states that a simulated box knows, as a real one spells them.
const (
	idle         = "idle"
	live         = "live"
	degraded     = "degraded"
	reconnecting = "reconnecting"
)

// maxEvents bounds the events that wait for a broker; the oldest are folded.
const maxEvents = 64

// onAir tells whether a session state is a show.
func onAir(st string) bool { return st == live || st == degraded || st == reconnecting }

// stateOf is the session state of a scene.
func stateOf(scene Scene) string {
	switch {
	case !scene.OnAir:
		return idle
	case scene.Has(DeadStream):
		return reconnecting
	case scene.Has(Bug), scene.Has(NoCamera), scene.Has(Weak):
		return degraded
	}
	return live
}

// conditions are the codes of a scene, worst first.
func (b *box) conditions(scene Scene) []string {
	var codes []string
	for _, c := range []struct {
		holds bool
		code  string
	}{
		{scene.Has(Weak), condition.UnderVoltage},
		{scene.Has(NoCamera), condition.CameraLost},
		{scene.Has(Bug), condition.EncoderDown},
		{scene.Has(DeadStream), condition.UplinkDead},
		{scene.Has(Twin) && b.kicked >= 2, condition.IdentityClash},
		{scene.Has(Hot), condition.TooHot},
	} {
		if c.holds {
			codes = append(codes, c.code)
		}
	}
	return codes
}

// notice makes events of what began and what ended.
func (b *box) notice(now time.Time, scene Scene) {
	codes := b.conditions(scene)
	for _, code := range codes {
		if !slices.Contains(b.al, code) {
			b.note(code, severityOf(code), false, "")
		}
	}
	for _, code := range b.al {
		if !slices.Contains(codes, code) {
			b.note(code, severityOf(code), true, "")
		}
	}
	b.al = codes
	switch {
	case scene.OnAir && !b.onAir:
		b.showAt = now
		b.note(contract.EventOnAir, contract.SeverityInfo, false, "")
	case !scene.OnAir && b.onAir:
		b.note(contract.EventOffAir, contract.SeverityInfo, false, strconv.Itoa(int(now.Sub(b.showAt).Seconds())))
	}
	b.onAir = scene.OnAir
}

func severityOf(code string) string {
	if d, ok := condition.Of(code); ok {
		return d.Severity
	}
	return contract.SeverityWarn
}

// note keeps an event until the broker has it.
func (b *box) note(code, severity string, clear bool, detail string) {
	e := contract.Event{Code: code, Sev: severity, Det: detail}
	if clear {
		e.Clr = 1
	}
	b.spool(e)
}

// audit notes what somebody had the box do.
func (b *box) audit(detail, by string) {
	b.spool(contract.Event{Code: contract.EventCommand, Sev: contract.SeverityInfo, Det: detail, By: by})
}

func (b *box) spool(e contract.Event) {
	b.n++
	e.V, e.TS, e.Epoch, e.N = contract.Version, time.Now().Unix(), b.epoch, b.n
	b.events = append(b.events, spooled{event: e})
	if len(b.events) <= maxEvents {
		return
	}
	first, last := b.events[0].event, b.events[maxEvents/2].event
	from := first.N
	if first.Folded != nil {
		from = first.Folded[0]
	}
	b.n++
	folded := contract.Event{
		V: contract.Version, TS: e.TS, Epoch: b.epoch, N: b.n, Code: contract.EventFolded,
		Sev: contract.SeverityInfo, Folded: &[2]uint64{from, last.N},
	}
	b.events = append(slices.Clone(b.events[maxEvents/2+1:]), spooled{event: folded})
}

// infoOf is what the box says of itself.
func (b *box) infoOf(scene Scene) []byte {
	version := b.who.Version
	if scene.Past == Update {
		version = newVersion
	}
	net := "wired"
	if strings.HasPrefix(b.who.Network, "mobile") {
		net = "mobile"
	}
	return contract.Info{
		V: contract.Version, Model: "simulated", SW: version, Cap: []string{"light", "turntable"},
		Ser: b.who.ID, Slot: "A", Net: net, Demo: 1,
	}.Encode()
}

// newVersion is what an update brings.
const newVersion = "1.9.1"

// otaOf is how far an update has come; the last one said when none is near.
func (b *box) otaOf(now time.Time, scene Scene, last []byte) []byte {
	o := contract.OTA{V: contract.Version, Job: "demo-" + newVersion, From: b.who.Version, To: newVersion}
	switch p := scene.Phase; {
	case scene.Past == Update:
		o.St = contract.OTADone
	case scene.Past == Undone:
		o.St, o.Why = contract.OTARolledBack, "selftest"
	case !scene.Has(Update) && !scene.Has(Undone):
		return nil
	case p < 0.1:
		o.St = contract.OTAQueued
	case p < 0.5:
		o.St, o.Pct = contract.OTADownload, int((p-0.1)*250)
	case p < 0.85:
		o.St, o.Pct = contract.OTAInstall, int((p-0.5)*285)
	default:
		o.St = contract.OTAReboot
	}
	if was, err := contract.ParseOTA(last); err == nil {
		if was.TS = 0; was == o {
			return last // nothing new: the time alone is no news
		}
	}
	o.TS = now.Unix()
	return o.Encode()
}

// healthOf are the figures of a scene, with a little life in them.
func (s *session) healthOf(now time.Time, scene Scene) []byte {
	r := s.rng
	h := contract.Health{
		V: contract.Version, TS: now.Unix(), N: s.health, St: s.st,
		CPU: 8 + r.IntN(6), Mem: 31 + r.IntN(4), TC: 46 + 4*math.Sin(float64(s.health)/9) + r.Float64(),
		Dsk: 11000 + r.IntN(40), RTT: 24 + r.IntN(20), Cam: []contract.Cam{{FPS: 30, Lost: r.IntN(3)}},
		Enc: contract.Enc{Height: 0, Kbps: 0, Restarts: 0}, Up: contract.Up{LossPercent: contract.Unknown}, Al: s.al,
	}
	if scene.OnAir {
		h.CPU, h.TC = h.CPU+38, h.TC+12
		h.Enc = contract.Enc{Height: 1080, Kbps: 4200 + r.IntN(900)}
		h.Up = contract.Up{Kbps: h.Enc.Kbps - 60 + r.IntN(120), LossPercent: contract.Unknown, QueueMs: 12 + r.IntN(60)}
	}
	if scene.Has(Hot) {
		h.TC += 28
	}
	if scene.Has(Weak) {
		h.Thr = 1
	}
	if scene.Has(NoCamera) {
		h.Cam[0] = contract.Cam{FPS: 0, Lost: 900}
	}
	if scene.Has(Bug) {
		h.Enc.Restarts = 4 + int(s.health)
	}
	if scene.Has(DeadStream) {
		h.Up.Kbps, h.Up.QueueMs, h.Up.Reconnects = 0, 4000, 3+int(s.health)
	}
	return h.Encode()
}
