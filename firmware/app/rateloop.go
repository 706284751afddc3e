package app

import (
	"context"
	"sync"
	"time"

	"studiobox/firmware/health"
	"studiobox/uplink/carried"
	"studiobox/uplink/rate"
)

const (
	rateTick = 25 * time.Millisecond
	// wireShare is the part of the rate on the wire that is left for media
	// after RTP and RTSP interleaving: 16 of about 1,450 bytes a packet, and
	// a little for reports.
	wireShare = 0.98
	// audioKbps is put aside for sound before the picture gets the rest.
	audioKbps = 96
)

// rateStep is one turn of the rate loop with all that led to it.
type rateStep struct {
	At          time.Time
	Observation rate.Observation
	Decision    rate.Decision
}

// rateLoop steps the controller while a show runs and carries its decisions to
// shaper and publisher.
type rateLoop struct {
	limits  rate.Limits
	picture *picture
	width   width // of an H.265 stream; the loop's own

	mutex sync.Mutex
	last  rate.Decision
	begun bool // this show has been connected
}

func newRateLoop(limits rate.Limits, p *picture) *rateLoop {
	return &rateLoop{limits: limits, picture: p}
}

// Run steers one show until ctx ends.
func (l *rateLoop) Run(ctx context.Context) error {
	way := uplink()
	var controller Rule = rate.New(l.startLimits(way))
	defer func() { l.note(way, time.Now()) }()
	defer l.picture.camera.rest()
	if l.picture.cfg.Rule != nil {
		controller = l.picture.cfg.Rule
	}
	l.reset()
	begun := time.Now()
	ticker := time.NewTicker(rateTick)
	defer ticker.Stop()
	for {
		l.step(controller, time.Now(), begun)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (l *rateLoop) reset() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.width, l.begun = width{}, false
}

// startLimits begins a show at three quarters of what its uplink last carried.
func (l *rateLoop) startLimits(uplink string) rate.Limits {
	limits := l.limits
	if known := l.picture.cfg.Carried.Kbps(uplink); known > 0 {
		limits.StartKbps = min(max(known*3/4, limits.FloorKbps), limits.CeilingKbps)
	}
	return limits
}

// note keeps what the uplink carried: its capacity, or, when that was never
// reached, the rate that it let through.
func (l *rateLoop) note(uplink string, now time.Time) {
	l.mutex.Lock()
	last, begun := l.last, l.begun
	l.mutex.Unlock()
	kbps := last.CapacityKbps
	if kbps == 0 {
		kbps = last.Kbps
	}
	if !begun {
		return
	}
	if err := l.picture.cfg.Carried.Note(uplink, kbps, now); err != nil {
		l.picture.log.Warn("the next show will start at a guess", "error", err)
	}
}

// uplink names the way out in use.
func uplink() string {
	if name := carried.Uplink(carried.ProcNet); name != "" {
		return name
	}
	return "no default route"
}

func (l *rateLoop) step(controller Rule, now, begun time.Time) {
	p := l.picture
	observation := p.publisher.Observe(now)
	observation.Now = now.Sub(begun)
	decision := controller.Step(observation)

	target, shaped := videoKbps(decision.Kbps, p.audible.Load()), p.canTranscode()
	p.camera.follow(now, decision, target, shaped)
	p.shaper().SetTarget(target)
	if c := p.coder.Load(); shaped && c.passH265 && l.width.exceeds(now, c.shaper.Stats().SourceKbps, target) {
		p.leaveH265()
	}
	p.shaper().SetSkip(decision.Skip)
	p.publisher.SetPacing(p.camera.pacing(decision.PacingKbps, shaped))
	p.publisher.SetCrowded(decision.Crowded)
	if decision.Flush {
		p.publisher.Flush()
	}
	if decision.ForceKey {
		p.forceKey()
	}
	l.remember(observation.Connected, decision)
	if p.cfg.OnDecision != nil {
		p.cfg.OnDecision(rateStep{At: now, Observation: observation, Decision: decision})
	}
}

// videoKbps is what a rate on the wire leaves for the picture.
func videoKbps(wireKbps int, audible bool) int {
	media := int(float64(wireKbps) * wireShare)
	if audible {
		media -= audioKbps
	}
	return max(media, 1)
}

// remember keeps the decision for the page and for what the uplink carried.
func (l *rateLoop) remember(connected bool, d rate.Decision) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.last, l.begun = d, l.begun || connected
}

// part is what the snapshot says of the rate.
func (l *rateLoop) part() health.RatePart {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return health.RatePart{TargetKbps: l.last.Kbps, Reason: string(l.last.Reason)}
}
