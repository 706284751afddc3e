package main

import (
	"context"
	"fmt"
	"time"
)

// What the host's camerafit.go has the box film with, and how long the story waits.
const (
	ownSettings                  = "/lab/camera.toml"
	ownWidth, ownHeight, ownRate = 320, 180, 10
	ownPictures                  = 40 // that are looked at
	filmedWithin, replugWithin   = time.Minute, time.Minute
)

// filmedItself: a camera on the box itself goes on air, its pictures arrive whole
// and are those that it took; a look sets what it has; pulled out and put back it
// is on air again, set as before.
func filmedItself(ctx context.Context, s *studio) (string, error) {
	if err := plugIn(); err != nil {
		return "", err
	}
	b, err := s.startWith(ctx, ownSettings)
	if err != nil {
		return "", err
	}
	defer b.end()
	visitor, err := s.visit(ctx)
	if err != nil {
		return "", b.fail(err)
	}
	started, err := s.goLive(ctx, b)
	if err != nil {
		return "", b.fail(err)
	}
	shown, err := takeFilm(ctx)
	if err != nil {
		return "", b.fail(err)
	}
	tuned, err := visitor.tunes(ctx, b)
	if err != nil {
		return "", b.fail(err)
	}
	returned, err := replugged(ctx, b)
	if err != nil {
		return "", b.fail(err)
	}
	return fmt.Sprintf("lamp red %v after the press; %s; %s; %s", round(started.lampAfter), shown, tuned, returned), nil
}

// takeFilm waits until enough of the show has arrived and judges it.
func takeFilm(ctx context.Context) (film, error) {
	soon, cancel := context.WithTimeout(ctx, filmedWithin)
	defer cancel()
	for {
		f, err := facts[film]("/film")
		if err != nil {
			return f, err
		}
		if f.Units >= ownPictures {
			return f, f.judge()
		}
		if sleep(soon, time.Second) != nil {
			return f, fmt.Errorf("%w: %d pictures of the camera reached the ingest in %v", errLate, f.Units, filmedWithin)
		}
	}
}

// replugged pulls the camera out on air and puts it back: the box tells of it, and
// the show goes on by itself.
func replugged(ctx context.Context, b *box) (string, error) {
	soon, cancel := context.WithTimeout(ctx, replugWithin)
	defer cancel()
	pulled := time.Now()
	if err := pullOut(); err != nil {
		return "", err
	}
	if err := b.await(soon, "aware that the camera is gone", func(st status) bool { return st.has("camera_lost") }); err != nil {
		return "", err
	}
	told := time.Since(pulled)
	if _, err := facts[film]("/film?clear"); err != nil {
		return "", err
	}
	if err := putBack(); err != nil {
		return "", err
	}
	put := time.Now()
	err := b.await(soon, "on air again with the camera", func(st status) bool {
		return st.Session.State == "live" && st.Camera.Connected && !st.has("camera_lost")
	})
	if err != nil {
		return "", err
	}
	after := time.Since(put)
	if err := awaitControls(ctx, map[uint32]int32{autoGain: 0, gain: daylightGain}); err != nil {
		return "", fmt.Errorf("the camera came back without its look: %w", err)
	}
	f, err := takeFilm(ctx)
	if err != nil {
		return "", fmt.Errorf("the camera came back: %w", err)
	}
	return fmt.Sprintf("pulled out: told within %v; put back: on air again within %v with the look's gain, %s",
		round(told), round(after), f), nil
}
