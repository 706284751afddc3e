package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"studiobox/firmware/guard"
	"studiobox/firmware/run"
	"studiobox/firmware/session"
)

// tableEnds is how long the guard outlives the daemon's wish to end: a little more
// than the table's planned stop may take, and less than the box waits for.
const tableEnds = session.StopWithin - 50*time.Millisecond

// Run keeps all parts at work until ctx ends. One that fails is begun anew and
// ends nothing else: a show goes on without its turntable. A panic is a bug, and
// ends all of them and the box; its stack is logged.
func (s *studio) Run(ctx context.Context) error {
	err := run.Together(ctx, session.StopWithin, s.running(ctx)...)
	if bug, is := errors.AsType[*run.PanicError](err); is {
		s.log.Error("a part of the studio panicked", "error", err, "stack", string(bug.Stack))
	}
	return err
}

// running are the parts, each kept alive.
func (s *studio) running(ctx context.Context) []run.Part {
	parts := slices.Clone(s.parts.others)
	for _, name := range slices.Sorted(maps.Keys(s.parts.lamps)) {
		parts = append(parts, run.Part{Name: "light." + name, Run: s.parts.lamps[name].Run})
	}
	for i, part := range parts {
		parts[i] = s.kept(part)
	}
	rested := make(chan struct{})
	if s.parts.table == nil {
		close(rested)
	} else {
		table := s.kept(run.Part{Name: "turntable", Run: s.parts.table.Run})
		parts = append(parts, run.Part{Name: table.Name, Run: func(ctx context.Context) error {
			defer close(rested)
			return table.Run(ctx)
		}})
	}
	if s.parts.guard == nil {
		return parts
	}
	// The guard holds the motor's power: it ends after the table, not with ctx.
	life, dismiss := context.WithCancel(context.WithoutCancel(ctx))
	watch := s.kept(run.Part{Name: "guard", Run: s.parts.guard})
	return append(parts,
		run.Part{Name: watch.Name, Run: func(context.Context) error { return watch.Run(life) }},
		run.Part{Name: "end of the guard", Run: func(ctx context.Context) error {
			defer dismiss()
			s.feedUntil(ctx, rested)
			return nil
		}})
}

// kept is a part that is begun anew when it fails. A guard that lapsed must not
// leave the lamp dark for long.
func (s *studio) kept(part run.Part) run.Part {
	keeper := run.Keeper{
		Name: part.Name, Backoff: run.Backoff{Max: time.Second}, Log: s.log,
		OnFailure: func(error) { s.failing.failed(part.Name) },
	}
	return run.Part{Name: part.Name, Run: func(ctx context.Context) error { return keeper.Run(ctx, part.Run) }}
}

// feedUntil waits for the end of ctx, and then for the table's rest, at most
// tableEnds. Meanwhile it feeds the guard in place of the conductor, which ends
// with ctx too.
func (s *studio) feedUntil(ctx context.Context, rested <-chan struct{}) {
	<-ctx.Done()
	bound := time.NewTimer(tableEnds)
	defer bound.Stop()
	feeds := time.NewTicker(guard.Every)
	defer feeds.Stop()
	for {
		select {
		case <-rested:
			return
		case <-bound.C:
			return
		case <-feeds.C:
			s.feed()
		}
	}
}
