package indicator

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Buzzer says with short beeps what a producer must not have to look for. It is
// silent while a show is out, except for its failure: microphones hear it.
type Buzzer struct {
	out Light

	changed chan struct{}

	mu     sync.Mutex
	want   string
	tune   tune
	since  time.Time // when the tune began
	renew  time.Time // when want was last asked for
	halted bool
}

// NewBuzzer returns a silent buzzer: one that sounds by itself while its line is
// active. Nothing happens to the pin before Run.
func NewBuzzer(out Light) *Buzzer { return &Buzzer{out: out, changed: make(chan struct{}, 1)} }

// Set takes the name of the indicator's pattern and never blocks. Beeps are made
// by changes; call it at every tick, for a buzzer that nobody renews for a Lease
// falls silent.
func (b *Buzzer) Set(name string) error {
	p, ok := patternNamed(name)
	if !ok {
		return fmt.Errorf("indicator buzzer: no pattern is called %q", name)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.renew = time.Now()
	if p.Name == b.want {
		return nil
	}
	b.tune, b.since = tuneOf(b.want, p.Name), b.renew
	b.want = p.Name
	select {
	case b.changed <- struct{}{}:
	default:
	}
	return nil
}

// Run beeps until ctx ends, then is silent. It returns early when the pin fails.
func (b *Buzzer) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait, err := b.play(time.Now())
		if err != nil {
			return err
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return b.silence()
		case <-timer.C:
		case <-b.changed:
		}
	}
}

// play sounds what is due now and tells when to listen again.
func (b *Buzzer) play(now time.Time) (time.Duration, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.halted {
		return time.Hour, nil
	}
	on, left := b.tune.at(now.Sub(b.since))
	wait := time.Hour
	if left > 0 {
		lease := Lease - now.Sub(b.renew)
		on, wait = on && lease > 0, left
		if lease > 0 {
			wait = min(left, lease)
		}
	}
	return wait, b.out.set("buzzer", on)
}

func (b *Buzzer) silence() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.set("buzzer", false)
}

// Halt silences it for good. Safe from any goroutine, any number of times.
func (b *Buzzer) Halt() error {
	b.mu.Lock()
	b.halted = true
	b.mu.Unlock()
	return b.silence()
}
