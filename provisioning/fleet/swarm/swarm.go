// Package swarm is a fleet of simulated boxes: each speaks the contract over a
// connection of its own, with its own client id, will, birth and troubles. One
// goroutine and a few kilobytes make a box, so that one machine carries ten
// thousand of them.
package swarm

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"studiobox/provisioning/contract/seal"
)

// Config says which boxes there are and where they report.
type Config struct {
	Boxes  []Box
	Plan   Plan
	Broker string      // tcp://host:port or ssl://host:port
	TLS    *tls.Config // for ssl://; nil: the system's authorities
	Paper  *Paper      // for ssl://: makes each box's certificate; nil: boxes show none
	Keys   Keys        // verify commands and wishes; nil: boxes obey nobody
	Ramp   int         // first connections a second; 0: 500
	Pace   Pace        // the zero Pace: RealPace
	Seed   uint64      // the same seed gives each box the same jitter and troubles
}

// Keys gives the keyring that is in force.
type Keys interface {
	Keyring() *seal.Keyring
}

// Pace is every time constant of a simulated box.
type Pace struct {
	Idle, Live time.Duration // between health messages, each +-10 %
	Retry      time.Duration // limit of the first wait after a loss; it doubles per failure
	RetryMax   time.Duration // up to here
	Settle     time.Duration // a connection of this length forgets earlier failures
	KeepAlive  time.Duration // a ping after so much silence of ours
	Ack        time.Duration // limit for the broker to acknowledge or to answer a ping
	Dial       time.Duration // limit for connecting, with the handshakes
	Write      time.Duration // limit for the socket to take a message
	Repeat     time.Duration // of a state that does not change
}

// RealPace is that of a real box. The first wait is spread so widely that a
// broker which comes back meets at most a fortieth of the fleet a second.
func RealPace() Pace {
	return Pace{
		Idle: time.Minute, Live: 15 * time.Second, Retry: 40 * time.Second, RetryMax: 2 * time.Minute,
		Settle: time.Minute, KeepAlive: 45 * time.Second, Ack: 10 * time.Second, Dial: 15 * time.Second,
		Write: 2 * time.Second, Repeat: 15 * time.Minute,
	}
}

// Swarm is the fleet. Only Run starts anything.
type Swarm struct {
	cfg     Config
	address string
	secure  bool
	meter   *Meter
	log     *slog.Logger
	began   time.Time
}

// New checks the configuration.
func New(cfg Config, log *slog.Logger) (*Swarm, error) {
	s := &Swarm{cfg: cfg, meter: newMeter(), log: log}
	if s.cfg.Pace == (Pace{}) {
		s.cfg.Pace = RealPace()
	}
	if s.cfg.Ramp <= 0 {
		s.cfg.Ramp = 500
	}
	if len(cfg.Boxes) == 0 {
		return nil, errors.New("swarm: there are no boxes")
	}
	var err error
	if s.address, s.secure, err = parseBroker(cfg.Broker); err != nil {
		return nil, fmt.Errorf("swarm: %w", err)
	}
	return s, nil
}

// Meter tells how it goes.
func (s *Swarm) Meter() *Meter { return s.meter }

// Run lets all boxes live until ctx ends.
func (s *Swarm) Run(ctx context.Context) error {
	s.began = time.Now()
	var all sync.WaitGroup
	defer all.Wait()
	gap := time.Second / time.Duration(s.cfg.Ramp)
	for i, who := range s.cfg.Boxes {
		if !sleep(ctx, time.Until(s.began.Add(time.Duration(i)*gap))) {
			return nil
		}
		for copies := range s.cfg.Plan.Copies(who) {
			all.Go(func() { newBox(s, who, copies).run(ctx) })
		}
	}
	s.log.Info("swarm: every box has begun", "boxes", len(s.cfg.Boxes))
	return nil
}

// sleep waits; false when ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
