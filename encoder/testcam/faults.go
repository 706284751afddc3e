package testcam

import (
	"fmt"

	"github.com/bluenviron/gortsplib/v4"
)

// Freeze makes the camera send no media, its connections staying open, or go
// on with a key frame.
func (c *Camera) Freeze(on bool) {
	for _, s := range c.streams {
		s.freeze(on)
	}
}

// Kick closes all connections; clients may come again at once.
func (c *Camera) Kick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		conn.Close()
	}
}

// Off takes the camera off the network, its port closed and its connections
// gone, or puts it back. The error is about opening the port again.
func (c *Camera) Off(off bool) error {
	if !off {
		if err := c.door.open(); err != nil {
			return fmt.Errorf("test camera: %w", err)
		}
		return nil
	}
	c.door.shut()
	c.Kick()
	return nil
}

// Stats is what one stream does.
type Stats struct {
	Readers  int    // that play now
	Filming  bool   // rendering and encoding
	Frames   uint64 // rendered so far
	Units    uint64 // video units that came out of the encoder
	Restarts int    // starts of the encoder's process after the first, for whatever reason
}

// Stats reads the gauges of a stream, Main or Sub.
func (c *Camera) Stats(path string) Stats {
	s := c.streams[path]
	if s == nil {
		return Stats{}
	}
	return s.stats()
}

// connected and disconnected keep the list that Kick goes by. A connection
// that was accepted just before the door shut is closed here.
func (c *Camera) connected(conn *gortsplib.ServerConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns[conn] = struct{}{}
	if c.door.isShut() {
		conn.Close()
	}
}

func (c *Camera) disconnected(conn *gortsplib.ServerConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, conn)
}
