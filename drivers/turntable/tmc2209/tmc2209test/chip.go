// Package tmc2209test is a TMC2209 made of memory: it answers byte for byte as
// the data sheet says, turns a motor in the time it is given, and fails on
// demand.
package tmc2209test

import (
	"errors"
	"math"
	"sync"
	"time"

	"studiobox/drivers/turntable/tmc2209"
)

// Failure is how one read request is answered.
type Failure string

// The failures.
const (
	None       Failure = ""
	BadCRC     Failure = "crc"     // the checksum of the reply is wrong
	Silence    Failure = "silence" // no reply
	HalfReply  Failure = "half"    // the reply breaks off
	WrongCount Failure = "count"   // IFCNT is one too high
	LostWrite  Failure = "lost"    // the write before it was not accepted
	Foreign    Failure = "foreign" // another register answers
	BadEcho    Failure = "echo"    // the echo is garbled
	Stutter    Failure = "stutter" // the reply comes in three pieces
	Babble     Failure = "babble"  // noise follows the reply
	Late       Failure = "late"    // the reply comes after the reader gave up
)

// ErrPulled is what a port says when its adapter is gone.
var ErrPulled = errors.New("input/output error")

// Chip is a tmc2209.Port with a chip and a motor at its end. Set the exported
// fields before use.
type Chip struct {
	Address byte
	TwoWire bool // no echo
	// ClockError is how much faster the chip's clock is than it should be;
	// 0.03 = 3 %.
	ClockError float64
	// Script holds the failures of the read requests to come, in order.
	Script []Failure

	mu      sync.Mutex
	regs    map[tmc2209.Register]uint32
	count   byte
	timeout time.Duration
	out     [][]byte // to be read, piece by piece
	late    [][]byte // to be read after a time-out
	pulled  bool     // the line behind the adapter
	gone    bool     // the adapter
	turned  float64  // microsteps of the step generator up to since
	since   time.Time
	sent    [][]byte // all that came over the line
	blocked bool     // the rotor
}

// New returns a chip as it is after power-on.
func New() *Chip {
	c := &Chip{regs: map[tmc2209.Register]uint32{
		tmc2209.GSTAT: 1,
		tmc2209.IOIN:  0x21 << 24,
	}}
	c.since = time.Now()
	return c
}

// Write implements tmc2209.Port.
func (c *Chip) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, append([]byte{}, b...))
	if c.gone {
		return 0, ErrPulled
	}
	failure := None
	isRead := len(b) == 4
	if isRead && len(c.Script) > 0 {
		failure, c.Script = c.Script[0], c.Script[1:]
	}
	if !isRead && len(c.Script) > 0 && c.Script[0] == LostWrite {
		c.Script = c.Script[1:]
		c.echo(b, None)
		return len(b), nil
	}
	c.echo(b, failure)
	if !c.pulled && b[0] == 0x05 && b[1] == c.Address && tmc2209.CRC8(b[:len(b)-1]) == b[len(b)-1] {
		c.obey(b, failure)
	}
	return len(b), nil
}

// Read implements tmc2209.Port.
func (c *Chip) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.gone:
		return 0, ErrPulled
	case len(c.out) == 0:
		wait := c.timeout
		c.mu.Unlock()
		time.Sleep(wait)
		c.mu.Lock()
		c.out, c.late = append(c.out, c.late...), nil
		return 0, nil
	}
	n := copy(b, c.out[0])
	if c.out[0] = c.out[0][n:]; len(c.out[0]) == 0 {
		c.out = c.out[1:]
	}
	return n, nil
}

// SetReadTimeout implements tmc2209.Port.
func (c *Chip) SetReadTimeout(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timeout = d
	return nil
}

func (c *Chip) echo(b []byte, failure Failure) {
	if c.TwoWire {
		return
	}
	b = append([]byte{}, b...)
	if failure == BadEcho {
		b[len(b)-1] ^= 0x55
	}
	c.out = append(c.out, b)
}

// obey does what a valid datagram says.
func (c *Chip) obey(b []byte, failure Failure) {
	r := tmc2209.Register(b[2] & 0x7F)
	if len(b) == 8 && b[2]&0x80 != 0 {
		c.set(r, uint32(b[3])<<24|uint32(b[4])<<16|uint32(b[5])<<8|uint32(b[6]))
		c.count++
		return
	}
	reply := tmc2209.Reply(r, c.get(r))
	switch failure {
	case Silence, BadEcho:
		return
	case BadCRC:
		reply[7] ^= 0x01
	case Late:
		c.late = append(c.late, reply)
		return
	case HalfReply:
		reply = reply[:5]
	case WrongCount:
		reply = tmc2209.Reply(r, c.get(r)+1)
	case Foreign:
		reply = tmc2209.Reply(r+1, 0)
	case Stutter:
		c.out = append(c.out, reply[:1], reply[1:6])
		reply = reply[6:]
	case Babble:
		reply = append(reply, 0x00, 0xFF, 0x05)
	}
	c.out = append(c.out, reply)
}

func (c *Chip) set(r tmc2209.Register, value uint32) {
	switch r {
	case tmc2209.GSTAT:
		c.regs[r] &^= value
	case tmc2209.VACTUAL:
		c.settle(time.Now())
		c.regs[r] = value
	default:
		c.regs[r] = value
	}
}

func (c *Chip) get(r tmc2209.Register) uint32 {
	switch r {
	case tmc2209.IFCNT:
		return uint32(c.count)
	case tmc2209.MSCNT:
		c.settle(time.Now())
		return uint32(int64(math.Floor(c.turned))) & 1023
	case tmc2209.SGRESULT:
		return c.load()
	}
	return c.regs[r]
}

// settle brings the step generator up to a time. It steps on, whether the
// rotor follows or not.
func (c *Chip) settle(now time.Time) {
	speed := tmc2209.Velocity(c.regs[tmc2209.VACTUAL]) * (1 + c.ClockError)
	c.turned += speed * now.Sub(c.since).Seconds()
	c.since = now
}
