package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Of what the box can set, vivid has a gain and its automatic, which turns the gain
// once a second. The looks are those of the host's camerafit.go.
const (
	// daylightGain is a gain of 4, two of the six stops to 64, on vivid's 0 to 255.
	daylightGain = 85
	tunedWithin  = 30 * time.Second
	// turns is longer than vivid's automatic leaves a gain as it is.
	turns = 1200 * time.Millisecond
)

// lackWords are how the box tells of the settings that vivid lacks.
var lackWords = [...]string{"white balance: " + ownDevice + " has no such control", "shutter: " + ownDevice + " has no such control"}

// tunes sets looks on the page and reads the camera's controls back.
func (p *page) tunes(ctx context.Context, b *box) (string, error) {
	if err := setControl(autoGain, 0); err != nil {
		return "", err
	}
	if err := p.looks(ctx, "found", map[uint32]int32{autoGain: 1}); err != nil {
		return "", fmt.Errorf("%w: %w", errLate, err) // it lasts three seconds
	}
	if err := awaitControls(ctx, map[uint32]int32{autoGain: 0}); err != nil {
		return "", fmt.Errorf("the look found is not held: %w", err)
	}
	held, err := control(gain)
	if err == nil {
		err = sleep(ctx, turns)
	}
	if err == nil {
		err = awaitControls(ctx, map[uint32]int32{gain: held})
	}
	if err != nil {
		return "", err
	}
	if err := p.looks(ctx, "daylight", map[uint32]int32{autoGain: 0, gain: daylightGain}); err != nil {
		return "", err
	}
	soon, cancel := context.WithTimeout(ctx, tunedWithin)
	defer cancel()
	if err := b.await(soon, "telling what the camera lacks", named); err != nil {
		return "", err
	}
	return fmt.Sprintf("looks, read back from the kernel: a gain that the camera found is held at %d of 255, one of 4 is %d; the box names the white balance and the shutter that this camera lacks",
		held, daylightGain), nil
}

// looks sets a look on the page and waits until the kernel has it.
func (p *page) looks(ctx context.Context, name string, want map[uint32]int32) error {
	if err := p.post(ctx, "/api/look", fmt.Sprintf(`{"name":%q}`, name)); err != nil {
		return err
	}
	if err := awaitControls(ctx, want); err != nil {
		return fmt.Errorf("look %s: %w", name, err)
	}
	return nil
}

// awaitControls waits until the kernel has values for controls.
func awaitControls(ctx context.Context, want map[uint32]int32) error {
	soon, cancel := context.WithTimeout(ctx, tunedWithin)
	defer cancel()
	for {
		var off error
		for id, value := range want {
			if is, err := control(id); err != nil || is != value {
				off = errors.Join(err, fmt.Errorf("control %#x of the camera is %d, want %d", id, is, value))
			}
		}
		if off == nil {
			return nil
		}
		if sleep(soon, 50*time.Millisecond) != nil {
			return off
		}
	}
}

// named tells whether the box's account names all that the camera lacks.
func named(st status) bool {
	for _, c := range st.Conditions {
		if c.Code == "camera_settings" {
			return !slices.ContainsFunc(lackWords[:], func(words string) bool { return !strings.Contains(c.Detail, words) })
		}
	}
	return false
}
