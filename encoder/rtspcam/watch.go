package rtspcam

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
)

const (
	// firstPicture is the patience with a new connection: some cameras begin to
	// encode at PLAY, and "auto" may have to change from UDP to TCP first.
	firstPicture = 3 * time.Second
	// keyPatience is how long pictures may come without a key picture among them
	// while one is needed. Cameras' key intervals go up to 10 s.
	keyPatience = 12 * time.Second
)

// watch lets a playing connection be until it ends, stalls, or ctx ends.
func (c *Camera) watch(ctx context.Context, n *connection, r *receiver) error {
	over := make(chan error, 1)
	var wait sync.WaitGroup
	wait.Go(func() { over <- n.client.Wait() })
	defer wait.Wait()
	defer n.end()

	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-over:
			return n.explainEnd(err)
		case <-timer.C:
			left, err := r.patience(time.Now(), c.cfg.StallAfter)
			if err != nil {
				return err
			}
			timer.Reset(left)
		}
	}
}

// patience is how long the camera may go on like this, or what is wrong with it.
func (r *receiver) patience(now time.Time, stallAfter time.Duration) (left time.Duration, wrong error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	allowed := stallAfter
	if !r.pictured {
		allowed = max(stallAfter, firstPicture)
	}
	silent := now.Sub(r.lastPicture)
	if silent >= allowed {
		return 0, fmt.Errorf("%w (nothing for %.1f s)", ErrStalled, silent.Seconds())
	}
	left = min(allowed-silent, stallAfter) // the first picture ends the longer patience
	if r.needKey {
		keyless := now.Sub(r.lastKey)
		if keyless >= keyPatience {
			return 0, ErrNoKey
		}
		left = min(left, keyPatience-keyless)
	}
	return left, nil
}

// explainEnd tells in the user's terms why a playing connection ended.
func (n *connection) explainEnd(err error) error {
	var network net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network):
		return ErrClosed
	case errors.Is(err, liberrors.ErrClientTCPTimeout{}), errors.Is(err, liberrors.ErrClientUDPTimeout{}):
		return ErrStalled
	}
	return n.explain(err)
}
