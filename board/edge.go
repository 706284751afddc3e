package board

import "time"

// WaitForEdge waits for an edge; a negative timeout waits without end. It
// returns false at once on a line that has no edges to wait for, which is the
// case after Halt until the next In. One goroutine waits at a time.
func (l *line) WaitForEdge(timeout time.Duration) bool {
	l.mu.Lock()
	began, edges := l.changes.Load(), l.edges
	l.mu.Unlock()
	deadline := time.Now().Add(timeout)
	for edges {
		wait := slice
		if timeout >= 0 {
			// gpioioctl takes 0 for ever, so never ask for less than something.
			wait = max(min(wait, time.Until(deadline)), time.Millisecond)
		}
		seen := l.waitOnce(began, wait)
		switch {
		case l.changes.Load() != began:
			return false
		case seen:
			return true
		case timeout >= 0 && time.Until(deadline) <= 0:
			return false
		}
	}
	return false
}

// waitOnce waits inside the driver, unless the line has changed since began:
// an edge after the change belongs to a later wait.
func (l *line) waitOnce(began int64, wait time.Duration) bool {
	l.waiter <- struct{}{}
	defer l.letWait()
	return l.changes.Load() == began && l.PinIO.WaitForEdge(wait)
}

// endWait ends a wait in progress and keeps later ones out of the driver,
// which must not be changed under them, until letWait.
func (l *line) endWait() {
	l.changes.Add(1)
	l.waiter <- struct{}{}
}

func (l *line) letWait() { <-l.waiter }

// Halt ends a wait in progress, and every later one until In is called.
func (l *line) Halt() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes.Add(1)
	l.edges = false
	return nil
}
