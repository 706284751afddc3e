package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// bootMemory keeps something over a restart of the program, and not over one of the
// computer, which leaves outputs dark and cameras automatic.
type bootMemory struct {
	path string // empty = nothing is kept
	boot string // id of the computer's present run; empty = nothing is kept
	kept []byte
}

// bootRecord is the file.
type bootRecord struct {
	Boot  string          `json:"boot"`
	Shown json.RawMessage `json:"shown"`
}

func newBootMemory(path string) bootMemory {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		boot = nil // not Linux
	}
	return bootMemory{path: path, boot: strings.TrimSpace(string(boot))}
}

// read fills in what was kept since the computer started; false = nothing was, or
// it cannot be read.
func (m *bootMemory) read(into any) bool {
	if m.path == "" || m.boot == "" {
		return false
	}
	var record bootRecord
	text, err := os.ReadFile(m.path)
	return err == nil && json.Unmarshal(text, &record) == nil && record.Boot == m.boot && json.Unmarshal(record.Shown, into) == nil
}

// write replaces the file when there is news. It is not synced: after a power cut it
// is of no use.
func (m *bootMemory) write(shown any) error {
	if m.path == "" || m.boot == "" {
		return nil
	}
	text, err := json.Marshal(shown)
	if err == nil {
		text, err = json.Marshal(bootRecord{Boot: m.boot, Shown: text})
	}
	if err != nil || bytes.Equal(text, m.kept) {
		return err
	}
	fresh := m.path + ".new"
	if err := os.WriteFile(fresh, text, 0o600); err != nil {
		return err
	}
	if err := os.Rename(fresh, m.path); err != nil {
		return fmt.Errorf("%s: %w", m.path, err)
	}
	m.kept = text
	return nil
}
