package swarm

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"studiobox/provisioning/contract"
)

var (
	errCut   = errors.New("the line is cut")
	errNoAck = errors.New("the broker does not answer")
)

// box is one simulated box from its first breath to the swarm's end. Only its
// own goroutine touches it.
type box struct {
	*Swarm
	who  Box
	copy int // 0: the box; 1: the one that has its identity too
	rng  *rand.Rand

	epoch  string
	n      uint64    // events so far
	health uint64    // health messages so far
	events []spooled // not yet acknowledged
	al     []string  // conditions of which events have told
	onAir  bool      // of which events have told
	showAt time.Time // when the show began
	burst  time.Time // health at the pace of a show until then
	quiet  time.Time // a show was ended from afar: none until then
	rev    int64     // of the wishes in force
	wish   int       // seconds between health messages that were wished
	got    []byte    // newest answer to wishes
	seen   [8]string // newest commands, each obeyed once
	kicked int       // sessions that ended young, in a row
}

// spooled is an event that waits for the broker's word.
type spooled struct {
	event contract.Event
	sent  bool // on this connection
}

func newBox(s *Swarm, who Box, copy int) *box {
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%s/%s/%d", who.Tenant, who.ID, copy)
	b := &box{Swarm: s, who: who, copy: copy, rng: rand.New(rand.NewPCG(s.cfg.Seed, hash.Sum64()))}
	b.epoch = fmt.Sprintf("%08x", b.rng.Uint32())
	b.note("started", contract.SeverityInfo, false, who.Version)
	return b
}

// run lives until ctx ends.
func (b *box) run(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		if !b.reachable(ctx) {
			return
		}
		began := time.Now()
		err := b.session(ctx)
		if time.Since(began) >= b.cfg.Pace.Settle {
			failures, b.kicked = 0, 0
		}
		if ctx.Err() != nil {
			return
		}
		failures++
		b.kicked++
		b.blame(err)
		b.meter.waiting.Add(1)
		on := sleep(ctx, b.backoff(failures))
		b.meter.waiting.Add(-1)
		if !on {
			return
		}
	}
}

// blame counts why a session ended or never began.
func (b *box) blame(err error) {
	switch {
	case errors.Is(err, errRefused):
		b.meter.refused.Add(1)
		b.log.Debug("swarm: refused", "box", b.who.ID, "error", err)
	case errors.Is(err, errDial):
		b.meter.failed.Add(1)
		b.log.Debug("swarm: no connection", "box", b.who.ID, "error", err)
	default:
		b.meter.lost.Add(1)
		b.log.Debug("swarm: lost", "box", b.who.ID, "error", err)
	}
}

// backoff is drawn from zero to a limit that doubles: full jitter, as the box
// does it.
func (b *box) backoff(failures int) time.Duration {
	limit := b.cfg.Pace.Retry
	for i := 1; i < failures && limit < b.cfg.Pace.RetryMax; i++ {
		limit *= 2
	}
	return time.Duration(b.rng.Int64N(int64(min(limit, b.cfg.Pace.RetryMax)) + 1))
}

// reachable waits until the plan gives the box a line; false when ctx ended.
func (b *box) reachable(ctx context.Context) bool {
	for {
		t := time.Since(b.began)
		scene := b.cfg.Plan.At(b.who, t)
		if !b.cut(scene) {
			return ctx.Err() == nil
		}
		if !sleep(ctx, min(scene.Until-t, time.Hour)+time.Millisecond) {
			return false
		}
	}
}

// cut tells whether the scene leaves this box, or this copy of it, no line.
func (b *box) cut(scene Scene) bool {
	return scene.Has(Outage) || scene.Has(Absent) || (b.copy > 0 && !scene.Has(Twin))
}
