package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"studiobox/encoder/gst/internal/wire"
)

// listen takes messages off the socket. It never waits for a pipeline, so that
// a ping is answered while a codec works.
func (s *server) listen() error {
	for {
		h, err := s.next()
		if err != nil {
			return err
		}
		if err := s.obey(h); err != nil {
			return err
		}
	}
}

func (s *server) next() (wire.Header, error) {
	if err := s.conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return wire.Header{}, err
	}
	return s.in.Next()
}

func (s *server) obey(h wire.Header) error {
	if s.job == nil {
		select {
		case s.built = <-s.ready:
		default:
		}
	}
	switch h.Kind {
	case wire.Ping:
		return s.out.Send(wire.Header{Kind: wire.Pong}, nil)
	case wire.Unit, wire.Frame:
		return s.accept(h)
	case wire.Rate, wire.Size, wire.Key, wire.Skip:
		return s.wish(h)
	case wire.Tune:
		return s.tune(h)
	}
	return fmt.Errorf("%w: kind %d is not for the worker", wire.ErrMalformed, h.Kind)
}

// accept reads a payload straight into memory of C.
func (s *server) accept(h wire.Header) error {
	if s.job == nil {
		return errors.New("a unit came before the worker was ready")
	}
	data := s.lib.NewBlock(h.Size)
	if err := s.in.Payload(data.Bytes()); err != nil {
		data.Free()
		return err
	}
	select {
	case s.intake <- input{pts: time.Duration(h.Value), flags: h.Flags, data: data}:
		return nil
	default:
		data.Free()
		return errors.New("the box sends more than the worker has room for")
	}
}

func (s *server) wish(h wire.Header) error {
	if s.job == nil || s.job.wishes() == nil {
		return errors.New("a wish came to a worker that encodes nothing")
	}
	switch w := s.job.wishes(); h.Kind {
	case wire.Rate:
		w.setKbps(int(h.Value))
	case wire.Size:
		w.setSize(wire.UnpackSize(h.Value))
	case wire.Key:
		w.forceKey()
	case wire.Skip:
		w.setSkip(h.Value != 0)
	}
	return nil
}

// tune hands a camera's tuning on.
func (s *server) tune(h wire.Header) error {
	body := make([]byte, h.Size)
	if err := s.in.Payload(body); err != nil {
		return err
	}
	var t wire.Tuning
	if err := json.Unmarshal(body, &t); err != nil {
		return fmt.Errorf("%w: tuning: %v", wire.ErrMalformed, err)
	}
	camera, ok := s.job.(*camera)
	if !ok {
		return errors.New("a tuning came to a worker that has no camera")
	}
	camera.tune(t)
	return nil
}
