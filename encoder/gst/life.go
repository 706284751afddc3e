package gst

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"studiobox/encoder/gst/internal/wire"
)

// Times of the conversation with a child. A hung child must be known in about
// a second, so that a restart is over within three.
const (
	writeTimeout = 900 * time.Millisecond
	pingEvery    = 200 * time.Millisecond
)

// sent says what the writer did with its turn.
type sent uint8

const (
	nothing  sent = iota // the queue is empty
	silent               // a unit that gives no picture
	expected             // a unit whose picture is waited for
)

// life is the conversation with one child, from configuration to its end.
type life struct {
	*child
	job    job
	reader *wire.Reader
	writer *wire.Writer

	mu    sync.Mutex
	watch watch
}

// serve speaks with a child over conn until it fails, hangs or ctx ends, and
// closes conn. No goroutine of its own is left when it returns.
func (c *child) serve(ctx context.Context, conn net.Conn, j job) error {
	l := &life{
		child:  c,
		job:    j,
		reader: wire.NewReader(conn),
		writer: wire.NewWriter(conn, writeTimeout),
		watch:  newWatch(time.Now()),
	}
	l.watch.live = c.live
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var reading sync.WaitGroup
	reading.Go(func() { cancel(l.read()) })
	err := l.write(ctx)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		cancel(fmt.Errorf("%w: it took no data for %v", ErrHung, writeTimeout))
	case errors.Is(err, ErrHung):
		cancel(err)
	case err != nil:
		// The child has gone: its last words are still to be read.
		_ = conn.SetReadDeadline(time.Now().Add(grace)) // fails only on a closed socket
		reading.Wait()
	}
	conn.Close()
	reading.Wait()
	return context.Cause(ctx)
}

// read takes the child's messages until the connection ends.
func (l *life) read() error {
	for {
		h, err := l.reader.Next()
		if err != nil {
			return err
		}
		payload := make([]byte, h.Size) // units keep it, so it cannot be reused
		if err := l.reader.Payload(payload); err != nil {
			return err
		}
		if err := l.handle(h, payload); err != nil {
			return err
		}
	}
}

func (l *life) handle(h wire.Header, payload []byte) error {
	l.note(func(w *watch, now time.Time) { w.hear(now) })
	switch h.Kind {
	case wire.Pong:
		return nil
	case wire.Taken:
		l.note(func(w *watch, now time.Time) { w.take(now, h.Value) })
		l.wakeUp() // there is room for another
		return nil
	case wire.Ready:
		if err := l.greet(payload); err != nil {
			return err
		}
		l.note(func(w *watch, now time.Time) { w.greet(now) })
		l.wakeUp()
		return nil
	case wire.Unit, wire.Frame:
		if h.Flags&wire.Sound == 0 {
			l.note(func(w *watch, now time.Time) { w.picture(now) })
		}
		return l.job.receive(h, payload)
	case wire.Report:
		return l.job.receive(h, payload)
	case wire.Failed:
		return toldError(payload)
	}
	return fmt.Errorf("%w: kind %d is not for the box", wire.ErrMalformed, h.Kind)
}

// write sends configuration, heartbeats, wishes and units until ctx ends, a
// write fails or the child is found to hang.
func (l *life) write(ctx context.Context) error {
	config := l.config()
	config.Version = wire.Version
	body, err := json.Marshal(config)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if err := l.writer.Send(wire.Header{Kind: wire.Configure}, body); err != nil {
		return err
	}
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.wake:
			err = l.drain()
		case <-tick.C:
			if err = l.verdict(); err == nil {
				err = l.writer.Send(wire.Header{Kind: wire.Ping}, nil)
			}
		}
		if err != nil {
			return err
		}
	}
}

// drain sends wishes first and then as many units as the child has room for.
func (l *life) drain() error {
	if !l.ready() {
		return nil
	}
	if err := l.job.control(l.writer); err != nil {
		return err
	}
	for l.room() {
		did, err := l.job.send(l.writer)
		if err != nil || did == nothing {
			return err
		}
		l.note(func(w *watch, now time.Time) { w.give(now, did == expected) })
	}
	return nil
}

func (l *life) ready() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.watch.ready
}

func (l *life) room() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.watch.underWay() < int64(l.job.window())
}

func (l *life) verdict() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.watch.verdict(time.Now(), l.job.quiet())
}

func (l *life) note(f func(*watch, time.Time)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.watch, time.Now())
}
