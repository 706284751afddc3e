package app

import (
	"context"
	"math"
	"time"

	"studiobox/board/sim"
	"studiobox/drivers/light"
	"studiobox/drivers/turntable"
)

// simulatedStudio hangs the real drivers on the twin's motor and light.
func simulatedStudio(twin *sim.Studio) (studioParts, error) {
	table, err := turntable.New(turntable.Config{Drive: twinMotor{twin.Turntable}})
	if err != nil {
		return studioParts{}, err
	}
	_, level := twin.Scene(time.Now())
	key, err := light.New(light.Config{
		Name: "light.key", Emitters: []light.Emitter{{Channel: twinChannel{twin.Light}}}, Begin: light.Look{Level: 100 * level},
	})
	if err != nil {
		return studioParts{}, err
	}
	return studioParts{table: table, lamps: map[string]*light.Lamp{"key": key}}, nil
}

const (
	// twinTick is how often the twin's motor is told where to be.
	twinTick = 20 * time.Millisecond
	// twinStep is the smallest angle that it makes up for, in degrees.
	twinStep = 0.2
)

// twinMotor makes the table of the simulated studio follow the plan, as a motor
// does: it is told a speed, which also makes up for where it is behind.
type twinMotor struct {
	table *sim.Turntable
}

// Run implements turntable.Drive.
func (m twinMotor) Run(ctx context.Context, wish turntable.Wish) error {
	ticker := time.NewTicker(twinTick)
	defer ticker.Stop()
	defer m.table.SetSpeed(0)
	now := time.Now()
	offset := m.table.Angle(now) - wish(now).Angle
	for {
		select {
		case <-ctx.Done():
			return nil
		case now = <-ticker.C:
		}
		to := wish(now)
		behind := math.Remainder(to.Angle+offset-m.table.Angle(now), 360)
		if to.Speed == 0 && math.Abs(behind) < twinStep {
			behind = 0
		}
		m.table.SetSpeed(to.Speed + 2*behind)
	}
}

// Stats implements turntable.Drive; the twin counts no steps.
func (m twinMotor) Stats() turntable.Stats { return turntable.Stats{Load: -1} }

// Halt implements turntable.Drive.
func (m twinMotor) Halt() error { return m.table.Halt() }

// twinChannel is the light of the simulated studio, which is told how bright it
// looks and not how much light it gives.
type twinChannel struct {
	light *sim.Light
}

// Dim implements light.Channel.
func (c twinChannel) Dim(fraction float64) error {
	c.light.Set(light.Lightness(fraction) / 100)
	return nil
}

// Halt implements light.Channel.
func (c twinChannel) Halt() error { return c.light.Halt() }
