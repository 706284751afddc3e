package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"studiobox/firmware/look"
	"studiobox/firmware/run"
)

// lookMemory keeps over a restart of the program which look is set, and takes it up
// again. The camera is told anew; lamps have held theirs; nothing moves.
type lookMemory struct {
	bootMemory
	director *look.Director
	log      *slog.Logger
	resumed  bool
}

// remember has the studio's look outlive the program in the file; an empty path
// keeps nothing. It is called before Run.
func (s *studio) remember(path string) {
	if path == "" {
		return
	}
	m := &lookMemory{bootMemory: newBootMemory(path), director: s.director, log: s.log}
	s.parts.others = append(s.parts.others, run.Part{Name: "look's memory", Run: m.Run})
}

// Run takes the look up, once, and keeps it until ctx ends.
func (m *lookMemory) Run(ctx context.Context) error {
	m.resume()
	ticker := time.NewTicker(lampsEvery)
	defer ticker.Stop()
	for {
		if err := m.write(m.director.Present()); err != nil {
			return fmt.Errorf("look's memory: %w", err)
		}
		select {
		case <-ctx.Done():
			if err := m.write(m.director.Present()); err != nil {
				return fmt.Errorf("look's memory: %w", err)
			}
			return nil
		case <-ticker.C:
		}
	}
}

func (m *lookMemory) resume() {
	var name string
	if m.resumed || !m.read(&name) || name == "" {
		return
	}
	m.resumed = true
	if err := m.director.Resume(name); err != nil {
		m.log.Warn("the look of before is not taken up again", "error", err)
	}
}
