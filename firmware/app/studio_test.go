package app

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/board/sim"
	"studiobox/drivers/turntable"
	"studiobox/firmware/config"
)

// set is a simulated studio at work, in virtual time.
type set struct {
	*studio
	t    *testing.T
	twin *sim.Studio
}

// onSet plays a story with the real drivers on the twin.
func onSet(t *testing.T, story func(s *set)) {
	synctest.Test(t, func(t *testing.T) {
		twin := sim.New(nil)
		parts, err := simulatedStudio(twin)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newStudio(parts, config.Default(), slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		synctest.Wait()
		story(&set{s, t, twin})
		cancel()
		<-ended
		if err := s.halt(); err != nil {
			t.Error(err)
		}
	})
}

// passes lets time go by under a conductor that lives.
func (s *set) passes(lasting time.Duration) {
	for end := time.Now().Add(lasting); time.Now().Before(end); time.Sleep(conductorTick) {
		s.keepAlive(time.Now())
	}
}

func (s *set) speed() float64 { return s.twin.Turntable.Speed(time.Now()) }

func TestALookTurnsTheTableAndDimsTheLight(t *testing.T) {
	onSet(t, func(s *set) {
		if err := s.SetLook("gold"); err != nil {
			t.Fatal(err)
		}
		s.passes(4 * time.Second)
		if speed := s.speed(); speed < 16 || speed > 20 {
			t.Errorf("the table turns at %.1f degrees/s, want 18", speed)
		}
		if _, level := s.twin.Scene(time.Now()); level < 0.7 || level > 0.8 {
			t.Errorf("light at %.2f, want 0.75", level)
		}
		if part := s.part(); part.Look != "gold" || len(part.Looks) != 5 || !part.Turntable || part.SpeedDegS < 16 {
			t.Errorf("told: %+v", part)
		}
		s.Stop()
		s.passes(3 * time.Second)
		if s.speed() != 0 {
			t.Errorf("%.1f degrees/s after the stop", s.speed())
		}
	})
}

func TestTheTableComesToRestWhenTheConductorHangs(t *testing.T) {
	onSet(t, func(s *set) {
		s.SetTurntable(30)
		s.passes(4 * time.Second)
		if s.speed() < 25 {
			t.Fatalf("it never turned: %.1f degrees/s", s.speed())
		}
		time.Sleep(3 * time.Second) // nobody keeps it alive
		if s.speed() != 0 {
			t.Errorf("%.1f degrees/s without a conductor", s.speed())
		}
		s.passes(3 * time.Second)
		if s.speed() != 0 {
			t.Errorf("%.1f degrees/s: it moved on by itself", s.speed())
		}
	})
}

func TestAFaultIsShownAndAcknowledgedByAskingAgain(t *testing.T) {
	onSet(t, func(s *set) {
		s.SetTurntable(30)
		s.passes(2 * time.Second)
		s.parts.table.LosePower(errNoGuard)
		s.passes(4 * time.Second)
		if part := s.part(); part.TableFault != turntable.PowerLost || s.speed() != 0 {
			t.Errorf("told %+v, %.1f degrees/s", part, s.speed())
		}
		s.SetTurntable(30)
		s.passes(4 * time.Second)
		if part := s.part(); part.TableFault != "" || s.speed() < 25 {
			t.Errorf("told %+v, %.1f degrees/s after asking again", part, s.speed())
		}
	})
}

func TestTheTurnOfTheDemoIsTheAngleAskedFor(t *testing.T) {
	onSet(t, func(s *set) {
		before, _ := s.twin.Scene(time.Now())
		s.TurnBy(90)
		s.passes(6 * time.Second)
		after, _ := s.twin.Scene(time.Now())
		if turned := after - before; turned < 88 || turned > 92 {
			t.Errorf("turned by %.1f degrees", turned)
		}
	})
}

func TestAHaltedStudioTakesNoMove(t *testing.T) {
	onSet(t, func(s *set) {
		if err := s.halt(); err != nil {
			t.Fatal(err)
		}
		s.SetTurntable(30)
		s.passes(2 * time.Second)
		if s.speed() != 0 {
			t.Errorf("%.1f degrees/s", s.speed())
		}
	})
}
