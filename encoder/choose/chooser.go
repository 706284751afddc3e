package choose

import (
	"log/slog"
	"sync"
	"time"

	"studiobox/encoder/unit"
)

// Chooser is the junction of a camera's two streams. Time is what the units were
// captured at, so that it needs no clock of its own. It is safe for concurrent
// use; the sink and the func fields are called under its lock, in order, and
// must not call back. The func fields are set before the first unit and can be nil.
type Chooser struct {
	// OnMedia is told what goes out before the first unit, and again before each
	// changeover and when the parameter sets change.
	OnMedia func(unit.Media)
	// OnKeyWanted is told that a stream's next key unit is waited for; it may
	// be called for every unit until that comes.
	OnKeyWanted func(Stream)
	// OnMainWanted is told whether the main stream needs to be pulled, when that
	// changes. At the beginning it does.
	OnMainWanted func(bool)

	cfg Config
	out unit.Sink
	log *slog.Logger

	mu     sync.Mutex
	lanes  [streams]lane
	state  state
	chosen Stream
	line   Line
	codec  unit.Codec // of the session; NoCodec until the first picture
	sound  sound

	epoch   time.Time     // capture of the first unit
	now     time.Duration // capture of the newest unit, since epoch
	open    bool          // the chosen stream's units can be decoded after what was sent
	begun   bool          // a picture has gone out
	highest time.Duration // PTS sent
	origin  time.Duration // of the outgoing time line, see lane
	wanted  bool          // OnMainWanted's last word
	changes int
}

// New makes a chooser that begins with the main stream. log can be nil.
func New(cfg Config, out unit.Sink, log *slog.Logger) *Chooser {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Chooser{cfg: cfg.withDefaults(), out: out, log: log, wanted: true}
}

// Sink is where a stream's units go in.
func (c *Chooser) Sink(s Stream) unit.Sink {
	return unit.SinkFunc(func(u *unit.Unit) { c.put(s, u) })
}

// Restart tells that a new connection of a stream begins: its times have nothing
// to do with those of the last one.
func (c *Chooser) Restart(s Stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s == c.chosen {
		c.leave()
		c.open = false
	}
	c.lanes[s].restart()
}

// SetMedia tells what a stream sends.
func (c *Chooser) SetMedia(s Stream, m unit.Media) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lanes[s].media = &m
	c.sound.announce(s, m.Audio)
	if s == c.chosen {
		c.announce()
	}
}

// SetLine tells what the line allows.
func (c *Chooser) SetLine(line Line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if line == c.line {
		return
	}
	c.line = line
	c.decide()
}

// SetRate tells that a stream will have another rate from now on, because the
// camera was asked for it. What is measured goes before, once there is some.
func (c *Chooser) SetRate(s Stream, kbps int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lanes[s].rate = kbps
	c.lanes[s].gauge.rateChanges()
}

// SetCodec lets only streams of a codec go out; NoCodec is that of the first
// picture, whatever it is. It begins a new session with the ingest.
func (c *Chooser) SetCodec(codec unit.Codec) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.codec == codec {
		return
	}
	c.codec, c.open = codec, false
	c.decide()
}

// Stats are the present gauges.
func (c *Chooser) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{
		Chosen: c.chosen, Wish: c.state.wish, Reason: c.state.reason,
		Kbps: [streams]int{c.lanes[Main].rate, c.lanes[Sub].rate}, TargetKbps: c.line.Kbps,
		MainWanted: c.wanted, Sound: c.sound.from, Changes: c.changes, Codec: c.codec,
	}
}

// decide asks the policy, and says when its answer concerns who pulls.
func (c *Chooser) decide() {
	before := c.state
	in := input{now: c.now, line: c.line, chosen: c.chosen}
	for s := range c.lanes {
		in.streams[s] = offer{kbps: c.lanes[s].rate, usable: c.usable(Stream(s))}
	}
	c.state = decide(c.cfg, c.state, in)
	if c.state.wish != before.wish {
		c.log.Debug("stream wished for", "stream", c.state.wish, "reason", c.state.reason, "target", c.line.Kbps,
			"main", c.lanes[Main].rate, "sub", c.lanes[Sub].rate)
	}
	wanted := c.state.wanted || c.soundNeedsMain()
	if wanted != c.wanted {
		c.wanted = wanted
		if c.OnMainWanted != nil {
			c.OnMainWanted(wanted)
		}
	}
}

// usable tells whether a stream gives pictures that the session can carry. One
// that is not on must have been measured, to find its place in time.
func (c *Chooser) usable(s Stream) bool {
	l := &c.lanes[s]
	return l.alive(c.now) && c.fits(l) && (s == c.chosen && c.begun || l.gauge.ripe())
}

// fits tells whether a lane's codec is the session's.
func (c *Chooser) fits(l *lane) bool {
	return l.media == nil || c.codec == unit.NoCodec || l.media.Video.Codec == c.codec
}

// soundNeedsMain is true while the sound comes from the main stream: then the sub
// stream has none, or none that the session could carry.
func (c *Chooser) soundNeedsMain() bool {
	return c.sound.from == Main && c.sound.carries(c.lanes[Main].media)
}

// announce tells what goes out.
func (c *Chooser) announce() {
	if media := c.lanes[c.chosen].media; media != nil && c.OnMedia != nil {
		c.OnMedia(unit.Media{Video: media.Video, Audio: c.sound.format})
	}
}
