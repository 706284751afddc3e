package onvif

import (
	"context"
	"time"
)

// keyEvery is the least time between two requests for a key frame: each costs
// the line as much as several pictures.
const keyEvery = time.Second

// KeyAsker asks a camera for key frames.
type KeyAsker struct {
	wanted chan struct{} // capacity 1
}

// NewKeyAsker makes one; Run does the asking.
func NewKeyAsker() *KeyAsker { return &KeyAsker{wanted: make(chan struct{}, 1)} }

// Ask asks for a key frame soon; it never blocks. What is asked within a second
// of the last request is dropped, since that one's key frame may be on its way:
// whoever still needs one asks again.
func (k *KeyAsker) Ask() {
	select {
	case k.wanted <- struct{}{}:
	default:
	}
}

// Run passes the wishes on to a stream until a request fails or ctx ends; the
// latter is no error.
func (k *KeyAsker) Run(ctx context.Context, stream interface{ ForceKey(context.Context) error }) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-k.wanted:
		}
		if err := stream.ForceKey(ctx); err != nil {
			return unlessOver(ctx, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(keyEvery):
		}
		select {
		case <-k.wanted:
		default:
		}
	}
}

// unlessOver is nil when the error comes from the end of ctx.
func unlessOver(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
