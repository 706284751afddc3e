package main

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// The line of DMX512 that the lab wires: one lamp of 16 bits.
const (
	dmxFrame = 25 // start code and 24 slots, the fewest that are sent
	lampSlot = 7  // coarse; the fine one follows
	// cut is a silence in which no frame is under way any more.
	cut = 500 * time.Millisecond
)

// dimmer is the fixture at the far end of the machine's DMX line. It gets the
// bytes that the emulated port sends; a break is no byte, so frames are told
// apart by counting, and everything that is not the lamp must be zero.
type dimmer struct {
	listener net.Listener

	mu     sync.Mutex
	heard  time.Time     // the last byte
	frame  []byte        // under way
	gap    time.Duration // from the frame before to this one
	before time.Duration // from the one before that
	dimmed
}

// dimmed is what the player asks for; guest/dimmer.go reads it.
type dimmed struct {
	Frames  int    // whole ones
	Ever    int    // the same, and those before it was cleared
	Loose   int    // bytes of one that is under way, or was cut
	Wrong   string // the first frame that is none; empty = all are
	Level   int    // of the lamp, 0 to 65535
	Changes []change
	First   time.Time     // of the first frame
	Last    time.Time     // beginning of a frame
	Longest time.Duration // between two frames
}

// change is a new level of the lamp.
type change struct {
	Level int
	At    time.Duration // since the first frame
	Since time.Duration // the two frames before it took
}

func openDimmer() (*dimmer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("dimmer: %w", err)
	}
	return &dimmer{listener: listener}, nil
}

// port is where the machine's port is wired to.
func (d *dimmer) port() string {
	_, port, _ := net.SplitHostPort(d.listener.Addr().String()) // a TCP listener's address has both
	return port
}

// run hears the machine's port until ctx ends.
func (d *dimmer) run(ctx context.Context) error {
	context.AfterFunc(ctx, func() { _ = d.listener.Close() })
	line, err := d.listener.Accept()
	if err != nil {
		return fmt.Errorf("dimmer: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = line.Close() })
	buffer := make([]byte, dmxFrame)
	for {
		n, err := line.Read(buffer)
		d.hear(time.Now(), buffer[:n])
		if err != nil {
			return fmt.Errorf("dimmer: %w", err)
		}
	}
}

// hear takes bytes off the line.
func (d *dimmer) hear(now time.Time, heard []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range heard {
		if len(d.frame) == 0 {
			d.begin(now)
		}
		if d.frame = append(d.frame, b); len(d.frame) == dmxFrame {
			d.whole()
		}
	}
	d.heard, d.Loose = now, len(d.frame)
}

// begin is the first byte of a frame.
func (d *dimmer) begin(now time.Time) {
	if d.First.IsZero() {
		d.First, d.Last = now, now
	}
	d.before, d.gap, d.Last = d.gap, now.Sub(d.Last), now
	d.Longest = max(d.Longest, d.gap)
}

// whole is the last byte of a frame.
func (d *dimmer) whole() {
	level := int(d.frame[lampSlot])<<8 | int(d.frame[lampSlot+1])
	for slot, value := range d.frame {
		if value != 0 && slot != lampSlot && slot != lampSlot+1 && d.Wrong == "" {
			d.Wrong = fmt.Sprintf("frame %d has %d in slot %d", d.Frames, value, slot)
		}
	}
	if level != d.Level || d.Frames == 0 {
		d.Changes = append(d.Changes, change{level, d.Last.Sub(d.First), d.before + d.gap})
	}
	d.Frames, d.Ever, d.Level, d.frame = d.Frames+1, d.Ever+1, level, d.frame[:0]
}

// facts is what came since the last clear. A frame that was cut long ago is no
// longer under way then.
func (d *dimmer) facts(now time.Time, clear bool) dimmed {
	d.mu.Lock()
	defer d.mu.Unlock()
	facts := d.dimmed
	if clear {
		d.gap, d.before, d.dimmed = 0, 0, dimmed{Ever: facts.Ever, Level: facts.Level}
		if now.Sub(d.heard) > cut {
			d.frame = nil
		}
	}
	return facts
}
