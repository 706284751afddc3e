package rate

import (
	"math/rand/v2"
	"slices"
	"time"
)

// grain is the step of the simulation.
const grain = 5 * time.Millisecond

// sim is a fluid model of encoder, ageing queue, TCP and line, with 40 ms one
// way. It is there to drive the controller through hours in milliseconds; it
// proves rules, not figures.
type sim struct {
	capacity func(at time.Duration) float64 // kbit/s
	queue    time.Duration                  // of the line, at its present or last rate
	cubic    bool                           // fills the line's queue instead of keeping it short
	read     func(at time.Duration) float64 // kbit/s the ingest reads, nil = all
	scene    func(at time.Duration) float64 // share of the target that the pictures need, nil = 1
	loss     float64                        // share of packets, seen as repeats
	kernel   bool
	random   *rand.Rand
	ctl      *Controller
	limits   Limits

	now            time.Duration
	target         float64
	frame          int
	toKey          int
	gated          bool // video is dropped up to the next key picture
	waiting        []picture
	line           []parcel // in the line's queue
	flying         []parcel // on the way to the ingest, or its acknowledgement on the way back
	inLine         float64  // bytes
	inFlight       float64
	owed           float64 // bytes the line may still serve
	lastRate       float64
	rtt            time.Duration
	best           [40]float64 // acknowledged bytes of the last 50 ms stretches
	obs            Observation
	ackedFloat     float64
	arrived        []arrival
	log            []sample
	offered        []float64 // bytes, per second
	sent, tooOld   int
	skip           bool // pictures are left out before they are encoded
	skipped        int
	decisionsEvery time.Duration
}

type picture struct {
	id       int
	captured time.Duration
	size     float64
	left     float64
	key      bool
}

type parcel struct {
	picture  picture
	bytes    float64
	last     bool
	entered  time.Duration
	arrives  time.Duration
	credited bool
}

type arrival struct {
	captured, at time.Duration
	bytes        float64
}

type sample struct {
	at       time.Duration
	capacity float64
	decision Decision
	age      time.Duration
}

const oneWay = 40 * time.Millisecond

func newSim(seed uint64, limits Limits, capacity func(time.Duration) float64) *sim {
	s := &sim{
		capacity: capacity, queue: 300 * time.Millisecond, kernel: true, limits: limits,
		random: rand.New(rand.NewPCG(seed, 5)), ctl: New(limits), rtt: 2 * oneWay,
		decisionsEvery: 25 * time.Millisecond,
	}
	s.target = float64(limits.StartKbps)
	s.obs.Connected = true
	return s
}

// run lets time pass.
func (s *sim) run(lasting time.Duration) *sim {
	for end := s.now + lasting; s.now < end; s.now += grain {
		if s.now%(33*time.Millisecond) < grain {
			s.film()
		}
		s.expire()
		s.write()
		s.serve()
		s.acknowledge()
		if s.now%s.decisionsEvery < grain {
			s.decide()
		}
	}
	return s
}

// film encodes a picture; key pictures come every 2 s and are 4 times as big.
func (s *sim) film() {
	if s.skip {
		s.skipped++
		return
	}
	key := s.toKey <= 0
	share := 1.0
	if s.scene != nil {
		share = s.scene(s.now)
	}
	mean := s.target * share / 8 * 33
	size := mean * 60 / 63 * (0.85 + 0.3*s.random.Float64())
	if key {
		size, s.toKey = 4*mean, 60
	}
	s.toKey--
	s.frame++
	s.obs.Produced += uint64(size)
	if s.gated = s.gated && !key; s.gated {
		s.toKey = 0
		s.tooOld++
		return
	}
	s.sent++
	s.waiting = append(s.waiting, picture{s.frame, s.now, size, size, key})
}

// maxAge is the publisher's: nothing older waits.
const maxAge = 2500 * time.Millisecond

// expire keeps the publisher's rule.
func (s *sim) expire() {
	if len(s.waiting) > 0 && s.now-s.waiting[0].captured > maxAge {
		s.flush()
	}
}

// flush drops all but a picture that is half sent, and waits for a key picture.
func (s *sim) flush() {
	keep := 0
	if len(s.waiting) > 0 && s.waiting[0].left < s.waiting[0].size {
		keep = 1
	}
	s.tooOld += len(s.waiting) - keep
	s.waiting = s.waiting[:keep]
	s.gated, s.toKey = true, 0
}

// write hands bytes to TCP as far as its window and pacing let it.
func (s *sim) write() {
	budget := 2 * s.target / 8 * float64(grain/time.Millisecond)
	for len(s.waiting) > 0 && budget > 0 {
		p := &s.waiting[0]
		bytes := min(p.left, budget, s.window()-s.inFlight, s.room())
		if bytes < 1 {
			return
		}
		p.left -= bytes
		last := p.left < 1
		s.line = append(s.line, parcel{picture: *p, bytes: bytes, last: last, entered: s.now})
		s.inLine += bytes
		s.inFlight += bytes
		budget -= bytes
		if last {
			s.waiting = s.waiting[1:]
		}
	}
}

// window is TCP's: twice what was delivered per round trip (BBR), or so much
// that the line's queue is always full.
func (s *sim) window() float64 {
	if s.cubic {
		return 1e9
	}
	return max(20000, 2*slices.Max(s.best[:])/50*float64(2*oneWay/time.Millisecond))
}

// room is what the line's queue can take.
func (s *sim) room() float64 {
	return max(1500, s.lastRate/8*float64(s.queue/time.Millisecond)) - s.inLine
}

// serve moves bytes through the line.
func (s *sim) serve() {
	rate := s.capacity(s.now)
	second := int(s.now / time.Second)
	for len(s.offered) <= second {
		s.offered = append(s.offered, 0)
	}
	s.offered[second] += rate / 8 * float64(grain/time.Millisecond)
	if rate > 0 {
		s.lastRate += 0.005 * (rate - s.lastRate)
		if s.lastRate < rate/2 || s.lastRate > 2*rate {
			s.lastRate += 0.05 * (rate - s.lastRate)
		}
	}
	starved := false
	if s.read != nil {
		if slow := s.read(s.now); slow < rate {
			rate, starved = slow, true
		}
	}
	s.owed += rate / 8 * float64(grain/time.Millisecond) * (1 - s.loss)
	for len(s.line) > 0 && s.owed > 0 {
		p := &s.line[0]
		bytes := min(p.bytes, s.owed)
		p.bytes -= bytes
		s.owed -= bytes
		s.inLine -= bytes
		done := *p
		done.bytes, done.arrives = bytes, s.now+oneWay
		done.last = p.last && p.bytes < 0.5
		s.flying = append(s.flying, done)
		if p.bytes >= 0.5 {
			break
		}
		s.line = s.line[1:]
	}
	switch {
	case len(s.line) == 0:
		s.owed = 0
	case starved:
		s.obs.ReceiverLimited += grain
	}
}

// acknowledge lets parcels arrive, and their acknowledgements come back.
func (s *sim) acknowledge() {
	for i := range s.flying {
		p := &s.flying[i]
		if p.arrives > s.now {
			break
		}
		if !p.credited && p.last {
			s.arrived = append(s.arrived, arrival{p.picture.captured, p.arrives, p.picture.size})
		}
		p.credited = true
	}
	for len(s.flying) > 0 && s.flying[0].arrives+oneWay <= s.now {
		p := s.flying[0]
		s.flying = s.flying[1:]
		s.inFlight -= p.bytes
		s.ackedFloat += p.bytes
		s.best[int(s.now/(50*time.Millisecond))%len(s.best)] += p.bytes
		s.rtt += (s.now - p.entered - s.rtt) / 8
	}
	if s.now%(50*time.Millisecond) < grain {
		s.best[(int(s.now/(50*time.Millisecond))+1)%len(s.best)] = 0
	}
}

// decide shows the controller what the publisher would.
func (s *sim) decide() {
	s.obs.Now, s.obs.Kernel = s.now, s.kernel
	s.obs.QueueAge, s.obs.QueuedBytes = 0, 0
	if len(s.waiting) > 0 {
		s.obs.QueueAge = s.now - s.waiting[0].captured
	}
	for _, p := range s.waiting {
		s.obs.QueuedBytes += int(p.left)
	}
	s.obs.Acked = uint64(s.ackedFloat)
	s.obs.InFlight = int(s.inFlight)
	s.obs.RTT, s.obs.MinRTT = s.rtt, 2*oneWay
	d := s.ctl.Step(s.obs)
	s.target, s.skip = float64(d.Kbps), d.Skip
	if d.Flush {
		s.flush()
	}
	if d.ForceKey {
		s.toKey = 0
	}
	s.log = append(s.log, sample{s.now, s.capacity(s.now), d, s.obs.QueueAge})
}
