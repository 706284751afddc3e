package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"studiobox/drivers/light"
)

// lampsEvery is how often what the lamps show is compared with what is kept.
const lampsEvery = 2 * time.Second

// lampMemory keeps over a restart of the program what the lamps show: they hold
// their look meanwhile, and the next fade must begin there. After a restart of
// the computer the outputs are dark and the memory is worth nothing.
type lampMemory struct {
	path string
	boot string // id of the computer's present run; empty = nothing is kept
	kept []byte
}

// lampRecord is the file.
type lampRecord struct {
	Boot  string                `json:"boot"`
	Lamps map[string]lampShowed `json:"lamps"`
}

type lampShowed struct {
	Level  float64 `json:"level"` // CIE 1976 L*
	Kelvin float64 `json:"kelvin,omitempty"`
}

// newLampMemory keeps in the directory what lamps show.
func newLampMemory(dir string) *lampMemory {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		boot = nil // not Linux
	}
	return &lampMemory{path: filepath.Join(dir, "lamps.json"), boot: strings.TrimSpace(string(boot))}
}

// held is what the lamps have shown since the last run of the program. A file
// that cannot be read counts as none: the first fade is then less smooth.
func (m *lampMemory) held() map[string]light.Look {
	var record lampRecord
	text, err := os.ReadFile(m.path)
	if err != nil || json.Unmarshal(text, &record) != nil || record.Boot != m.boot || m.boot == "" {
		return nil
	}
	held := map[string]light.Look{}
	for name, showed := range record.Lamps {
		held[name] = light.Look{Level: showed.Level, Kelvin: showed.Kelvin}
	}
	return held
}

// keep watches lamps until ctx ends and keeps what they came to rest at.
func (m *lampMemory) keep(ctx context.Context, lamps map[string]*light.Lamp) error {
	ticker := time.NewTicker(lampsEvery)
	defer ticker.Stop()
	for {
		if err := m.save(lamps); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return m.save(lamps)
		case <-ticker.C:
		}
	}
}

// save writes the file when it has news. It is not synced: after a power cut it
// is of no use.
func (m *lampMemory) save(lamps map[string]*light.Lamp) error {
	record := lampRecord{Boot: m.boot, Lamps: map[string]lampShowed{}}
	for name, lamp := range lamps {
		shows := lamp.Stats()
		if shows.Fading {
			return nil // the next look will find it at rest
		}
		record.Lamps[name] = lampShowed{shows.Level, shows.Kelvin}
	}
	text, err := json.Marshal(record)
	if err != nil || bytes.Equal(text, m.kept) || m.boot == "" {
		return err
	}
	fresh := m.path + ".new"
	if err := os.WriteFile(fresh, text, 0o600); err != nil {
		return fmt.Errorf("lamps' memory: %w", err)
	}
	if err := os.Rename(fresh, m.path); err != nil {
		return fmt.Errorf("lamps' memory: %w", err)
	}
	m.kept = text
	return nil
}
