package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// table is the motor's driver, seen from its terminals.
type table struct {
	steps   *counter
	enable  line
	powered bool     // the level that powers the motor
	refused []string // by what, each time before the last move was begun
}

// on tells whether the motor has power.
func (t *table) on() (bool, error) {
	high, err := t.enable.high()
	return high == t.powered, err
}

// awaitSteps waits for steps; a refusal when the box shows that it gave the move
// up.
func (t *table) awaitSteps(ctx context.Context, b *box, least int) error {
	soon, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for asked := time.Now(); ; {
		n, err := t.steps.rises()
		if err != nil || n >= least {
			return err
		}
		st, err := b.status(soon)
		if err == nil && st.Studio.TableFault != "" && time.Since(asked) > shownWithin {
			t.refused = append(t.refused, st.Studio.TableFault)
			return refusal{st.Studio.TableFault, n}
		}
		if sleep(soon, 50*time.Millisecond) != nil {
			return fmt.Errorf("the table was asked to turn, and %d steps came", n)
		}
	}
}

// awaitOff tells when the motor lost its power.
func (t *table) awaitOff(ctx context.Context, at time.Time) (time.Duration, error) {
	soon, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		on, err := t.on()
		if err != nil || !on {
			return time.Since(at), err
		}
		if sleep(soon, time.Millisecond) != nil {
			return 0, fmt.Errorf("the motor has power still, %v after", round(time.Since(at)))
		}
	}
}

// staysOff fails when the motor gets power again within a time.
func (t *table) staysOff(ctx context.Context, during time.Duration) error {
	for began := time.Now(); time.Since(began) < during; {
		if on, err := t.on(); err != nil || on {
			return fmt.Errorf("the motor has power again %v later, and nobody asked (%v)", round(time.Since(began)), err)
		}
		if err := sleep(ctx, look); err != nil {
			return err
		}
	}
	return nil
}

// settle waits until no more steps come and returns their number.
func (t *table) settle(ctx context.Context) (int, error) {
	last, since := -1, time.Now()
	for {
		n, err := t.steps.rises()
		if err != nil {
			return n, err
		}
		if n != last {
			last, since = n, time.Now()
		}
		if time.Since(since) >= settled {
			return n, nil
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return n, err
		}
	}
}

// asking tells how often a move had to be asked for, and why.
func (t *table) asking() string {
	if len(t.refused) == 0 {
		return "asked once"
	}
	return fmt.Sprintf("asked %d times: %s", 1+len(t.refused), strings.Join(t.refused, ", "))
}
