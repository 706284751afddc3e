package tmc2209

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Port is the serial line. Read returns 0 bytes and no error when nothing came
// within the time-out.
type Port interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	SetReadTimeout(time.Duration) error
}

const (
	// tries is how often a conversation is begun at most.
	tries = 3
	// patience is how long a reply may take. A reply takes 2 ms at 115,200
	// baud; some USB adapters hold bytes back for 16 ms.
	patience = 25 * time.Millisecond
	// quiet is the pause after which the chip forgets half a datagram: 63 bit
	// times (chapter 4.1.1), at 9600 baud or more.
	quiet = 7 * time.Millisecond
)

// Chip is one TMC2209. Its methods may be called from any goroutine. A
// conversation that fails is tried three times, for 100 ms in all at most.
type Chip struct {
	port    Port
	address byte

	mu     sync.Mutex
	count  byte // IFCNT after the last write
	synced bool // count is known
}

// New returns the chip with an address of 0 to 3 (pins MS1, MS2). Nothing is
// sent yet.
func New(port Port, address byte) *Chip { return &Chip{port: port, address: address} }

// Read returns the value of a register.
func (c *Chip) Read(r Register) (uint32, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var value uint32
	err := c.try(func() (err error) {
		value, err = c.ask(nil, r)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("tmc2209 %d, read 0x%02x: %w", c.address, byte(r), err)
	}
	return value, nil
}

// Write sets a register and returns after the chip has counted the write.
func (c *Chip) Write(r Register, value uint32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.sync()
	if err == nil {
		sent := 0
		datagram := WriteDatagram(c.address, r, value)
		err = c.try(func() error { return c.confirm(datagram, &sent) })
	}
	if err != nil {
		c.synced = false
		return fmt.Errorf("tmc2209 %d, write 0x%02x: %w", c.address, byte(r), err)
	}
	return nil
}

// sync learns IFCNT before the first write, and again after a failed one.
func (c *Chip) sync() error {
	if c.synced {
		return nil
	}
	return c.try(func() error {
		count, err := c.ask(nil, IFCNT)
		c.count, c.synced = byte(count), err == nil
		return err
	})
}

// confirm sends a write and looks whether IFCNT rose. Of several tries whose
// confirmation was lost some may have counted: they all wrote the same.
func (c *Chip) confirm(datagram []byte, sent *int) error {
	*sent++
	if err := c.send(datagram); err != nil {
		return err
	}
	count, err := c.ask(datagram, IFCNT)
	if err != nil {
		return err
	}
	counted := int(byte(count) - c.count)
	c.count = byte(count)
	if counted >= 1 && counted <= *sent {
		return nil
	}
	*sent = 0
	return ErrCounter
}

// try begins a conversation up to three times. A port that fails is not asked
// again: it is gone.
func (c *Chip) try(talk func() error) error {
	var err error
	for n := range tries {
		if n > 0 {
			c.drain()
		}
		var gone portError
		if err = talk(); err == nil || errors.As(err, &gone) {
			return err
		}
	}
	return err
}

// ask requests a register. heard is what was sent before and not yet heard back.
func (c *Chip) ask(heard []byte, r Register) (uint32, error) {
	request := ReadRequest(c.address, r)
	if err := c.send(request); err != nil {
		return 0, err
	}
	sent := append(append([]byte{}, heard...), request...)
	var received []byte
	for end := time.Now().Add(patience); ; {
		value, err := decode(sent, received, r)
		if !errors.Is(err, errShort) {
			return value, err
		}
		left := time.Until(end)
		if left <= 0 {
			return 0, silence(sent, received)
		}
		chunk, err := c.receive(left)
		if err != nil {
			return 0, err
		}
		received = append(received, chunk...)
	}
}

// silence names why no whole reply came.
func silence(sent, received []byte) error {
	if reply, err := dropEcho(sent, received); err == nil && len(reply) > 0 {
		return fmt.Errorf("%w (%d of %d bytes came)", ErrSilent, len(reply), datagramLen)
	}
	return ErrSilent
}

// drain drops what is on its way and lets the chip forget half a datagram.
func (c *Chip) drain() {
	for range 16 {
		if chunk, err := c.receive(quiet); err != nil || len(chunk) == 0 {
			return
		}
	}
}

func (c *Chip) send(datagram []byte) error {
	if _, err := c.port.Write(datagram); err != nil {
		return portError{err}
	}
	return nil
}

func (c *Chip) receive(within time.Duration) ([]byte, error) {
	if err := c.port.SetReadTimeout(within); err != nil {
		return nil, portError{err}
	}
	chunk := make([]byte, 32)
	n, err := c.port.Read(chunk)
	if err != nil {
		return nil, portError{err}
	}
	return chunk[:n], nil
}

// portError is a failure of the line itself.
type portError struct{ err error }

func (e portError) Error() string { return "serial port: " + e.err.Error() }
func (e portError) Unwrap() error { return e.err }
