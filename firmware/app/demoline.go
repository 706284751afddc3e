package app

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"studiobox/firmware/health"
	"studiobox/firmware/panel"
	"studiobox/uplink/linktest"
)

// The demo's line: a middling uplink, 20 ms each way.
const (
	demoLineKbps  = 8000
	demoLineDelay = 20 * time.Millisecond
	demoLineQueue = 300 * time.Millisecond
)

// demoLine is the emulated line between the demo's box and its ingest; where
// this user may not make one, box and ingest meet on loopback.
type demoLine struct {
	emulated *linktest.Line // nil = not available
	why      string         // why not
	kbps     atomic.Int64
}

func newDemoLine() *demoLine {
	l := &demoLine{}
	l.kbps.Store(demoLineKbps)
	way := linktest.Direction{Kbps: demoLineKbps, Delay: demoLineDelay, Queue: demoLineQueue}
	line, err := linktest.New(linktest.Config{Up: way, Down: linktest.Direction{Delay: demoLineDelay}})
	if err != nil {
		l.why = err.Error()
		return l
	}
	l.emulated = line
	return l
}

// dial is how the box reaches the ingest; nil = over this machine's own network.
func (l *demoLine) dial() func(context.Context, string, string) (net.Conn, error) {
	if l.emulated == nil {
		return nil
	}
	return l.emulated.Dial
}

// listen is where the ingest waits.
func (l *demoLine) listen() (net.Listener, error) {
	if l.emulated == nil {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	return l.emulated.Listen("tcp", net.JoinHostPort(l.emulated.FarAddr(), "8554"))
}

// control is the page's slider; nil without a line.
func (l *demoLine) control() panel.Line {
	if l.emulated == nil {
		return nil
	}
	return l
}

// SetLineKbps sets the line's rate upwards; 0 cuts it.
func (l *demoLine) SetLineKbps(kbps int) {
	l.kbps.Store(int64(kbps))
	l.emulated.SetBlackout(kbps <= 0)
	if kbps > 0 {
		l.emulated.SetKbps(kbps, 0)
	}
}

func (l *demoLine) part() *health.LinePart {
	return &health.LinePart{Available: l.emulated != nil, Why: l.why, Kbps: int(l.kbps.Load())}
}
