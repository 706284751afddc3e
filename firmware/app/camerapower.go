package app

import (
	"context"
	"log/slog"
	"time"

	"studiobox/drivers/power"
	"studiobox/encoder/rtspcam"
	"studiobox/firmware/health"
	"studiobox/firmware/run"
)

const (
	// cameraPowerEvery is how often the camera's pictures are looked at.
	cameraPowerEvery = time.Second
	// cycledFor is how long a power cycle stays a condition.
	cycledFor = 15 * time.Minute
)

// cameraPower cycles the supply of a camera that hangs.
type cameraPower struct {
	supply *power.Camera
	policy *power.Policy
	good   func() bool // pictures come
	// refuses: the camera answers, and does not want us or has no such stream.
	// It is well then, and a power cycle mends no password.
	refuses func() bool
	report  func(code string, bad bool, detail string)
	log     *slog.Logger

	cycled time.Time // when the supply was last cycled
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
		decision := c.policy.Step(time.Since(began), power.Facts{Good: c.good(), Forbid: c.refuses()})
		if decision.Code != last {
			last = decision.Code
			c.log.Info("camera power", "code", string(last), "next", decision.In)
		}
		if decision.Code == power.Cycle {
			c.cycle(ctx)
		}
		c.tell(decision)
	}
}

func (c *cameraPower) cycle(ctx context.Context) {
	if err := c.supply.Cycle(ctx); err != nil {
		if ctx.Err() == nil {
			c.log.Error("the camera's power was not cycled", "error", err)
		}
		return
	}
	c.cycled = time.Now()
}

// tell says what was done, and that it has not helped.
func (c *cameraPower) tell(decision power.Decision) {
	recent := !c.cycled.IsZero() && time.Since(c.cycled) < cycledFor
	c.report(health.CameraPowerCycled, recent, "")
	c.report(health.CameraPowerLimited, decision.Code == power.Limited || decision.Spent, "")
}

// cameraPowerPart watches over the camera's supply; none where no relay is wired.
func (b *box) cameraPowerPart() []run.Part {
	supply := b.cfg.Hardware.extras.supply
	if supply == nil {
		return nil
	}
	watch := &cameraPower{
		supply: supply, policy: power.NewPolicy(power.PolicyConfig{}),
		good: b.pictures, refuses: b.cameraRefuses, log: b.log,
		report: func(code string, bad bool, detail string) { b.tracker.Report(code, bad, detail, time.Now()) },
	}
	return []run.Part{{Name: "camera power", Run: watch.Run}}
}

// pictures tells whether the camera sends any.
func (b *box) pictures() bool {
	return time.Since(b.picture.camera.Stats().LastVideo) < pictureGap
}

// cameraRefuses tells whether the camera answers and trying again changes nothing.
func (b *box) cameraRefuses() bool {
	return isRefusal(b.picture.cameraError.get(), rtspcam.ErrAuth, rtspcam.ErrCodec, rtspcam.ErrNoVideo, rtspcam.ErrNotFound, rtspcam.ErrNotRTSP)
}
