package board

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"

	"studiobox/board/profile"
)

// usualPeriod serves Out on a channel that has had no frequency yet.
const usualPeriod = time.Millisecond

// pwmChannel is one channel of a PWM unit as a pin that only does PWM. Duty is
// the time at the active level: the unit itself turns an active-low one around.
type pwmChannel struct {
	wire  profile.Wire
	units pwmUnits
	unit  string // directory of the unit
	dir   string // directory of the channel
	fresh bool   // exported by this process

	mu           sync.Mutex
	period, duty int64 // in the kernel, ns
	enabled      bool
}

// takeOver reads what the kernel has and brings the channel into a state from
// which PWM may go on.
func (c *pwmChannel) takeOver() error {
	var enabled int64
	for name, value := range map[string]*int64{"period": &c.period, "duty_cycle": &c.duty, "enable": &enabled} {
		var err error
		if *value, err = readNumber(filepath.Join(c.dir, name)); err != nil {
			return err
		}
	}
	c.enabled = enabled != 0
	text, err := os.ReadFile(filepath.Join(c.dir, "polarity"))
	if err != nil {
		return err
	}
	polarity := "normal"
	if c.wire.ActiveLow {
		polarity = "inversed"
	}
	turned := strings.TrimSpace(string(text)) != polarity
	if c.fresh || turned || !c.wire.Holds {
		if err := c.stop(); err != nil {
			return err
		}
	}
	if turned { // only while it is disabled
		return c.put("polarity", polarity)
	}
	return nil
}

// String names the role and the channel.
func (c *pwmChannel) String() string { return fmt.Sprintf("%s(%s)", c.wire.Role, c.wire.Endpoint()) }

// Name returns the unit and the channel.
func (c *pwmChannel) Name() string { return c.wire.Endpoint() }

// Number returns the channel on its unit.
func (c *pwmChannel) Number() int { return c.wire.Channel }

// Function implements pin.Pin.
func (c *pwmChannel) Function() string { return string(gpio.PWM) }

// Out holds the channel at its active (High) or its resting level (Low).
func (c *pwmChannel) Out(level gpio.Level) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	period := cmp.Or(c.period, int64(usualPeriod))
	return c.set(period, period*int64(bit(level)))
}

// PWM runs the channel at a duty of 0 to gpio.DutyMax and a frequency from
// 1 Hz up to what the unit makes; it refuses others and changes nothing.
func (c *pwmChannel) PWM(duty gpio.Duty, f physic.Frequency) error {
	if !duty.Valid() || f < physic.Hertz || f > physic.GigaHertz {
		return fmt.Errorf("board: role %s on %s: duty %s at %s is out of range: want 0 to 100 %% at 1 Hz or more",
			c.wire.Role, c.wire.Endpoint(), duty, f)
	}
	period := int64(f.Period())
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.set(period, (period*int64(duty)+int64(gpio.DutyMax)/2)/int64(gpio.DutyMax))
}

// set brings period and duty into the kernel, which refuses a period below the
// duty at every moment. Either order leaves the share of active time below both
// the old and the new for an instant, never above: no flash.
func (c *pwmChannel) set(period, duty int64) error {
	type step struct {
		name  string
		value int64
		has   *int64
	}
	steps := []step{{"period", period, &c.period}, {"duty_cycle", duty, &c.duty}}
	if period < c.period {
		steps[0], steps[1] = steps[1], steps[0]
	}
	for _, s := range steps {
		if *s.has == s.value {
			continue
		}
		if err := c.put(s.name, strconv.FormatInt(s.value, 10)); err != nil {
			return c.named(err)
		}
		*s.has = s.value
	}
	if c.enabled {
		return nil
	}
	if err := c.put("enable", "1"); err != nil {
		return c.named(err)
	}
	c.enabled = true
	return nil
}

// Halt stops the channel at its resting level; a light and a lens hold what
// they show.
func (c *pwmChannel) Halt() error {
	if c.wire.Holds {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.stop(); err != nil {
		return c.named(err)
	}
	return nil
}

// stop goes to duty 0 first: a unit may freeze where it is when it is disabled.
func (c *pwmChannel) stop() error {
	if c.duty != 0 {
		if err := c.put("duty_cycle", "0"); err != nil {
			return err
		}
		c.duty = 0
	}
	if !c.enabled {
		return nil
	}
	if err := c.put("enable", "0"); err != nil {
		return err
	}
	c.enabled = false
	return nil
}

// close gives the channel back to the kernel. A light stays exported: to give
// it back would turn it off.
func (c *pwmChannel) close() error {
	if c.wire.Holds {
		return nil
	}
	if err := c.units.write(filepath.Join(c.unit, "unexport"), strconv.Itoa(c.wire.Channel)); err != nil {
		return c.named(err)
	}
	return nil
}

func (c *pwmChannel) put(name, text string) error {
	if err := c.units.write(filepath.Join(c.dir, name), text); err != nil {
		return fmt.Errorf("%s = %s: %w", name, text, err)
	}
	return nil
}

func (c *pwmChannel) named(err error) error {
	return fmt.Errorf("board: role %s on %s: %w", c.wire.Role, c.wire.Endpoint(), err)
}

var _ gpio.PinOut = (*pwmChannel)(nil)
