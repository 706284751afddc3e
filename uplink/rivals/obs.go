package rivals

import (
	"math"
	"time"

	"studiobox/uplink/rate"
)

// The constants of OBS Studio's dynamic bitrate.
const (
	obsTrigger  = 200 * time.Millisecond // of queued video, and the rate falls
	obsRaise    = 4 * time.Second        // from a change to the next step up
	obsSteps    = 10                     // a step up is this part of the original rate
	obsGrain    = 100                    // kbit/s to which an estimate is rounded down
	obsLeast    = 50                     // kbit/s, the lowest estimate
	obsShortest = time.Second            // of sending before there is an estimate
	obsLongest  = 2 * time.Second        // of sending that an estimate looks back on
)

// OBS is the dynamic bitrate of OBS Studio's RTMP output: when 200 ms of video
// wait, fall to what was sent over the last one to two seconds, less the
// sound; then return to the original rate by a tenth of it every 4 s. A step
// up that makes the queue grow although the estimate is not lower is taken
// back. No frame is ever dropped, so the queue is as long as the line wants.
//
// What OBS measures is the time its socket took for each packet; here a piece
// is what left the box between two observations, and it began when the piece
// before it had left if data waited all the while.
type OBS struct {
	bounds    bounds
	clock     clock
	audioKbps float64

	original, kbps float64 // of video
	before         float64 // the rate before the last step up, 0 = none to go back to
	raiseAt        time.Duration
	raising        bool
	sent           obsEstimate
	connected      bool
}

// NewOBS takes the ceiling as the configured rate; audioKbps of it are sound,
// which is never adapted.
func NewOBS(limits rate.Limits, audioKbps int) *OBS {
	b := newBounds(limits)
	audio := float64(min(max(0, audioKbps), b.most-1))
	video := float64(b.most) - audio
	return &OBS{bounds: b, audioKbps: audio, original: video, kbps: video}
}

// Step steps up when it is time to, and down when video waits.
func (s *OBS) Step(o rate.Observation) rate.Decision {
	now := s.clock.read(o)
	if o.Connected != s.connected {
		s.begin(o.Connected)
	}
	reason := rate.Hold
	if s.raising && now >= s.raiseAt {
		s.raise(now)
		reason = rate.Probe
	}
	s.sent.add(o, now)
	if o.QueueAge >= obsTrigger && s.lower(now) {
		reason = rate.StandingQueue
	}
	return s.bounds.decide(s.kbps+s.audioKbps, reason)
}

// begin forgets the connection before: OBS starts each one at the original rate.
func (s *OBS) begin(connected bool) {
	s.connected = connected
	s.kbps, s.before, s.raising = s.original, 0, false
	s.sent = obsEstimate{}
}

func (s *OBS) raise(now time.Duration) {
	s.before = s.kbps
	s.kbps = min(s.kbps+s.original/obsSteps, s.original)
	s.raising, s.raiseAt = s.kbps < s.original, now+obsRaise
}

// lower falls to the estimate, or back to where the last step up began.
func (s *OBS) lower(now time.Duration) bool {
	to := s.before
	if estimate := s.sent.kbps(s.audioKbps); estimate > 0 && estimate < s.kbps {
		s.sent.pieces = s.sent.pieces[:0] // the next estimate is of the new rate alone
		to = max(math.Floor(estimate/obsGrain)*obsGrain, obsLeast)
	}
	if to == 0 || to == s.kbps {
		return false
	}
	s.kbps, s.before = to, 0
	s.raising, s.raiseAt = true, now+obsRaise
	return true
}

// obsEstimate is the rate at which the socket took data lately.
type obsEstimate struct {
	flow   outflow
	pieces []obsPiece
	ended  time.Duration // of the newest piece, or the last observation without data waiting
	seen   bool
}

// obsPiece is what left the box in one go.
type obsPiece struct {
	began, ended time.Duration
	bytes        float64
}

// add takes in what left since the last observation. Each new piece pushes at
// most one old one out, as each packet does there: after a stall the estimate
// remembers it for long.
func (e *obsEstimate) add(o rate.Observation, now time.Duration) {
	bytes := e.flow.bytes(o)
	switch {
	case !e.seen || bytes == 0 && o.QueuedBytes <= 0 && o.InFlight <= 0:
		e.ended, e.seen = now, true
		return
	case bytes == 0:
		return // the socket is stuck with the piece that waits
	}
	if last := len(e.pieces) - 1; last >= 0 && e.pieces[last].ended == now {
		e.pieces[last].bytes += bytes // a clock that stands must not fill the memory
		return
	}
	e.pieces = append(e.pieces, obsPiece{e.ended, now, bytes})
	e.ended = now
	if now-e.pieces[0].began >= obsLongest && len(e.pieces) > 1 {
		e.pieces = append(e.pieces[:0], e.pieces[1:]...)
	}
}

// kbps is the estimate of video; 0 while there is none.
func (e *obsEstimate) kbps(audioKbps float64) float64 {
	if len(e.pieces) == 0 {
		return 0
	}
	took := e.pieces[len(e.pieces)-1].ended - e.pieces[0].began
	if took < obsShortest {
		return 0
	}
	bytes := 0.0
	for _, p := range e.pieces {
		bytes += p.bytes
	}
	return max(bytes*8/(float64(took)/float64(time.Millisecond))-audioKbps, obsLeast)
}
