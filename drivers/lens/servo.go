package lens

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
)

// The signal of a hobby servo: one pulse every 20 ms, whose length is the place.
const (
	servoRate   = 50 * physic.Hertz
	servoPeriod = 20 * time.Millisecond
	// Pulses outside of these drive most servos against their stops.
	shortest, longest = 500 * time.Microsecond, 2500 * time.Microsecond
	// settle is how long the first way may last, whose length nobody knows.
	settle = time.Second
)

// ServoConfig is the wiring of one servo. A zero value means the default named
// with it.
type ServoConfig struct {
	Name string      // "zoom" or "focus", for errors
	Pin  gpio.PinOut // makes PWM in hardware
	// Low and High are the pulses at 0 and at 1, 0.5 to 2.5 ms; default 1 and 2 ms.
	// Choose them so that the ring does not reach its stops. Low may be the longer
	// one, for a servo that turns the other way.
	Low, High time.Duration
	// Speed is the greatest speed in whole ways per second; default 0.5.
	Speed float64
	// OffAfter is how long after a motion the signal is taken away, so that the
	// servo neither hums into the microphone nor heats; 0 = never. The gear must
	// hold the ring.
	OffAfter time.Duration
}

// Servo is an axis moved by a hobby servo. It tells nobody where it is: its
// first motion goes to its place as fast as the servo can, lease or no lease, and
// only from there on is the speed bounded.
type Servo struct {
	cfg ServoConfig

	mu      sync.Mutex
	wish    wish
	known   bool      // place is where the servo is
	place   float64   // 0..1
	last    time.Time // of the last pulse length
	arrived time.Time // when the motion has ended; zero while it goes on
	first   time.Time // when the first motion began
	duty    gpio.Duty // what the pin makes; 0 = no signal
}

// NewServo returns a servo that stands still. Nothing happens to the pin before
// To and Run.
func NewServo(cfg ServoConfig) (*Servo, error) {
	if cfg.Low == 0 && cfg.High == 0 {
		cfg.Low, cfg.High = time.Millisecond, 2*time.Millisecond
	}
	if cfg.Speed <= 0 {
		cfg.Speed = 0.5
	}
	if min(cfg.Low, cfg.High) < shortest || max(cfg.Low, cfg.High) > longest || cfg.Low == cfg.High {
		return nil, fmt.Errorf("lens %s: pulses of %v to %v: give two different ones of 0.5 to 2.5 ms", cfg.Name, cfg.Low, cfg.High)
	}
	return &Servo{cfg: cfg, wish: newWish(cfg.Name)}, nil
}

// To implements Axis.
func (s *Servo) To(fraction float64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wish.to(fraction)
}

// Renew implements Axis.
func (s *Servo) Renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wish.renew()
}

// Run moves the servo until ctx ends, which leaves it holding its place. It
// returns early when the pin fails.
func (s *Servo) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-s.wish.changed:
		}
		wait, err := s.step(time.Now())
		if err != nil {
			return err
		}
		timer.Reset(wait)
	}
}

// step sends what is due now and tells when the next is.
func (s *Servo) step(now time.Time) (time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wish.halted || !s.wish.asked {
		return rest, nil
	}
	if s.known && s.wish.lapsed() {
		s.wish.place = s.place
	}
	if s.known && s.place == s.wish.place {
		return s.idle(now)
	}
	if now.Sub(s.last) < servoPeriod { // woken by a wish between two pulses
		return servoPeriod - now.Sub(s.last), nil
	}
	s.last, s.arrived = now, time.Time{}
	if !s.known {
		s.known, s.place, s.first = true, s.wish.place, now
	} else {
		reach := s.cfg.Speed * servoPeriod.Seconds()
		if gap := s.wish.place - s.place; math.Abs(gap) <= reach {
			s.place = s.wish.place // to the bit, so that the motion ends
		} else {
			s.place += math.Copysign(reach, gap)
		}
	}
	return servoPeriod, s.send(s.dutyAt(s.place))
}

// idle takes the signal away when that is due; s.mu is held.
func (s *Servo) idle(now time.Time) (time.Duration, error) {
	if s.arrived.IsZero() {
		s.arrived = now
		if begun := s.first.Add(settle); now.Before(begun) {
			s.arrived = begun
		}
	}
	if s.cfg.OffAfter <= 0 || s.duty == 0 {
		return rest, nil
	}
	if left := s.arrived.Add(s.cfg.OffAfter).Sub(now); left > 0 {
		return left, nil
	}
	return rest, s.send(0)
}

func (s *Servo) dutyAt(place float64) gpio.Duty {
	pulse := s.cfg.Low.Seconds() + place*(s.cfg.High-s.cfg.Low).Seconds()
	return gpio.Duty(math.Round(pulse / servoPeriod.Seconds() * float64(gpio.DutyMax)))
}

func (s *Servo) send(duty gpio.Duty) error {
	if duty == s.duty {
		return nil
	}
	if err := s.cfg.Pin.PWM(duty, servoRate); err != nil {
		return fmt.Errorf("lens %s, servo on %s: %w", s.cfg.Name, s.cfg.Pin.Name(), err)
	}
	s.duty = duty
	return nil
}

// Halt implements Axis. The pulse stays as it is, for the servo holds what it is
// told. On its first way the servo is still far from that, so the signal is taken
// away: nothing else stops it.
func (s *Servo) Halt() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wish.halted {
		return nil
	}
	s.wish.halted = true
	if s.known && time.Since(s.first) < settle {
		return s.send(0)
	}
	return nil
}
