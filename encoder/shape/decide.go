package shape

import "time"

// mode is whose units go out.
type mode uint8

const (
	// passing: the camera's units go out as they are.
	passing mode = iota
	// takingOver: the transcoder is fed and the camera's units go out late,
	// until a key unit of the transcoder can stand in their place.
	takingOver
	// transcoding: the transcoder's units go out.
	transcoding
	// handingBack: the transcoder's last units before a key unit of the
	// camera go out, while those of the camera wait.
	handingBack
)

// law is what the source and the ingest leave to decide.
type law uint8

const (
	free law = iota
	alwaysPass
	alwaysTranscode
)

const (
	// takeOverPatience is how long a transcoder may take to come up with a
	// key unit in time, retryAfter how long it is left alone after that.
	takeOverPatience = 2 * time.Second
	retryAfter       = time.Second
	// stallAfter is the silence after which a transcoder counts as lost.
	stallAfter = 500 * time.Millisecond
	// drainPatience is how long a hand-back waits for the transcoder's tail.
	drainPatience = 300 * time.Millisecond
)

// act is what is to be done before a unit of the camera is routed.
type act uint8

const (
	carryOn act = iota
	beginTakeOver
	giveUp        // let what waits pass, and leave the transcoder alone for a while
	beginHandBack // at this key unit
	abandonHandBack
	endHandBack
	cutToCamera // at this key unit, without waiting for the transcoder
)

// state is what a decision remembers.
type state struct {
	mode  mode
	since time.Duration // when the mode began
	tight time.Duration // when the target last lacked room
	retry time.Duration // no take-over before
}

// input is what a decision knows when a video unit of the camera arrives.
type input struct {
	now       time.Duration // the unit's time of capture
	law       law
	patience  time.Duration // HandBackAfter
	fits      bool          // the camera's rate times the margin is within the target
	keyFar    bool          // a key unit is wanted and the camera's next one is far off
	key       bool          // this unit is one
	startable bool          // a transcoder can begin here, see Shaper.startable
	ready     bool          // the transcoder lives
	silent    time.Duration // since its last unit
	drained   bool          // it has nothing more from before the cut
}

// decide is the whole policy: which way the next unit of the camera goes.
func decide(s state, in input) (state, act) {
	if !in.fits {
		s.tight = in.now
	}
	switch s.mode {
	case passing:
		wanted := in.law == alwaysTranscode || in.law == free && (!in.fits || in.keyFar)
		if wanted && in.ready && in.startable && in.now >= s.retry {
			return s.enter(takingOver, in.now), beginTakeOver
		}
	case takingOver:
		if !in.ready || in.now-s.since > takeOverPatience {
			s.retry = in.now + retryAfter
			return s.enter(passing, in.now), giveUp
		}
	case transcoding:
		return decideTranscoding(s, in)
	case handingBack:
		switch {
		case !in.fits && in.ready:
			return s.enter(transcoding, in.now), abandonHandBack
		case in.drained || in.now-s.since > drainPatience:
			return s.enter(passing, in.now), endHandBack
		}
	}
	return s, carryOn
}

// decideTranscoding looks for the way back, which is only at the camera's key
// units: at once when the transcoder is lost, in order when there is room again.
func decideTranscoding(s state, in input) (state, act) {
	lost := !in.ready || in.silent > stallAfter
	switch {
	case !in.key || in.law == alwaysTranscode:
		return s, carryOn
	case lost:
		s.retry = in.now + retryAfter
		return s.enter(passing, in.now), cutToCamera
	case in.now-max(s.tight, s.since) >= in.patience:
		return s.enter(handingBack, in.now), beginHandBack
	}
	return s, carryOn
}

func (s state) enter(m mode, now time.Duration) state {
	s.mode, s.since = m, now
	return s
}
