package signin

import (
	"bytes"
	"context"
	"sync"
	"time"
)

// SessionStore keeps what the sign-in must remember, for all instances of the
// console. Keys hold hashes, never what a cookie or a link holds; values are
// short texts. A row past its time counts as absent.
type SessionStore interface {
	// Get is the value of a key; nil when there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	// Swap replaces old by new, which lives until the given time, and tells
	// whether it did: it does nothing unless the value is old at that moment.
	// A nil old means that there is none; a nil new removes the row.
	Swap(ctx context.Context, key string, old, new []byte, until time.Time) (bool, error)
	// Sweep removes the rows past their time.
	Sweep(ctx context.Context) error
}

// Memory is a [SessionStore] that forgets everything at the program's end. The
// zero Memory is ready for use by several goroutines.
type Memory struct {
	mu   sync.Mutex
	rows map[string]row
}

type row struct {
	value []byte
	until time.Time
}

// Get is the value of a key.
func (m *Memory) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.value(key), nil
}

// value is what a key holds now.
func (m *Memory) value(key string) []byte {
	if r, ok := m.rows[key]; ok && time.Now().Before(r.until) {
		return r.value
	}
	return nil
}

// Swap replaces a value if it is the old one.
func (m *Memory) Swap(_ context.Context, key string, old, new []byte, until time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.value(key)
	if (now == nil) != (old == nil) || !bytes.Equal(now, old) {
		return false, nil
	}
	if m.rows == nil {
		m.rows = map[string]row{}
	}
	if new == nil {
		delete(m.rows, key)
	} else {
		m.rows[key] = row{bytes.Clone(new), until}
	}
	return true, nil
}

// Sweep removes the rows past their time.
func (m *Memory) Sweep(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key := range m.rows {
		if m.value(key) == nil {
			delete(m.rows, key)
		}
	}
	return nil
}
