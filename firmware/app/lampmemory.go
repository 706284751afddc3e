package app

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"studiobox/drivers/light"
)

// lampsEvery is how often what lamps and camera show is compared with what is kept.
const lampsEvery = 2 * time.Second

// lampMemory keeps over a restart of the program what the lamps show: they hold
// their look meanwhile, and the next fade must begin there.
type lampMemory struct{ bootMemory }

type lampShowed struct {
	Level  float64 `json:"level"` // CIE 1976 L*
	Kelvin float64 `json:"kelvin,omitempty"`
}

// newLampMemory keeps in the directory what lamps show.
func newLampMemory(dir string) *lampMemory {
	return &lampMemory{newBootMemory(filepath.Join(dir, "lamps.json"))}
}

// held is what the lamps have shown since the last run of the program. A file
// that cannot be read counts as none: the first fade is then less smooth.
func (m *lampMemory) held() map[string]light.Look {
	var showed map[string]lampShowed
	if !m.read(&showed) {
		return nil
	}
	held := map[string]light.Look{}
	for name, s := range showed {
		held[name] = light.Look{Level: s.Level, Kelvin: s.Kelvin}
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

// save writes down what is at rest.
func (m *lampMemory) save(lamps map[string]*light.Lamp) error {
	showed := map[string]lampShowed{}
	for name, lamp := range lamps {
		shows := lamp.Stats()
		if shows.Fading {
			return nil // the next look will find it at rest
		}
		showed[name] = lampShowed{shows.Level, shows.Kelvin}
	}
	if err := m.write(showed); err != nil {
		return fmt.Errorf("lamps' memory: %w", err)
	}
	return nil
}
