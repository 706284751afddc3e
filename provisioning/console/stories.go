package console

import (
	"context"
	"sync"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
)

// A story stays good for as long as eyes do not miss it, so that many who watch
// one box cost one reading of the book.
const (
	storyLife   = 3 * time.Second
	mostStories = 256
)

// eventsShown is how many events a box's page shows.
const eventsShown = 50

// story is what a box did.
type story struct {
	spans  []book.Span  // of the last seven days, oldest first
	events []book.Event // newest first
	gaps   []book.Gap
}

// stories keeps what was read of boxes lately.
type stories struct {
	past Past

	mu    sync.Mutex
	boxes map[storyKey]*oneStory
}

type storyKey struct {
	scope       roster.Scope
	tenant, box string
}

type oneStory struct {
	mu    sync.Mutex
	at    time.Time
	story story
}

func newStories(past Past) *stories { return &stories{past: past, boxes: map[storyKey]*oneStory{}} }

// read is a box's past as of now, or of storyLife ago at most. With an error
// comes what was known before, which is better than nothing.
func (s *stories) read(ctx context.Context, scope roster.Scope, tenant, box string, now time.Time) (story, error) {
	one := s.of(storyKey{scope, tenant, box})
	one.mu.Lock()
	defer one.mu.Unlock()
	if age := now.Sub(one.at); age < storyLife && age >= 0 {
		return one.story, nil
	}
	fresh, err := s.ask(ctx, scope, tenant, box, now)
	if err != nil {
		return one.story, err
	}
	one.story, one.at = fresh, now
	return fresh, nil
}

func (s *stories) ask(ctx context.Context, scope roster.Scope, tenant, box string, now time.Time) (story, error) {
	var fresh story
	var err error
	if fresh.spans, err = s.past.Timeline(ctx, scope, tenant, box, now.Add(-daysShown*24*time.Hour), now); err != nil {
		return fresh, err
	}
	if fresh.events, err = s.past.Events(ctx, scope, tenant, box, time.Time{}, eventsShown); err != nil {
		return fresh, err
	}
	fresh.gaps, err = s.past.Gaps(ctx, scope, tenant, box)
	return fresh, err
}

func (s *stories) of(key storyKey) *oneStory {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.boxes[key]; one != nil {
		return one
	}
	if len(s.boxes) >= mostStories {
		clear(s.boxes) // rare, and all that is lost is read again
	}
	one := &oneStory{}
	s.boxes[key] = one
	return one
}
