package guard

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
)

// duty is a guard at work and the daemon's hand on it.
type duty struct {
	*Feeder
	daemon  *io.PipeWriter
	deadman *gpiotest.Pin
	enable  *gpiotest.Pin
	air     *gpiotest.Pin
	ended   chan error
	low     bool // the lines are active low
}

// roomy is a pipe back with room in it, as the kernel's has.
type roomy struct{ to io.Writer }

func (r roomy) Write(said []byte) (int, error) {
	go r.to.Write(bytes.Clone(said))
	return len(said), nil
}

func onDuty(t *testing.T, ctx context.Context, activeLow bool) *duty {
	t.Helper()
	reader, writer := io.Pipe()
	active := gpio.Level(!activeLow)
	d := &duty{
		Feeder: NewFeeder(writer), daemon: writer, ended: make(chan error, 1), low: activeLow,
		deadman: &gpiotest.Pin{N: "deadman"},
		enable:  &gpiotest.Pin{N: "enable", L: active}, air: &gpiotest.Pin{N: "air", L: active},
	}
	lines := Lines{Deadman: Line{Pin: d.deadman}, Enable: Line{d.enable, activeLow}, Air: Line{d.air, activeLow}}
	go func() {
		err := Watch(ctx, reader, roomy{d.Feeder}, lines)
		reader.Close() // as the kernel does for a process that has ended
		d.ended <- err
	}()
	t.Cleanup(func() { writer.Close() })
	synctest.Wait()
	return d
}

// feed is a daemon that lives for a while.
func (d *duty) feed(t *testing.T, times int) {
	t.Helper()
	for range times {
		if err := d.Feed(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(Every)
		synctest.Wait()
	}
}

// want compares motor and lamp.
func (d *duty) want(t *testing.T, when string, powered, lit bool) {
	t.Helper()
	synctest.Wait()
	if got := d.enable.Read() != gpio.Level(d.low); got != powered {
		t.Errorf("%s: power %t, want %t", when, got, powered)
	}
	if got := d.air.Read() != gpio.Level(d.low); got != lit {
		t.Errorf("%s: lamp %t, want %t", when, got, lit)
	}
}

// each plays a story with lines that are active low, and active high.
func each(t *testing.T, story func(t *testing.T, d *duty)) {
	for _, activeLow := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) { story(t, onDuty(t, t.Context(), activeLow)) })
	}
}

func TestTheLinesAreActiveOnlyWhileAskedForAndFed(t *testing.T) {
	each(t, func(t *testing.T, d *duty) {
		d.want(t, "before anything was said", false, false)
		d.feed(t, 1)
		if err := errors.Join(d.EnableLine().Out(gpio.High), d.AirLine().Out(gpio.High)); err != nil {
			t.Fatal(err)
		}
		d.want(t, "at once", true, true)
		d.feed(t, 20)
		d.want(t, "while fed", true, true)
		if err := d.EnableLine().Out(gpio.Low); err != nil {
			t.Fatal(err)
		}
		d.want(t, "motor off", false, true)
		d.feed(t, 20)
		d.want(t, "motor still off", false, true)
		time.Sleep(Patience)
		d.want(t, "in silence", false, false)
		if err := <-d.ended; !errors.Is(err, ErrSilent) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestAGuardSaysThatItIsThereOnceItsLinesAreAtRestAndBeforeItIsFed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enable := &gpiotest.Pin{N: "enable", L: gpio.High}
		feed, daemon := io.Pipe()
		heard, back := io.Pipe()
		ended := make(chan error, 1)
		go func() { ended <- Watch(t.Context(), feed, back, Lines{Enable: Line{Pin: enable}}) }()
		var word [1]byte
		if _, err := io.ReadFull(heard, word[:]); err != nil || word[0] != rest {
			t.Errorf("it said %q, %v; want %q", word, err, rest)
		}
		if enable.Read() != gpio.Low {
			t.Error("it said that it is there while the motor had power")
		}
		daemon.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestEveryFeedIsAnEdgeOfTheDeadMansLineAndSilenceIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := onDuty(t, t.Context(), true)
		last := d.deadman.Read()
		for range 5 {
			d.feed(t, 1)
			if d.deadman.Read() == last {
				t.Fatal("a feed made no edge")
			}
			last = d.deadman.Read()
		}
		time.Sleep(10 * time.Second)
		if d.deadman.Read() != last {
			t.Error("an edge without a feed")
		}
	})
}

func TestADaemonThatStoodStillIsToldAndDoesNotMoveOn(t *testing.T) {
	each(t, func(t *testing.T, d *duty) {
		d.feed(t, 1)
		_ = d.EnableLine().Out(gpio.High)
		d.feed(t, 1)
		time.Sleep(2 * Patience)
		d.want(t, "while it stands still", false, false)
		if err := d.Feed(); !errors.Is(err, ErrLapsed) {
			t.Errorf("told %v", err)
		}
	})
}

func TestADaemonThatIsNotLateItselfLearnsOfASilenceByTheGuardsEnd(t *testing.T) {
	each(t, func(t *testing.T, d *duty) {
		d.feed(t, 1)
		_ = d.EnableLine().Out(gpio.High)
		synctest.Wait()
		time.Sleep(Patience)
		if err := <-d.ended; !errors.Is(err, ErrSilent) {
			t.Fatal(err)
		}
		d.fed = time.Now() // as if the words had been held up on their way
		if d.Feed() == nil {
			t.Error("nothing was said of it")
		}
		if err := d.Feed(); err != nil {
			t.Errorf("%v although the power is no longer asked for", err)
		}
	})
}

func TestAGuardThatTakesOverGivesNoPowerBeforeItHearsRest(t *testing.T) {
	each(t, func(t *testing.T, d *duty) {
		for range 3 {
			_, _ = d.daemon.Write([]byte{rest + power + fed})
			d.want(t, "power that was asked of the guard before", false, false)
		}
		_ = d.AirLine().Out(gpio.High)
		d.want(t, "the lamp needs no rest", false, true)
	})
}

func TestAGuardThatTakesOverWhileTheConductorHangsLightsNothing(t *testing.T) {
	each(t, func(t *testing.T, d *duty) {
		_ = errors.Join(d.AirLine().Out(gpio.High), d.EnableLine().Out(gpio.Low))
		d.want(t, "before any feed", false, false)
		if err := d.EnableLine().Out(gpio.High); !errors.Is(err, errSlow) {
			t.Errorf("power without a feed: %v", err)
		}
		d.want(t, "asked for power before any feed", false, false)
		d.feed(t, 1)
		d.want(t, "at the first feed", false, true)
	})
}

func TestAConductorThatHangsIsFedByNoLampThatBeats(t *testing.T) {
	each(t, func(t *testing.T, d *duty) {
		d.feed(t, 1)
		_ = errors.Join(d.EnableLine().Out(gpio.High), d.AirLine().Out(gpio.High), d.RedLine().Out(gpio.High))
		d.feed(t, 1)
		d.want(t, "before", true, true)
		hung, last := time.Now(), d.deadman.Read()
		for beat := gpio.Low; time.Since(hung) < 2*time.Second; beat = !beat {
			_ = errors.Join(d.AirLine().Out(beat), d.RedLine().Out(!beat))
			time.Sleep(50 * time.Millisecond)
			synctest.Wait()
			if d.deadman.Read() != last {
				t.Fatalf("the dead-man line has an edge %v after the last feed", time.Since(hung))
			}
			if powered := d.enable.Read() != gpio.Level(d.low); powered && time.Since(hung) >= Patience {
				t.Fatalf("the motor has power %v after the last feed", time.Since(hung))
			}
		}
		d.want(t, "after", false, false)
		if err := <-d.ended; !errors.Is(err, ErrSilent) {
			t.Errorf("ended with %v", err)
		}
		if err := d.Feed(); err == nil {
			t.Errorf("told %v", err)
		}
	})
}

func TestPowerThatDoesNotComeIsAnErrorAndNoLongerAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		go io.Copy(io.Discard, reader) // a guard that hangs
		f := NewFeeder(writer)
		began := time.Now()
		if err := f.EnableLine().Out(gpio.High); !errors.Is(err, errSlow) || time.Since(began) > Patience {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if f.active != 0 {
			t.Error("the power is still asked for")
		}
		writer.Close()
	})
}

func TestTheEndOfTheDaemonIsTheEndOfAll(t *testing.T) {
	each(t, func(t *testing.T, d *duty) {
		d.feed(t, 1)
		_ = errors.Join(d.EnableLine().Out(gpio.High), d.AirLine().Out(gpio.High))
		d.want(t, "before", true, true)
		d.daemon.Close() // as the kernel does for a process that was killed
		d.want(t, "after", false, false)
		if err := <-d.ended; err != nil {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestAStopOfTheGuardItselfIsTheEndOfAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		d := onDuty(t, ctx, true)
		d.feed(t, 1)
		_ = errors.Join(d.EnableLine().Out(gpio.High), d.AirLine().Out(gpio.High))
		d.want(t, "before", true, true)
		cancel()
		d.want(t, "after", false, false)
		if err := <-d.ended; err != nil {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestOnlyTheMotorMissesAGuardThatIsGone(t *testing.T) {
	reader, writer := io.Pipe()
	reader.Close()
	f := NewFeeder(writer)
	if err := errors.Join(f.Feed(), f.EnableLine().Out(gpio.Low), f.AirLine().Out(gpio.High), f.RedLine().Out(gpio.High)); err != nil {
		t.Errorf("%v although nothing is to move", err)
	}
	if f.EnableLine().Out(gpio.High) == nil {
		t.Error("nothing was said of it")
	}
	if err := f.Feed(); err != nil {
		t.Errorf("%v although the power was not granted", err)
	}
}
