package guard

import (
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
	daemon  *io.PipeWriter
	deadman *gpiotest.Pin
	enable  *gpiotest.Pin
	ended   chan error
}

func onDuty(t *testing.T, ctx context.Context, activeLow bool) *duty {
	t.Helper()
	reader, writer := io.Pipe()
	d := &duty{
		daemon: writer, ended: make(chan error, 1),
		deadman: &gpiotest.Pin{N: "deadman"}, enable: &gpiotest.Pin{N: "enable", L: gpio.Level(!activeLow)},
	}
	lines := Lines{Deadman: d.deadman, Enable: d.enable, EnableActiveLow: activeLow}
	go func() { d.ended <- Watch(ctx, reader, lines) }()
	t.Cleanup(func() { writer.Close() })
	synctest.Wait()
	return d
}

func (d *duty) powered(activeLow bool) bool { return d.enable.Read() != gpio.Level(activeLow) }

func TestTheMotorHasPowerOnlyWhileItIsAskedForAndFed(t *testing.T) {
	for _, activeLow := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			d := onDuty(t, t.Context(), activeLow)
			feeder := NewFeeder(d.daemon)
			if d.powered(activeLow) {
				t.Error("power before anything was said")
			}
			if err := feeder.Feed(); err != nil {
				t.Fatal(err)
			}
			for _, want := range []bool{true, false, true} {
				if err := feeder.EnableLine().Out(gpio.Level(want)); err != nil {
					t.Fatal(err)
				}
				for range 10 {
					time.Sleep(Every)
					if err := feeder.Feed(); err != nil {
						t.Fatal(err)
					}
					synctest.Wait()
					if d.powered(activeLow) != want {
						t.Fatalf("active low %v: power is %v, want %v", activeLow, !want, want)
					}
				}
			}
			time.Sleep(Patience)
			synctest.Wait()
			if d.powered(activeLow) {
				t.Errorf("power %v after the last feed", Patience)
			}
		})
	}
}

func TestEveryFeedIsAnEdgeOfTheDeadMansLineAndSilenceIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := onDuty(t, t.Context(), true)
		feeder := NewFeeder(d.daemon)
		last := d.deadman.Read()
		for range 5 {
			time.Sleep(Every)
			if err := feeder.Feed(); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
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

func TestADaemonThatStoodStillDoesNotMoveOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := onDuty(t, t.Context(), true)
		feeder := NewFeeder(d.daemon)
		if err := errors.Join(feeder.Feed(), feeder.EnableLine().Out(gpio.High), feeder.Feed()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * Patience)
		synctest.Wait()
		if d.powered(true) {
			t.Fatal("power although the daemon stands still")
		}
		if err := feeder.Feed(); !errors.Is(err, ErrLapsed) {
			t.Errorf("the daemon is told %v", err)
		}
		synctest.Wait()
		if d.powered(true) {
			t.Error("power came back by itself")
		}
		if err := errors.Join(feeder.EnableLine().Out(gpio.High), feeder.Feed()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !d.powered(true) {
			t.Error("no power although it was asked for anew")
		}
	})
}

func TestAfterASilenceTheGuardWaitsForRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := onDuty(t, t.Context(), true)
		_, _ = d.daemon.Write([]byte{rest, move})
		time.Sleep(Patience)
		for range 3 { // a daemon that does not know that time went by
			_, _ = d.daemon.Write([]byte{move})
			synctest.Wait()
			if d.powered(true) {
				t.Fatal("power after a silence")
			}
		}
	})
}

func TestAGuardThatTakesOverGivesNoPowerBeforeItHearsRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := onDuty(t, t.Context(), true)
		_, _ = d.daemon.Write([]byte{move})
		synctest.Wait()
		if d.powered(true) {
			t.Error("power that was asked of the guard before")
		}
	})
}

func TestTheEndOfTheDaemonIsTheEndOfThePower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := onDuty(t, t.Context(), true)
		_, _ = d.daemon.Write([]byte{rest, move})
		synctest.Wait()
		if !d.powered(true) {
			t.Fatal("no power to take away")
		}
		d.daemon.Close() // as the kernel does for a process that was killed
		synctest.Wait()
		if err := <-d.ended; err != nil || d.powered(true) {
			t.Errorf("ended with %v, powered %v", err, d.powered(true))
		}
	})
}

func TestAStopOfTheGuardItselfTakesThePower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		d := onDuty(t, ctx, true)
		_, _ = d.daemon.Write([]byte{rest, move})
		synctest.Wait()
		cancel()
		synctest.Wait()
		if err := <-d.ended; err != nil || d.powered(true) {
			t.Errorf("ended with %v, powered %v", err, d.powered(true))
		}
	})
}

func TestTheDaemonLearnsThatItsGuardIsGone(t *testing.T) {
	reader, writer := io.Pipe()
	reader.Close()
	feeder := NewFeeder(writer)
	if err := errors.Join(feeder.Feed(), feeder.EnableLine().Out(gpio.Low)); err != nil {
		t.Errorf("%v although nothing is to move", err)
	}
	if feeder.EnableLine().Out(gpio.High) == nil {
		t.Error("nothing was said of it")
	}
	if err := feeder.Feed(); err != nil {
		t.Errorf("%v although the power was not granted", err)
	}
}
