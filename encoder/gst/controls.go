package gst

import (
	"sync"
	"time"

	"studiobox/encoder/gst/internal/wire"
)

// controls are the wishes that can change while a child runs. They outlive the
// child: the next one starts with the latest.
type controls struct {
	mu       sync.Mutex
	settings Settings
	rate     bool // not yet sent
	size     bool
	key      bool
}

// defaultKbps is the rate until somebody says another.
const defaultKbps = 2000

func newControls(s Settings) *controls {
	if s.Kbps <= 0 {
		s.Kbps = defaultKbps
	}
	return &controls{settings: s}
}

// start fills the settings into a new child's configuration.
func (c *controls) start(cfg wire.Config) wire.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rate, c.size, c.key = false, false, false // a new stream begins with all of it
	cfg.Kbps = c.settings.Kbps
	cfg.Width, cfg.Height, cfg.FPS = c.settings.Width, c.settings.Height, c.settings.FPS
	return cfg
}

func (c *controls) setKbps(kbps int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kbps <= 0 {
		return
	}
	c.rate = c.rate || c.settings.Kbps != kbps
	c.settings.Kbps = kbps
}

func (c *controls) setSize(width, height, fps int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.settings
	c.size = c.size || s.Width != width || s.Height != height || s.FPS != fps
	s.Width, s.Height, s.FPS = width, height, fps
}

func (c *controls) forceKey() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.key = true
}

// send writes what has changed since the last call.
func (c *controls) send(w *wire.Writer) error {
	c.mu.Lock()
	s, rate, size, key := c.settings, c.rate, c.size, c.key
	c.rate, c.size, c.key = false, false, false
	c.mu.Unlock()
	if rate {
		if err := w.Send(wire.Header{Kind: wire.Rate, Value: int64(s.Kbps)}, nil); err != nil {
			return err
		}
	}
	if size {
		value := wire.PackSize(s.Width, s.Height, s.FPS)
		if err := w.Send(wire.Header{Kind: wire.Size, Value: value}, nil); err != nil {
			return err
		}
	}
	if key {
		return w.Send(wire.Header{Kind: wire.Key}, nil)
	}
	return nil
}

// quiet is how long a child may be silent: three pictures at a low frame rate.
func (c *controls) quiet() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settings.FPS <= 0 {
		return quietLimit
	}
	return max(quietLimit, 3*time.Second/time.Duration(c.settings.FPS))
}
