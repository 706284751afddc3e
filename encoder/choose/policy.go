package choose

import "time"

// The policy. The ladder has two rungs, and the target comes from a rate
// controller that believes only what it has seen delivered: while the small
// stream flows, the target stays near 1.8 times its rate however wide the line
// is. Waiting for a target that has room for the main stream would then wait for
// ever, so the main stream is tried once the target has stood clear of what flows
// for a while. A try that fails costs the viewer a second or two, so each
// failure doubles the wait for the next.
const (
	// tryRoom is how far the target must stand above what flows for a try.
	tryRoom = 1.4
	// tryRise is by what factor the target must have risen after riseWithin:
	// a line that carries more shows it at once.
	tryRise    = 1.25
	riseWithin = 2 * time.Second
	// tryPatience is how long a try has until the target must have room.
	tryPatience = 8 * time.Second
	// tryFall is the share of its highest value below which the target says,
	// during a try, that the line is full.
	tryFall = 0.9
	// tryProven is how long the main stream must have held before earlier
	// failures are forgotten.
	tryProven = time.Minute
	// connectAhead is how long before a try the main stream must be pulled: it
	// takes a connection, a key unit and a second of measuring.
	connectAhead = 5 * time.Second
	// reach is how near the target must be to what the main stream needs for
	// the way up to count as possible.
	reach = 0.6
)

// offer is what a stream is worth to the decision.
type offer struct {
	kbps   int  // 0 = never measured
	usable bool // pictures flow that the session can carry
}

// input is what a decision knows.
type input struct {
	now     time.Duration
	line    Line
	chosen  Stream
	streams [streams]offer
}

// state is what a decision remembers.
type state struct {
	wish   Stream
	reason Reason
	chosen Stream
	since  time.Duration // when the chosen stream went on
	wide   time.Duration // since when main has been too wide; meaningful while isWide
	isWide bool
	tight  time.Duration // when the target last lacked room for main
	close  time.Duration // when the target last stood too near what flows for a try
	trying bool          // main is on by a try
	first  int           // target when the chosen stream went on, kbit/s
	peak   int           // highest target since
	wait   time.Duration // before the next try
	near   time.Duration // when main was last wanted
	wanted bool          // main shall be pulled
}

// decide is the whole policy: which stream is wished for, and whether the main
// one has to be pulled.
func decide(cfg Config, s state, in input) state {
	s = s.note(cfg, in)
	s.wish, s.reason = s.choose(cfg, in)
	wanted := in.line.Shaped || in.line.Kbps <= 0 || s.wish == Main || in.chosen == Main || s.upPossible(cfg, in)
	if wanted {
		s.near = in.now
	}
	s.wanted = in.now-s.near <= cfg.ReleaseAfter
	return s
}

// note brings the memory up to date.
func (s state) note(cfg Config, in input) state {
	main, target := in.streams[Main].kbps, float64(in.line.Kbps)
	if s.wait == 0 {
		s.wait = cfg.TryAfter
	}
	if in.chosen != s.chosen {
		s.trying = in.chosen == Main && s.reason == Try
		s.chosen, s.since, s.first, s.peak = in.chosen, in.now, in.line.Kbps, in.line.Kbps
	}
	wide := in.line.Kbps > 0 && float64(main) > cfg.Down*target
	if wide && !s.isWide {
		s.wide = in.now
	}
	s.isWide = wide
	if in.line.Kbps > 0 && float64(main) > cfg.Up*target {
		s.tight = in.now
	}
	if in.line.Kbps > 0 && target < tryRoom*float64(in.streams[Sub].kbps) {
		s.close = in.now
	}
	s.peak = max(s.peak, in.line.Kbps)
	if s.trying && !wide {
		s.trying = false // the target has room now
	}
	if in.chosen == Main && !s.trying && !wide && in.now-s.since >= tryProven {
		s.wait = cfg.TryAfter
	}
	return s
}

// choose picks the stream to wish for. It may be one that gives nothing yet:
// then the wish waits for its key unit, and it is pulled meanwhile.
func (s *state) choose(cfg Config, in input) (Stream, Reason) {
	switch {
	case !in.streams[Sub].usable:
		return Main, OnlyOne
	case in.chosen == Main && !in.streams[Main].usable:
		return Sub, OnlyOne
	case in.line.Shaped:
		return Main, Shaped
	case in.line.Kbps <= 0:
		return Main, Best
	case in.chosen == Main:
		return s.onMain(cfg, in)
	}
	return s.onSub(cfg, in)
}

// onMain looks for the way down. A wish holds until the changeover, unless
// the main stream fits again before.
func (s *state) onMain(cfg Config, in input) (Stream, Reason) {
	main, sub := in.streams[Main], in.streams[Sub]
	if !s.isWide || sub.kbps >= main.kbps {
		return Main, s.keep(Main)
	}
	if s.trying {
		if !s.tryFailed(in) {
			return Main, Try
		}
		s.trying = false
		s.wait = min(2*s.wait, cfg.TryMost)
		return Sub, TryFailed
	}
	if s.wish == Sub {
		return Sub, s.reason
	}
	if in.now-s.wide < cfg.DownAfter {
		return Main, s.keep(Main)
	}
	return Sub, TooWide
}

// tryFailed tells whether the line has shown that it does not carry main.
func (s *state) tryFailed(in input) bool {
	target, took := float64(in.line.Kbps), in.now-s.since
	return in.line.Full || target < tryFall*float64(s.peak) ||
		took > riseWithin && target < tryRise*float64(s.first) || took > tryPatience
}

// onSub looks for the way up.
func (s *state) onSub(cfg Config, in input) (Stream, Reason) {
	switch {
	case s.roomy(cfg, in):
		return Main, Room
	case s.tryDue(in, 0):
		return Main, Try
	}
	return Sub, s.keep(Sub)
}

// keep is the reason for staying: the one for which the stream was chosen.
func (s *state) keep(stream Stream) Reason {
	switch {
	case s.wish == stream && s.reason != "":
		return s.reason
	case stream == Sub:
		return TooWide
	}
	return Best
}

// roomy tells whether the target has had room for main during the whole dwell.
func (s *state) roomy(cfg Config, in input) bool {
	return in.line.Kbps > 0 && in.now-max(s.tight, s.since) >= cfg.UpAfter
}

// tryDue tells whether main may be tried, or may be within a time from now.
func (s *state) tryDue(in input, ahead time.Duration) bool {
	return in.line.Kbps > 0 && in.now+ahead-max(s.close, s.since) >= s.wait
}

// upPossible tells whether a way up may come soon, for which main must be
// connected beforehand.
func (s *state) upPossible(cfg Config, in input) bool {
	need := float64(in.streams[Main].kbps) / cfg.Up
	return float64(in.line.Kbps) >= reach*need || s.tryDue(in, connectAhead)
}
