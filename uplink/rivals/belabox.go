package rivals

import (
	"math"
	"time"

	"studiobox/uplink/rate"
)

// The constants of belacoder's bitrate control.
const (
	belaboxTick   = 20 * time.Millisecond
	belaboxL      = 2 * time.Second         // the latency of SRT, in parts of which delay is judged
	belaboxMaxAge = 2020 * time.Millisecond // after which SRT drops a packet (TLPKTDROP)
	belaboxPacket = 1316                    // bytes: seven packets of MPEG-TS
	belaboxGrain  = 100                     // kbit/s to which the encoder's rate is rounded down

	belaboxFast  = 250 * time.Millisecond // from a fast decrease to the next one
	belaboxSlow  = 200 * time.Millisecond // from a slow decrease, or a fall to the floor
	belaboxClimb = 500 * time.Millisecond // from an increase to the next one

	// belaboxMostTicks bounds the ticks of one step: a loop that was held up
	// does not run what it missed.
	belaboxMostTicks = 50
)

// BELABOX is the rule of belacoder at an SRT latency L of 2 s: a send buffer
// or a round trip far above its average drops the rate to the floor, one above
// its limits takes a step off, and a round trip near its minimum puts one on.
//
// On SRT it reads the send buffer in packets and the round trip that libsrt
// smooths. Here TCP's signals stand for them: QueuedBytes and InFlight, cut
// into packets of SRT's size, are the data not yet acknowledged, and TCP_INFO's
// smoothed round trip is the other; unknown, it is 100 ms as in libsrt before
// its first measurement. An observation counts for the ticks of 20 ms since the
// one before. belacoder ends when nothing is acknowledged for six seconds, and
// a new one starts at the floor; here a lost connection does that.
type BELABOX struct {
	bounds bounds
	clock  clock
	ticked time.Duration
	begun  bool
	flow   outflow

	kbps               float64
	mayFall, mayClimb  time.Duration
	buffer, sendKbps   belaboxMean
	trip               belaboxTrip
	bufferLast, jitter float64 // packets
}

// NewBELABOX starts at the floor, as belacoder does.
func NewBELABOX(limits rate.Limits) *BELABOX {
	b := newBounds(limits)
	return &BELABOX{bounds: b, kbps: float64(b.least), trip: newBelaboxTrip()}
}

// Step runs the ticks that are due since the last observation.
func (b *BELABOX) Step(o rate.Observation) rate.Decision {
	now := b.clock.read(o)
	if !o.Connected {
		*b = BELABOX{bounds: b.bounds, clock: b.clock, kbps: float64(b.bounds.least), trip: newBelaboxTrip()}
		return b.bounds.decide(b.kbps, rate.Outage)
	}
	if !b.begun || now-b.ticked > belaboxMostTicks*belaboxTick {
		b.begun, b.ticked = true, now-belaboxTick
	}
	sent, span := b.flow.bytes(o), now-b.ticked
	reason := rate.Hold
	for ; now-b.ticked >= belaboxTick; b.ticked += belaboxTick {
		b.measure(o, sent*8/(float64(span)/float64(time.Millisecond)))
		if did := b.judge(b.ticked + belaboxTick); did != rate.Hold {
			reason = did
		}
		b.kbps = max(float64(b.bounds.least), min(b.kbps, float64(b.bounds.most)))
	}
	return b.bounds.decide(math.Floor(b.kbps/belaboxGrain)*belaboxGrain, reason)
}

// measure is the first half of a tick: the averages.
func (b *BELABOX) measure(o rate.Observation, kbps float64) {
	packets := math.Floor((float64(max(0, o.QueuedBytes)) + float64(max(0, o.InFlight))) / belaboxPacket)
	b.buffer.add(packets, 0.01)
	b.jitter = max(0.99*b.jitter, packets-b.bufferLast)
	b.bufferLast = packets
	b.sendKbps.add(kbps, 0.03)
	b.trip.add(o.RTT)
}

// judge is the second half: the first rule that applies.
func (b *BELABOX) judge(now time.Duration) rate.Reason {
	const l = float64(belaboxL / time.Millisecond)
	packets, mean := b.bufferLast, float64(b.buffer)
	halfL := float64(b.sendKbps) / 8 * l / 2 / belaboxPacket // packets sent in L/2 at the present rate
	far := 4 * (mean + b.jitter)
	high := min(max(50, mean+max(3*b.jitter, mean)), halfL)
	above := max(50, mean+2.5*b.jitter)
	t := &b.trip
	switch {
	case t.last >= l/3 || packets > far:
		b.kbps = float64(b.bounds.least)
		b.mayFall = now + belaboxSlow
		return rate.StandingQueue
	case now >= b.mayFall && (t.last > l/5 || packets > high):
		b.kbps -= 100 + b.kbps/10
		b.mayFall = now + belaboxFast
		return rate.StandingQueue
	case now >= b.mayFall && (t.last > t.high() || packets > above):
		b.kbps -= 100
		b.mayFall = now + belaboxSlow
		return rate.StandingQueue
	case now >= b.mayClimb && t.last < t.low() && t.slope < 0.01:
		b.kbps += 30 + b.kbps/30
		b.mayClimb = now + belaboxClimb
		return rate.Climb
	}
	return rate.Hold
}

// belaboxMean is an exponential average that starts at zero.
type belaboxMean float64

func (m *belaboxMean) add(value, weight float64) {
	*m += belaboxMean(weight) * (belaboxMean(value) - *m)
}

// belaboxTrip is what a tick knows of the round trip, in whole milliseconds.
type belaboxTrip struct {
	last, mean, slope, least, jitter float64
	known                            bool
}

// The values before the first tick.
const (
	belaboxTripBefore = 300
	belaboxTripLeast  = 200
	belaboxTripUnset  = 100 // libsrt's value until it has measured
)

func newBelaboxTrip() belaboxTrip {
	return belaboxTrip{last: belaboxTripBefore, least: belaboxTripLeast}
}

func (t *belaboxTrip) add(trip time.Duration) {
	ms := float64(trip / time.Millisecond)
	if trip <= 0 {
		ms = belaboxTripUnset
	}
	rise := ms - t.last
	t.last = ms
	if !t.known {
		t.mean, t.known = ms, true
	}
	t.mean += 0.01 * (ms - t.mean)
	t.slope = 0.8*t.slope + 0.2*rise
	t.jitter = max(0.99*t.jitter, rise)
	t.least *= 1.001
	if ms != belaboxTripUnset && ms < t.least && t.slope < 1 {
		t.least = ms
	}
}

// high is above what is usual, low is near the least.
func (t *belaboxTrip) high() float64 { return t.mean + max(4*t.jitter, 0.15*t.mean) }
func (t *belaboxTrip) low() float64  { return t.least + max(1, 2*t.jitter) }
