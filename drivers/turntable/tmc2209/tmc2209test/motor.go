package tmc2209test

import (
	"math"
	"time"

	"studiobox/drivers/turntable/tmc2209"
)

// Set pokes a register, as the chip itself would change it.
func (c *Chip) Set(r tmc2209.Register, value uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.regs[r] = value
}

// Get is the value of a register.
func (c *Chip) Get(r tmc2209.Register) uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.get(r)
}

// Sent returns every piece that was written to the port, in order.
func (c *Chip) Sent() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([][]byte{}, c.sent...)
}

// PullWire cuts the line behind the adapter: the echo still comes, the chip
// hears nothing and keeps its speed.
func (c *Chip) PullWire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = true
}

// PullAdapter makes the port itself fail.
func (c *Chip) PullAdapter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
}

// PlugAdapter mends what PullAdapter broke, for whoever opens the port anew.
func (c *Chip) PlugAdapter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone, c.out, c.late = false, nil, nil
}

// Close implements io.Closer: whoever opened the port is done with it.
func (c *Chip) Close() error { return nil }

// Restart is what a dip of the supply does: all registers as after power-on.
func (c *Chip) Restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(time.Now())
	c.count = 0
	c.regs = map[tmc2209.Register]uint32{tmc2209.GSTAT: 1, tmc2209.IOIN: 0x21 << 24}
}

// Block stops the rotor, or lets it go: the step generator goes on as before.
func (c *Chip) Block(blocked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocked = blocked
}

// fullSteps is those of the motor, for one turn.
const fullSteps = 200

// load is SG_RESULT over the speed: a free motor's is plain from one turn per
// second on. Below, the back EMF dwindles, and a free motor reads as a blocked
// one does.
func (c *Chip) load() uint32 {
	free := 300.0
	if c.blocked {
		free = 8
	}
	pace := min(math.Abs(tmc2209.Velocity(c.regs[tmc2209.VACTUAL]))/tmc2209.UsefulAbove(fullSteps), 1)
	return uint32(free * pace * pace)
}

// Diag is the level of the DIAG output: a load below the threshold, at a speed
// at which TCOOLTHRS lets it count (chapter 11.2).
func (c *Chip) Diag() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	speed := math.Abs(tmc2209.Velocity(c.regs[tmc2209.VACTUAL]))
	counts := speed > 0 && tmc2209.ClockHz/speed <= float64(c.regs[tmc2209.TCOOLTHRS])
	return counts && c.load() <= 2*c.regs[tmc2209.SGTHRS] && c.regs[tmc2209.SGTHRS] > 0
}

// Speed is how fast the step generator runs, in microsteps per second.
func (c *Chip) Speed() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return tmc2209.Velocity(c.regs[tmc2209.VACTUAL]) * (1 + c.ClockError)
}

// Turned is how many microsteps the step generator made up to now.
func (c *Chip) Turned() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(time.Now())
	return c.turned
}
