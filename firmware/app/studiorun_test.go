package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"

	"studiobox/drivers/turntable"
	"studiobox/firmware/guard"
	"studiobox/firmware/run"
	"studiobox/firmware/session"
)

func TestAConductorThatHangsAloneLosesTheMotorAndTheLampAlthoughTheLampsRhythmGoesOn(t *testing.T) {
	onGuardedSet(t, nil, func(g *guardedSet) {
		c := newConductor(slog.New(slog.DiscardHandler))
		var hangs atomic.Bool
		release := make(chan struct{})
		c.facts = func(*conductor) session.Facts {
			if hangs.Load() {
				<-release
			}
			return session.Facts{}
		}
		c.stage, c.gate = &fakeStage{conductor: c}, &fakeStage{}
		c.onStep = func(session.State) { g.keepAlive(time.Now()) }
		ctx, cancel := context.WithCancel(g.t.Context())
		defer cancel()
		go c.Run(ctx, session.Config{})
		go g.lamps.Run(ctx)
		time.Sleep(time.Second)
		g.SetTurntable(60)
		if err := g.lamps.Set("countdown"); err != nil { // a rhythm faster than the guard's patience, and that nobody renews
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if g.speed() < 55 || g.power.Read() == gpio.Low {
			t.Fatalf("%.1f degrees/s, power %v", g.speed(), g.power.Read())
		}
		hangs.Store(true)
		hung := time.Now()
		time.Sleep(guard.Patience + guard.Every + conductorTick)
		if g.power.Read() == gpio.High || g.air.Read() == gpio.High {
			t.Errorf("%v after the conductor hangs: power %v, lamp %v", time.Since(hung), g.power.Read(), g.air.Read())
		}
		for last := g.deadman.Read(); time.Since(hung) < 5*time.Second; time.Sleep(10 * time.Millisecond) {
			if g.power.Read() == gpio.High || g.air.Read() == gpio.High || g.deadman.Read() != last {
				t.Fatalf("%v after the conductor hangs: power %v, lamp %v, dead-man edge %t",
					time.Since(hung), g.power.Read(), g.air.Read(), g.deadman.Read() != last)
			}
		}
		close(release)
		time.Sleep(3 * time.Second)
		if g.speed() != 0 || g.part().TableFault != turntable.PowerLost {
			t.Errorf("it is back: %.1f degrees/s, told %q", g.speed(), g.part().TableFault)
		}
		cancel()
		g.end()
		<-g.ended
	})
}

func TestAnEndInMotionKeepsTheMotorsPowerUntilTheTableIsAtRest(t *testing.T) {
	onGuardedSet(t, nil, func(g *guardedSet) {
		g.turns()
		asked := time.Now()
		g.end()
		if err := <-g.ended; err != nil {
			t.Error(err)
		}
		off, speed := g.power.wentOff()
		if took := off.Sub(asked); took > session.StopWithin || speed > 5 {
			t.Errorf("the motor lost its power after %v, at %.1f degrees/s: the stop was not a planned one", took, speed)
		}
		if took := time.Since(asked); took > session.StopWithin {
			t.Errorf("the end took %v", took)
		}
	})
}

func TestAnEndWaitsNoLongerForATableThanForABox(t *testing.T) {
	onGuardedSet(t, nil, func(g *guardedSet) {
		g.turns()
		ctx, cancel := context.WithCancel(g.t.Context())
		cancel()
		began := time.Now()
		g.feedUntil(ctx, make(chan struct{})) // a table that never rests
		if took := time.Since(began); took > session.StopWithin {
			t.Errorf("it took %v", took)
		}
		g.end()
		<-g.ended
	})
}

func TestAPanicOfAPartEndsTheStudioInOrderAndIsToldWithItsStack(t *testing.T) {
	brittle := run.Part{Name: "display", Run: func(ctx context.Context) error {
		select {
		case <-time.After(5 * time.Second):
			panic("index out of range")
		case <-ctx.Done():
			return nil
		}
	}}
	onGuardedSet(t, []run.Part{brittle}, func(g *guardedSet) {
		g.turns()
		g.passes(3 * time.Second) // the conductor lives on
		err := <-g.ended
		if _, is := errors.AsType[*run.PanicError](err); !is || err.Error() != "display: panic: index out of range" {
			t.Errorf("ended with %v", err)
		}
		if !strings.Contains(g.log.String(), "studiorun_test.go") {
			t.Errorf("no stack in the log:\n%s", g.log)
		}
		if g.speed() != 0 || g.power.Read() == gpio.High {
			t.Errorf("%.1f degrees/s, power %v", g.speed(), g.power.Read())
		}
		if err := g.halt(); err != nil {
			t.Error(err)
		}
	})
}

// brittleDrive panics in its own goroutine when it is told to.
type brittleDrive struct {
	twinMotor
	bug chan struct{}
}

func (d *brittleDrive) Run(ctx context.Context, wish turntable.Wish) error {
	alone, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- d.twinMotor.Run(alone, wish) }()
	select {
	case <-d.bug:
		panic("nil map")
	case err := <-ended:
		return err
	}
}

func TestAPanicInsideTheTableTakesThePowerAndIsAnErrorOfTheStudio(t *testing.T) {
	onGuardedSet(t, nil, func(g *guardedSet) {
		drive := &brittleDrive{twinMotor{g.twin.Turntable}, make(chan struct{})}
		table, err := turntable.New(turntable.Config{
			Drive: drive, Enable: turntable.Output{Pin: g.parts.feeder.EnableLine(), ActiveHigh: true},
		})
		if err != nil {
			t.Fatal(err)
		}
		g.end()
		<-g.ended
		g.parts.table = table
		go func() { g.ended <- g.studio.Run(g.t.Context()) }()
		g.turns()
		close(drive.bug)
		g.passes(50 * time.Millisecond)
		if g.power.Read() == gpio.High {
			t.Error("the motor has power")
		}
		g.passes(2 * time.Second)
		if err := <-g.ended; err == nil || err.Error() != "turntable: panic: nil map" {
			t.Errorf("ended with %v", err)
		}
		if !strings.Contains(g.log.String(), "brittleDrive") {
			t.Errorf("the log's stack does not lead to the culprit:\n%s", g.log)
		}
	})
}
