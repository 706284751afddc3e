package app

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// mendedAfter is how long a part must run without failing to count as well again:
// longer than the pause between two tries.
const mendedAfter = 3 * time.Second

// failingParts remembers which parts of the studio failed of late.
type failingParts struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// failed notes that a part ended with an error.
func (f *failingParts) failed(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == nil {
		f.last = map[string]time.Time{}
	}
	f.last[name] = time.Now()
}

// names are those that do not work now, in order.
func (f *failingParts) names() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	for name, at := range f.last {
		if time.Since(at) < mendedAfter {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
