package pca9685

import (
	"context"
	"fmt"
	"time"
)

// Watch is the time between two looks at the chip, and so the longest that
// lamps stay dark after its power came back.
const Watch = time.Second

// Run sets the chip up and looks after it until ctx ends, which is no error;
// the outputs stay as they are. A chip that was reset gets its settings and
// levels again. Run returns early when the chip does not answer; called again
// it starts over.
func (c *Chip) Run(ctx context.Context) error {
	ticker := time.NewTicker(Watch)
	defer ticker.Stop()
	for {
		if err := c.look(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// look checks the settings, and restores them and the levels where they are
// not as they must be.
func (c *Chip) look() error {
	c.mu.Lock()
	before := c.ready
	intact, err := c.intact()
	if err == nil && !(before && intact) {
		err = c.establish(intact)
	}
	c.mu.Unlock()
	if err == nil && before && !intact {
		c.OnFault(Fault{
			Code: "light_chip_restarted",
			Text: fmt.Sprintf("PCA9685 at 0x%02x lost its settings and was set up again: its supply may be weak", c.dev.Addr),
		})
	}
	return err
}

// intact compares the settings with what they must be; c.mu is held. A reset
// leaves a chip asleep, at 200 Hz and without auto-increment.
func (c *Chip) intact() (bool, error) {
	var mode1, prescale [1]byte
	if err := c.tx("reading its mode", []byte{regMode1}, mode1[:]); err != nil {
		return false, err
	}
	if err := c.tx("reading its prescaler", []byte{regPrescale}, prescale[:]); err != nil {
		return false, err
	}
	return mode1[0] == mode1AutoInc && prescale[0] == c.prescale, nil
}

// establish brings the chip from any state to its settings and levels; c.mu is
// held. One that has its settings is not put to sleep, since that would darken
// lamps which shine since before this program.
func (c *Chip) establish(intact bool) error {
	c.ready = false
	if !intact {
		if err := c.setUp(); err != nil {
			return err
		}
	}
	if err := c.tx("setting its outputs", []byte{regMode1 + 1, c.mode2}, nil); err != nil {
		return err
	}
	for i, on := range c.want {
		if on < 0 {
			continue
		}
		if err := c.show(i); err != nil {
			return err
		}
	}
	c.ready = true
	return nil
}

// setUp sets frequency and mode. The prescaler can be written only in sleep,
// and outputs that were active need a restart after it (7.3.1.1, 7.3.5).
func (c *Chip) setUp() error {
	if err := c.tx("sending it to sleep", []byte{regMode1, mode1AutoInc | mode1Sleep}, nil); err != nil {
		return err
	}
	if err := c.tx("setting its frequency", []byte{regPrescale, c.prescale}, nil); err != nil {
		return err
	}
	if err := c.tx("waking it", []byte{regMode1, mode1AutoInc}, nil); err != nil {
		return err
	}
	time.Sleep(wake)
	return c.tx("restarting its outputs", []byte{regMode1, mode1AutoInc | mode1Restart}, nil)
}

// show writes the level of one output; c.mu is held. All four bytes go in one
// transfer: the output changes at its end, never in between (7.3.2, OCH).
func (c *Chip) show(output int) error {
	frame := []byte{byte(regLED0 + 4*output), 0, 0, 0, 0}
	switch on := c.want[output]; on {
	case 0:
		frame[4] = ledFull
	case steps:
		frame[2] = ledFull
	default:
		frame[3], frame[4] = byte(on), byte(on>>8)
	}
	return c.tx(fmt.Sprintf("dimming output %d", output), frame, nil)
}

// tx is one transfer. After a failed one nothing is known about the chip.
func (c *Chip) tx(what string, w, r []byte) error {
	if err := c.dev.Tx(w, r); err != nil {
		c.ready = false
		return fmt.Errorf("pca9685 at 0x%02x on %s, %s: %w; check its supply, SDA, SCL and address jumpers", c.dev.Addr, c.dev.Bus, what, err)
	}
	return nil
}
