package choose

import "studiobox/encoder/unit"

// put takes a unit of a stream. It never blocks.
func (c *Chooser) put(s Stream, u *unit.Unit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch.IsZero() {
		c.epoch = u.Captured
	}
	c.now = max(c.now, u.Captured.Sub(c.epoch))
	if u.Track == unit.Audio {
		c.putAudio(s, u)
		return
	}
	c.lanes[s].picture(u.Captured.Sub(c.epoch), u)
	c.decide()
	c.putVideo(s, u)
}

// putVideo sends a picture of the chosen stream, and changes over at a key unit
// of the one that is wished for.
func (c *Chooser) putVideo(s Stream, u *unit.Unit) {
	if s != c.chosen && s == c.state.wish && c.usable(s) {
		if u.Key {
			c.change(s)
		} else if c.OnKeyWanted != nil {
			c.OnKeyWanted(s)
		}
	}
	if s != c.chosen || !c.open && !c.enter(u) {
		return
	}
	c.send(u)
}

// change lets the pictures come from a stream whose key unit is at hand.
func (c *Chooser) change(to Stream) {
	c.log.Info("camera's stream changes", "to", to, "reason", c.state.reason, "target", c.line.Kbps,
		"main", c.lanes[Main].rate, "sub", c.lanes[Sub].rate)
	c.leave()
	if c.begun && !(to == c.sound.from && c.sound.begun) {
		c.lanes[to].placed = false // fresh, unless sound runs on it
	}
	c.chosen, c.open = to, false
	c.changes++
}

// leave keeps where the outgoing time line begins, before the lane that it is
// known by is left.
func (c *Chooser) leave() {
	if l := &c.lanes[c.chosen]; l.placed && l.seen {
		c.origin = l.origin()
	}
}

// enter begins with the chosen stream at a key unit; false when this is none.
func (c *Chooser) enter(u *unit.Unit) bool {
	l := &c.lanes[c.chosen]
	if !u.Key || !c.fits(l) {
		return false
	}
	if c.codec == unit.NoCodec && l.media != nil {
		c.codec = l.media.Video.Codec
	}
	switch {
	case !c.begun:
		l.placed = true // the outgoing time line is this lane's own
	case !l.placed:
		l.place(c.origin)
	}
	if c.begun {
		l.enter(u, c.highest)
	}
	l.skip = true
	c.open, c.begun = true, true
	c.announce()
	return true
}

// send is the only way out for pictures.
func (c *Chooser) send(u *unit.Unit) {
	l := &c.lanes[c.chosen]
	if l.skip && !u.Key {
		if c.codec == unit.H265 && leading(u) {
			return
		}
		l.skip = false
	}
	pts := l.time(u.PTS)
	c.highest = max(c.highest, pts)
	c.out.Put(retimed(u, pts))
}

// putAudio passes the sound of the stream that it comes from.
func (c *Chooser) putAudio(s Stream, u *unit.Unit) {
	c.lanes[s].audio(c.now)
	if c.sound.due(c.now, &c.lanes) && c.settle(c.sound.from.other()) {
		c.sound.from = c.sound.from.other()
		c.log.Info("sound changes", "to", c.sound.from)
	}
	if s != c.sound.from || !c.settle(s) {
		return
	}
	if moved, ok := c.sound.pass(u, c.lanes[s].shift); ok {
		c.out.Put(moved)
	}
}

// settle finds a lane's place on the outgoing time line; false while it cannot
// be known.
func (c *Chooser) settle(s Stream) bool {
	l := &c.lanes[s]
	if !l.placed && c.begun && l.gauge.ripe() {
		c.leave()
		l.place(c.origin)
	}
	return l.placed
}
