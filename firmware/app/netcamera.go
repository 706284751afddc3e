package app

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"studiobox/drivers/lens"
	"studiobox/encoder/greycard"
	"studiobox/encoder/onvif"
	"studiobox/firmware/config"
	"studiobox/firmware/look"
)

// netCamera is lens and colours of a camera in the network, as far as it lets them
// be set over ONVIF. What it offers is asked when it is first wanted: a camera may
// be switched on after the box.
type netCamera struct {
	client *onvif.Client
	url    string // of its stream
	log    *slog.Logger
	wishes chan look.Colours // of looks; capacity 1, the newest counts

	mu          sync.Mutex
	source      *onvif.Source
	zoom, focus lens.Mover

	lacking atomic.Pointer[string]
	turned  atomic.Bool // a grey card has taken the white balance in hand
}

func newNetCamera(settings config.Camera, log *slog.Logger) (*netCamera, error) {
	client, err := onvif.New(onvif.Config{URL: settings.ONVIF, TLS: settings.TLS.Client()}, log)
	if err != nil {
		return nil, err
	}
	return &netCamera{client: client, url: settings.URL, log: log, wishes: make(chan look.Colours, 1)}, nil
}

// find asks the camera, once, what its stream is filmed with.
func (c *netCamera) find(ctx context.Context) (*onvif.Source, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.source != nil {
		return c.source, nil
	}
	source, err := c.client.Source(ctx, c.url)
	if err != nil {
		return nil, err
	}
	c.source, c.zoom, c.focus = source, source.Zoom(), source.Focus()
	return source, nil
}

// axis is one axis of the camera's lens; which chooses it once it is found.
type axis struct {
	camera *netCamera
	which  func(*netCamera) lens.Mover
}

func zoomAxis(c *netCamera) lens.Mover  { return c.zoom }
func focusAxis(c *netCamera) lens.Mover { return c.focus }

// MoveTo implements lens.Mover.
func (a axis) MoveTo(ctx context.Context, fraction float64) error {
	if _, err := a.camera.find(ctx); err != nil {
		return err
	}
	return a.which(a.camera).MoveTo(ctx, fraction)
}

// Stop implements lens.Mover.
func (a axis) Stop(ctx context.Context) error {
	if _, err := a.camera.find(ctx); err != nil {
		return err
	}
	return a.which(a.camera).Stop(ctx)
}

// begin implements turnable. Nobody knows what the camera's numbers mean: the first
// turn is a guess at a quarter of the range for a stop.
func (c *netCamera) begin(ctx context.Context, from look.Colours) ([]greycard.Knob, error) {
	source, err := c.find(ctx)
	if err != nil {
		return nil, err
	}
	g, err := source.Gains(ctx)
	if err != nil {
		return nil, err
	}
	if from.Gains != nil {
		g.Red = min(max(from.Gains.Red, g.RedLeast), g.RedMost)
		g.Blue = min(max(from.Gains.Blue, g.BlueLeast), g.BlueMost)
	}
	c.turned.Store(true)
	return []greycard.Knob{
		{Setting: greycard.Red, Least: g.RedLeast, Most: g.RedMost, At: g.Red, PerStop: (g.RedMost - g.RedLeast) / 4},
		{Setting: greycard.Blue, Least: g.BlueLeast, Most: g.BlueMost, At: g.Blue, PerStop: (g.BlueMost - g.BlueLeast) / 4},
	}, source.SetGains(ctx, g.Red, g.Blue)
}

// turn implements turnable.
func (c *netCamera) turn(ctx context.Context, at []float64) (look.Colours, error) {
	colours := look.Colours{Gains: &look.Gains{Red: at[0], Blue: at[1]}}
	source, err := c.find(ctx)
	if err != nil {
		return colours, err
	}
	return colours, source.SetGains(ctx, at[0], at[1])
}

// undo implements turnable; Run tells the camera.
func (c *netCamera) undo(_ context.Context, to look.Colours) error { return c.Lock(to) }

// netSettles is how long a camera in the network takes to show new colours: its
// encoder, the way here, and cameras that fade.
const netSettles = 2 * time.Second
