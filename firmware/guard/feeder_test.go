package guard

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// mute is a guard that obeys until it hangs: then it reads and holds its lines.
type mute struct {
	*Feeder
	hangs bool
	told  []error
}

func (m *mute) Write(words []byte) (int, error) {
	if !m.hangs {
		go m.Feeder.Write(bytes.Clone(words))
	}
	return len(words), nil
}

func newMute() *mute {
	m := &mute{}
	m.Feeder = NewFeeder(m)
	m.OnMute = func(err error) { m.told = append(m.told, err) }
	return m
}

// fedUntilTold feeds for at most three seconds, and returns what Feed said that
// was no nil.
func (m *mute) fedUntilTold() error {
	for range 30 {
		time.Sleep(Every)
		synctest.Wait()
		if err := m.Feed(); err != nil || len(m.told) > 0 {
			return err
		}
	}
	return nil
}

func TestAGuardThatHangsIsReplacedAndThePowerCountsAsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMute()
		if err := errors.Join(m.Feed(), m.EnableLine().Out(gpio.High)); err != nil {
			t.Fatal(err)
		}
		if err := m.fedUntilTold(); err != nil || len(m.told) > 0 {
			t.Fatalf("%v, %v although it answers", err, m.told)
		}
		m.hangs = true
		hung := time.Now()
		if err := m.fedUntilTold(); !errors.Is(err, ErrMute) || len(m.told) != 1 {
			t.Fatalf("told %v and %v", err, m.told)
		}
		if took := time.Since(hung); took > Patience+2*Every {
			t.Errorf("it took %v", took)
		}
		m.hangs = false // another takes its place
		if err := m.Feed(); err != nil || m.active&power != 0 {
			t.Errorf("%v, active %b: the power is still asked for", err, m.active)
		}
	})
}

func TestAGuardThatHangsWhileNothingMovesIsReplacedWithoutAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMute()
		m.hangs = true
		if err := errors.Join(m.Feed(), m.fedUntilTold()); err != nil || len(m.told) != 1 {
			t.Errorf("%v, %v", err, m.told)
		}
	})
}

func TestADaemonThatStoodStillDoesNotBlameItsGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMute()
		m.hangs = true
		_ = m.Feed()
		time.Sleep(2 * Patience)
		if err := m.Feed(); !errors.Is(err, ErrLapsed) || len(m.told) > 0 {
			t.Errorf("%v, %v", err, m.told)
		}
	})
}
