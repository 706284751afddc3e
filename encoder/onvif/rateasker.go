package onvif

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	// restoreWithin bounds how long the end of Run may take for the original rate.
	restoreWithin = 1200 * time.Millisecond
	// lookEvery is how often the target is compared with what the camera makes.
	lookEvery = time.Second
)

// Rated is an encoder whose rate can be asked for; a Stream is one.
type Rated interface {
	Encoding(ctx context.Context) (Encoding, error)
	SetKbps(ctx context.Context, kbps int) (granted int, err error)
}

// Change is what this box has done to a customer's camera.
type Change struct {
	Token    string // of the encoder's configuration
	Original int    // kbit/s
	Set      int    // kbit/s that the camera confirmed; 0 = a request was under way
}

// Ledger remembers a change over a power cut, so that it can be undone.
type Ledger interface {
	// Load gives the change that was kept last, false when there is none.
	Load() (Change, bool)
	Keep(Change) error
	Forget() error
}

// RateAsker is the slow outer loop of a camera that is passed through: it asks
// the camera itself for the rate that the line carries, and gives the customer's
// own setting back at the end.
type RateAsker struct {
	// OnRate is told each rate that the camera has confirmed, in kbit/s. It is
	// set before Run, can be nil and must not block.
	OnRate func(kbps int)

	ledger Ledger
	log    *slog.Logger
	target atomic.Int64
}

// NewRateAsker makes one that asks for nothing until SetTarget. log can be nil.
func NewRateAsker(ledger Ledger, log *slog.Logger) *RateAsker {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &RateAsker{ledger: ledger, log: log}
}

// SetTarget sets the rate that the line allows the picture, in kbit/s; 0 gives
// the original back. It never blocks.
func (a *RateAsker) SetTarget(kbps int) { a.target.Store(int64(kbps)) }

// Run asks the camera until a request fails or ctx ends; the latter is no error,
// and the original rate is given back. Calls must not overlap.
func (a *RateAsker) Run(ctx context.Context, camera Rated) error {
	e, err := camera.Encoding(ctx)
	if err != nil {
		return unlessOver(ctx, err)
	}
	w := wishes{original: e.Kbps, current: e.Kbps, least: e.MinKbps}
	if kept, ok := a.ledger.Load(); ok && kept.Token == e.Token && (kept.Set == e.Kbps || kept.Set == 0) {
		w.original = kept.Original // from before a power cut or a lost connection
	}
	begun := time.Now()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if w, err = a.look(ctx, camera, e.Token, w, time.Since(begun)); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			a.restore(ctx, camera, e.Token, w.original)
			return nil
		case <-ticker.C:
		}
	}
}

// look asks the camera if it is time to.
func (a *RateAsker) look(ctx context.Context, camera Rated, token string, w wishes, now time.Duration) (wishes, error) {
	target := int(a.target.Load())
	kbps, ask := w.next(now, target)
	switch {
	case !ask:
		return w, nil
	case target <= 0:
		granted, err := a.giveBack(ctx, camera, token, w.original)
		if err != nil {
			return w, err
		}
		w = w.given(now, w.original, granted)
		if _, changed := a.ledger.Load(); !changed {
			w.original = granted
		}
		return w, nil
	}
	granted, err := a.ask(ctx, camera, token, w.original, kbps)
	if err != nil {
		return w, err
	}
	return w.given(now, kbps, granted), nil
}

// ask changes the camera after the ledger knows how to undo it.
func (a *RateAsker) ask(ctx context.Context, camera Rated, token string, original, kbps int) (granted int, err error) {
	if err := a.ledger.Keep(Change{Token: token, Original: original}); err != nil {
		return 0, fmt.Errorf("camera's own rate cannot be kept, so it is not changed: %w", err)
	}
	granted, err = camera.SetKbps(ctx, kbps)
	if err != nil {
		return 0, err
	}
	a.log.Info("camera's rate set", "asked", kbps, "granted", granted, "original", original)
	if granted == original {
		err = a.ledger.Forget()
	} else {
		err = a.ledger.Keep(Change{Token: token, Original: original, Set: granted})
	}
	if err != nil {
		return 0, fmt.Errorf("camera's own rate cannot be kept: %w", err)
	}
	if a.OnRate != nil {
		a.OnRate(granted)
	}
	return granted, nil
}

// giveBack asks for the original rate, unless somebody else has set another one
// meanwhile, and returns what the camera is set to.
func (a *RateAsker) giveBack(ctx context.Context, camera Rated, token string, original int) (kbps int, err error) {
	kept, changed := a.ledger.Load()
	now, err := camera.Encoding(ctx)
	if err != nil {
		return 0, err
	}
	if changed && kept.Set != 0 && now.Kbps != kept.Set {
		a.log.Info("camera's rate was set by somebody else and stays", "kbps", now.Kbps)
		return now.Kbps, a.ledger.Forget()
	}
	return a.ask(ctx, camera, token, original, original)
}

// restore gives the original back at the end. What fails now is made up for by
// the next Run.
func (a *RateAsker) restore(ctx context.Context, camera Rated, token string, original int) {
	if kept, changed := a.ledger.Load(); !changed || kept.Token != token {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreWithin)
	defer cancel()
	if _, err := a.giveBack(ctx, camera, token, original); err != nil {
		a.log.Warn("camera keeps the lower rate until the next start", "original", original, "error", err)
	}
}
