package testcam

import (
	"context"
	"sync"
	"time"
)

// The wait before the encoder's process is started again after a failure
// doubles from the first value to the last.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 2 * time.Second
)

// film renders and encodes whenever somebody wants the stream, until ctx ends.
func (s *stream) film(ctx context.Context) {
	var renderer *Renderer // made for the first reader, kept for the next
	pause := firstPause
	for s.await(ctx, (*stream).wanted) {
		if renderer == nil {
			made, err := NewRenderer(s.width, s.height)
			if err != nil {
				s.log.Error("test camera cannot film", "error", err)
				return
			}
			renderer = made
		}
		began := time.Now()
		err := s.take(ctx, renderer)
		if err == nil {
			pause = firstPause
			continue
		}
		if time.Since(began) > lastPause {
			pause = firstPause
		}
		s.log.Warn("test camera's encoder failed, will restart", "error", err, "wait", pause)
		sleep(ctx, pause)
		pause = min(2*pause, lastPause)
	}
}

// take runs the encoder and feeds it until nobody wants the stream, which is
// no error, or the encoder fails.
func (s *stream) take(ctx context.Context, renderer *Renderer) error {
	ctx, cancel := context.WithCancel(ctx)
	var failure error
	var encoding sync.WaitGroup
	encoding.Go(func() {
		defer cancel()
		if err := s.encoder.Run(ctx); err != nil && ctx.Err() == nil {
			failure = err
		}
	})
	s.change(func(s *stream) { s.filming = true })
	s.shoot(ctx, renderer)
	cancel()
	encoding.Wait()
	s.change(func(s *stream) { s.filming = false })
	return failure
}

// shoot renders a frame at each tick of the camera's clock, which began at the
// epoch; ticks that come too late are left out.
func (s *stream) shoot(ctx context.Context, renderer *Renderer) {
	frame := make([]byte, SizeI420(s.width, s.height))
	for tick := s.next(0); s.isWanted(); tick = s.next(tick + 1) {
		pts := s.tickAt(tick)
		if !sleep(ctx, time.Until(s.epoch.Add(pts))) {
			return
		}
		if !s.encoder.Ready() {
			continue
		}
		s.shootOne(renderer, frame, pts)
	}
}

func (s *stream) shootOne(renderer *Renderer, frame []byte, pts time.Duration) {
	now := s.epoch.Add(pts)
	s.mu.Lock()
	s.frames++
	number := uint32(s.frames)
	s.mu.Unlock()
	angle, light := s.cfg.Scene(now)
	scene := Scene{Angle: angle, Light: light, Frame: number, Time: now}
	if err := renderer.Render(frame, scene); err == nil { // the frame has the renderer's size
		s.encoder.PutFrame(pts, now, frame)
	}
}

// tickAt is when a tick is, since the epoch.
func (s *stream) tickAt(tick int64) time.Duration {
	fps := int64(s.cfg.FPS)
	return time.Duration(tick/fps)*time.Second + time.Duration(tick%fps*int64(time.Second)/fps)
}

// next is the first tick from a given one on that is not over yet by more than
// one period.
func (s *stream) next(tick int64) int64 {
	present := int64(time.Since(s.epoch) / (time.Second / time.Duration(s.cfg.FPS)))
	return max(tick, present)
}

// sleep waits; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
