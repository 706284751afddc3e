// Package button turns a bouncing input pin into presses that somebody made.
package button

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Button watches one pin.
type Button struct {
	// OnEvent is called from Run for every event, in order. It must not block.
	// Set it before Run.
	OnEvent func(Event)

	pin   gpio.PinIn
	cfg   Config
	edges bool // the pin can wake us
	woken bool // the last pause ended with an edge
}

// New returns a button on the pin. Nothing happens to the pin before Run.
func New(pin gpio.PinIn, cfg Config) *Button {
	return &Button{pin: pin, cfg: cfg.withDefaults(), OnEvent: func(Event) {}}
}

// Run configures the pin and watches it until ctx ends, which is no error. A
// pin that cannot report edges is polled.
func (b *Button) Run(ctx context.Context) error {
	b.edges = b.pin.In(b.cfg.Pull, gpio.BothEdges) == nil
	if !b.edges {
		if err := b.pin.In(b.cfg.Pull, gpio.NoEdge); err != nil {
			return fmt.Errorf("button on %s: %w", b.pin.Name(), err)
		}
	}
	epoch := b.cfg.Epoch
	if epoch.IsZero() {
		epoch = time.Now()
	}
	decoder := NewDecoder(b.cfg)
	for ctx.Err() == nil {
		if event, ok := decoder.Sample(time.Since(epoch), b.pin.Read()); ok {
			b.OnEvent(event)
		}
		b.pause(ctx, decoder.Resting())
	}
	return nil
}

// pause waits for the next look. Edges only shorten the wait of a resting
// line: some are lost and stale ones are queued by drivers, so the level alone
// decides. After an edge the next pause is a plain one, and a wait that
// returns at once is filled up: neither a storm of edges nor a broken edge
// source makes a busy loop.
func (b *Button) pause(ctx context.Context, resting bool) {
	switch {
	case !resting || b.woken:
		b.woken = false
		sleep(ctx, b.cfg.Poll)
	case !b.edges:
		sleep(ctx, b.cfg.IdlePoll)
	default:
		begin := time.Now()
		b.woken = b.pin.WaitForEdge(b.cfg.IdlePoll)
		if !b.woken {
			sleep(ctx, b.cfg.IdlePoll-time.Since(begin))
		}
	}
}

// Halt interrupts a pending wait for an edge. It is safe at any time; an input
// drives nothing.
func (b *Button) Halt() error {
	if err := b.pin.Halt(); err != nil {
		return fmt.Errorf("button on %s: %w", b.pin.Name(), err)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
