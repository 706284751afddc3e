package shape

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"studiobox/encoder/unit"
)

// Shaper is the junction between camera, transcoder and uplink. Time is what
// the camera's units were captured at, so that it needs no clock of its own. It
// is safe for concurrent use; the sink is called under its lock, in order.
type Shaper struct {
	cfg    Config
	tc     Transcoder
	worker Worker
	out    unit.Sink
	log    *slog.Logger

	mu     sync.Mutex
	state  state
	law    law
	codec  unit.Codec
	target int // kbit/s, 0 = not known

	began    time.Time     // capture of the first unit
	now      time.Duration // capture of the newest unit, since began
	source   meter
	sent     meter
	size     size
	camera   size      // of the source
	cadence  frameRate // of the source
	ladder   ladder
	gop      gop
	camMax   time.Duration // highest PTS that the camera has delivered
	lastKey  time.Duration // when its last key unit came
	interval time.Duration // between its last two key units

	open   bool          // the camera's units can be decoded by who has seen those sent
	outMax time.Duration // highest video PTS sent
	outAny bool          // outMax means something
	broken bool          // the transcoder must not see units before a key unit

	held     []*unit.Unit // the camera's units in waiting, see mode
	hold     time.Duration
	cut      time.Duration // PTS of the camera's key unit of a hand-back
	cutAfter time.Duration // highest PTS before it
	heard    time.Duration // when the transcoder last gave a unit
	keyAsked time.Duration // when it was last asked for a key unit
	needKey  bool          // its units are of no use until a key unit

	skipWanted bool // SetSkip
	skipping   bool // what the transcoder was told

	takeOvers, handBacks, givenUp int

	// keyWanted: ForceKey was asked and no key unit sent since. It is apart
	// from the lock since the sink may ask from within Put.
	keyWanted atomic.Bool
}

// New makes a shaper that passes the camera's units. The transcoder's units
// come in at FromTranscoder; tc and worker are commonly the same value.
func New(cfg Config, tc Transcoder, worker Worker, out unit.Sink, log *slog.Logger) *Shaper {
	s := &Shaper{cfg: cfg.withDefaults(), tc: tc, worker: worker, out: out, log: log, hold: holdLeast}
	s.setCodec(unit.H264)
	return s
}

// SetMedia tells what the next units are. It is called before the first unit
// of each connection of the camera, so it also tells of a break in the stream.
func (s *Shaper) SetMedia(m unit.Media) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.state.mode {
	case takingOver:
		s.state = s.state.enter(passing, s.now)
		s.releaseHeld()
	case handingBack:
		s.state = s.state.enter(passing, s.now)
		s.endHandBack()
	}
	s.setCodec(m.Video.Codec)
	s.gop.forget()
	s.cadence.anew()
	s.open, s.broken = false, true
}

func (s *Shaper) setCodec(c unit.Codec) {
	s.codec, s.law = c, free
	switch {
	case s.cfg.ForceTranscode || c == unit.H265 && !s.cfg.PassH265:
		s.law = alwaysTranscode
	case c == unit.H265:
		s.law = alwaysPass
	}
}

// Put takes a unit from the camera. It never blocks, and while units pass it
// allocates nothing.
func (s *Shaper) Put(u *unit.Unit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.Track == unit.Audio {
		s.out.Put(u)
		return
	}
	s.observe(u)
	var act act
	s.state, act = decide(s.state, s.input(u))
	s.perform(act, u)
	s.applySkip()
	s.route(u)
	s.gop.add(u)
	s.camMax = max(s.camMax, u.PTS)
	s.fitPicture(u)
}

// observe keeps the clock, the camera's rate and its key interval.
func (s *Shaper) observe(u *unit.Unit) {
	if s.began.IsZero() {
		s.began = u.Captured
	}
	before := s.now
	s.now = max(s.now, u.Captured.Sub(s.began))
	if s.skipping {
		s.heard += s.now - before // silence that was asked for tells nothing
	}
	s.source.add(s.now, u.Size())
	if u.Key {
		s.interval, s.lastKey = s.now-s.lastKey, s.now
	}
}

func (s *Shaper) input(u *unit.Unit) input {
	return input{
		now: s.now, law: s.law, patience: s.cfg.HandBackAfter,
		fits:      s.fits() && !s.skipping, // who leaves pictures out has no room
		keyFar:    s.keyWanted.Load() && !u.Key && s.nextKey() > s.cfg.KeyPatience,
		key:       u.Key,
		startable: s.startable(u),
		ready:     s.worker.Ready(),
		silent:    s.now - s.heard,
		drained:   s.drained(),
	}
}

// nextKey is how far off the camera's next key unit may be. One that is
// overdue is expected after as long again.
func (s *Shaper) nextKey() time.Duration {
	return (s.interval - (s.now - s.lastKey)).Abs()
}

// fits is also true while either rate is unknown.
func (s *Shaper) fits() bool {
	return s.target <= 0 || float64(s.source.kbps())*s.cfg.Margin <= float64(s.target)
}
