package app

import (
	"context"
	"log/slog"
	"time"

	"studiobox/drivers/power"
)

// cameraPowerEvery is how often the camera's pictures are looked at.
const cameraPowerEvery = time.Second

// cameraPower cycles the supply of a camera that hangs.
type cameraPower struct {
	supply *power.Camera
	policy *power.Policy
	good   func() bool // pictures come
	log    *slog.Logger
}

// Run looks until ctx ends. A cycle that fails is tried again in the policy's time.
func (c *cameraPower) Run(ctx context.Context) error {
	began := time.Now()
	ticker := time.NewTicker(cameraPowerEvery)
	defer ticker.Stop()
	last := power.Good
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		decision := c.policy.Step(time.Since(began), power.Facts{Good: c.good()})
		if decision.Code != last {
			last = decision.Code
			c.log.Info("camera power", "code", string(last), "next", decision.In)
		}
		if decision.Code != power.Cycle {
			continue
		}
		if err := c.supply.Cycle(ctx); err != nil && ctx.Err() == nil {
			c.log.Error("the camera's power was not cycled", "error", err)
		}
	}
}

// pictures tells whether the camera sends any.
func (b *box) pictures() bool {
	return time.Since(b.picture.camera.Stats().LastVideo) < pictureGap
}
