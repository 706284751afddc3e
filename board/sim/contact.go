package sim

import "periph.io/x/conn/v3/gpio"

// contact is the switch between a pin and ground, and the wire to it.
type contact struct {
	pressed        bool // a finger is on it
	normallyClosed bool // the finger opens it
	cut            bool
}

// level is what an input reads: ground through the contact, else the pull,
// else what it read before.
func (c contact) level(pull gpio.Pull, before gpio.Level) gpio.Level {
	switch {
	case c.pressed != c.normallyClosed && !c.cut:
		return gpio.Low
	case pull == gpio.PullUp:
		return gpio.High
	case pull == gpio.PullDown:
		return gpio.Low
	default:
		return before
	}
}

// Press puts a finger on the button and leaves it there.
func (p *Pin) Press() { p.touch(func(c *contact) { c.pressed = true }) }

// Release takes the finger off.
func (p *Pin) Release() { p.touch(func(c *contact) { c.pressed = false }) }

// Cut breaks the wire: the input sees only its pull, whatever the finger does.
func (p *Pin) Cut() { p.touch(func(c *contact) { c.cut = true }) }

// Mend joins a cut wire again.
func (p *Pin) Mend() { p.touch(func(c *contact) { c.cut = false }) }

// NormallyClosed makes the switch one that a finger opens, so that a cut wire
// looks like a press.
func (p *Pin) NormallyClosed() { p.touch(func(c *contact) { c.normallyClosed = true }) }

// Bounce closes and opens the contact n times and leaves it as it was.
func (p *Pin) Bounce(n int) {
	for range n {
		p.touch(func(c *contact) { c.pressed = !c.pressed })
		p.touch(func(c *contact) { c.pressed = !c.pressed })
	}
}

// touch changes the circuit and counts the edge that the input sees.
func (p *Pin) touch(change func(*contact)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.wire)
	if p.out {
		return // the program drives the pin: a finger moves nothing
	}
	before := p.level
	p.level = p.wire.level(p.pull, before)
	if p.level == before || !watches(p.edge, p.level) {
		return
	}
	p.pending = min(p.pending+1, edgeQueue)
	p.wake()
}

// watches tells whether arriving at a level is an edge that was asked for.
func watches(edge gpio.Edge, to gpio.Level) bool {
	if to == gpio.High {
		return edge == gpio.RisingEdge || edge == gpio.BothEdges
	}
	return edge == gpio.FallingEdge || edge == gpio.BothEdges
}
