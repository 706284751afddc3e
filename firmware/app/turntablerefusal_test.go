package app

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"

	"studiobox/board/profile"
	"studiobox/firmware/config"
	"studiobox/firmware/panel"
)

func TestAMoveThatTheTableRefusesIsAnErrorForThePage(t *testing.T) {
	onWires(t, pulsedTable, func(l *loom, parts studioParts) {
		s, err := newStudio(parts, config.Default(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		_ = l.wire(profile.EStop).Pin.Out(gpio.High)
		time.Sleep(50 * time.Millisecond)
		if err := errors.Join(s.SetTurntable(20)); !errors.Is(err, panel.ErrEStop) {
			t.Errorf("pressed, a spin: %v", err)
		}
		if err := s.TurnBy(90); !errors.Is(err, panel.ErrEStop) {
			t.Errorf("pressed, a turn: %v", err)
		}
		if err := s.SetTurntable(0); err != nil {
			t.Errorf("a stop is refused: %v", err)
		}
		_ = l.wire(profile.EStop).Pin.Out(gpio.Low)
		time.Sleep(50 * time.Millisecond)
		if err := s.SetTurntable(20); err != nil {
			t.Errorf("released: %v", err)
		}
		if err := s.halt(); err != nil {
			t.Fatal(err)
		}
		if err := s.TurnBy(90); err == nil || errors.Is(err, panel.ErrEStop) {
			t.Errorf("halted: %v", err)
		}
	})
}
