package app

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"studiobox/drivers/button"
	"studiobox/firmware/health"
)

// buttonFaults are the buttons that do not work: one that recovers must not hide
// another. The zero value is ready.
type buttonFaults struct {
	mu     sync.Mutex
	broken map[string]button.Kind // by role; Stuck or Cut
}

// told notes what befell a button, and returns the roles that are stuck and cut now.
func (f *buttonFaults) told(name string, kind button.Kind) (stuck, cut string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken == nil {
		f.broken = map[string]button.Kind{}
	}
	switch kind {
	case button.Stuck, button.Cut:
		f.broken[name] = kind
	case button.Up, button.Down, button.Recovered:
		delete(f.broken, name)
	}
	return f.all(button.Stuck), f.all(button.Cut)
}

func (f *buttonFaults) all(kind button.Kind) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(f.broken)) {
		if f.broken[name] == kind {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// reportButton makes conditions of what befell a button; name is its role.
func (b *box) reportButton(name string, kind button.Kind) {
	now := time.Now()
	stuck, cut := b.buttons.told(name, kind)
	b.tracker.Report(health.ButtonStuck, stuck != "", stuck, now)
	b.tracker.Report(health.ButtonCut, cut != "", cut, now)
}
