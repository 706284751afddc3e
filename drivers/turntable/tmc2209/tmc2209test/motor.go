package tmc2209test

import (
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

// Restart is what a dip of the supply does: all registers as after power-on.
func (c *Chip) Restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(time.Now())
	c.count = 0
	c.regs = map[tmc2209.Register]uint32{tmc2209.GSTAT: 1, tmc2209.IOIN: 0x21 << 24}
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
