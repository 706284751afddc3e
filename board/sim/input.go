package sim

import (
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Halt implements conn.Resource. It ends a wait in progress and lets no later
// one see an edge until In is called again; an output keeps its level.
func (p *Pin) Halt() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rearm(gpio.NoEdge)
	return nil
}

// In implements gpio.PinIn. It forgets earlier edges and ends a wait.
func (p *Pin) In(pull gpio.Pull, edge gpio.Edge) error {
	if pull > gpio.PullUp || edge < gpio.NoEdge || edge > gpio.BothEdges {
		return fmt.Errorf("simulated pin %s: pull %d or edge %d is out of range", p, pull, edge)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if pull != gpio.PullNoChange {
		p.pull = pull
	}
	p.out, p.pwm = false, false
	p.level = p.wire.level(p.pull, p.level)
	p.rearm(edge)
	return nil
}

// Read implements gpio.PinIn. On an output it reads the output back.
func (p *Pin) Read() gpio.Level { return p.Level() }

// Pull implements gpio.PinIn.
func (p *Pin) Pull() gpio.Pull {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out {
		return gpio.PullNoChange
	}
	return p.pull
}

// DefaultPull implements gpio.PinIn.
func (p *Pin) DefaultPull() gpio.Pull { return p.defaultPull }

// WaitForEdge implements gpio.PinIn. A negative timeout waits without end;
// zero only asks. It returns false at once on a pin that has no edge to wait
// for, since nothing could end that wait.
func (p *Pin) WaitForEdge(timeout time.Duration) bool {
	var expired <-chan time.Time
	if timeout >= 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	p.mu.Lock()
	armed := p.armed
	for p.armed == armed && p.edge != gpio.NoEdge && p.pending == 0 {
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-expired:
			return false
		}
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	if p.armed != armed || p.edge == gpio.NoEdge {
		return false
	}
	p.pending--
	return true
}

// rearm forgets edges, sets what to look for and wakes whoever waits.
func (p *Pin) rearm(edge gpio.Edge) {
	p.edge, p.pending = edge, 0
	p.armed++
	p.wake()
}

func (p *Pin) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}
