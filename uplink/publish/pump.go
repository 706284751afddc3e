package publish

import (
	"context"
	"time"

	"studiobox/encoder/unit"
)

// pump moves units from the queue to the wire until ctx ends or the wire fails.
// It stops between two units, never within one.
func (s *session) pump(ctx context.Context) error {
	carrier := carrier{wire: s.wire(ctx), tracks: s.tracks}
	for ctx.Err() == nil {
		u := s.publisher.next()
		if u == nil {
			select {
			case <-s.publisher.wake:
			case <-ctx.Done():
			}
			continue
		}
		s.writing.Store(true)
		err := carrier.carry(u, time.Now())
		s.writing.Store(false)
		if err != nil {
			return explain("recording", err, true)
		}
		s.publisher.sent(s, u)
	}
	return nil
}

func (s *session) wire(ctx context.Context) wire {
	if s.overUDP() {
		return newDatagrams(ctx, func() int { return int(s.publisher.pacing.Load()) })
	}
	return newInterleaved(s.conn)
}

// carrier turns units into packets, with sender reports between them.
type carrier struct {
	wire   wire
	tracks []*track
	wall   wallClock
	due    time.Time // of the next sender reports
}

// carry puts one unit on the wire, whole. Units of a track that was not
// announced are left out.
func (c *carrier) carry(u *unit.Unit, now time.Time) error {
	t := c.track(u.Track)
	if t == nil {
		return nil
	}
	if u.Track == unit.Video {
		c.wall.note(u)
	}
	if c.wall.known && !now.Before(c.due) {
		c.due = now.Add(reportInterval)
		if err := sendReports(c.wire, c.tracks, &c.wall, u.PTS, now); err != nil {
			return err
		}
	}
	if err := packetize(c.wire, t, u); err != nil {
		return err
	}
	return c.wire.flush()
}

func (c *carrier) track(kind unit.Track) *track {
	for _, t := range c.tracks {
		if t.kind == kind {
			return t
		}
	}
	return nil
}
