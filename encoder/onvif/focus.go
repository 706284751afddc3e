package onvif

import (
	"context"
	"fmt"
	"sync"
)

// Focus is a focus that can be sent to a place. It is safe for concurrent use.
type Focus struct {
	source *Source

	mu    sync.Mutex
	asked bool // span is known
	span  span
}

// MoveTo begins a motion to a place from 0, near, to 1, far, as far as the camera's
// scale goes that way, and returns when the camera has agreed. An automatic, which
// would undo it, is ended first. A lens that rests there already is left alone.
func (f *Focus) MoveTo(ctx context.Context, fraction float64) error {
	width, err := f.prepare(ctx)
	if err != nil {
		return fmt.Errorf("ONVIF focus: %w", err)
	}
	to := width.at(fraction)
	if at, resting := f.place(ctx); resting && width.here(at, to) {
		return nil
	}
	_, err = f.source.imaging(ctx, "Move", request(imagingNS, "Focus",
		request(schemaNS, "Absolute", leaf(schemaNS, "Position", decimal(to)))))
	if err != nil {
		return fmt.Errorf("ONVIF focus: %w", err)
	}
	return nil
}

// Stop ends a motion of the focus.
func (f *Focus) Stop(ctx context.Context) error {
	if _, err := f.source.imaging(ctx, "Stop"); err != nil {
		return fmt.Errorf("ONVIF focus: %w", err)
	}
	return nil
}

// place is where the camera says that its focus is; resting is false while it moves
// and when the camera does not say.
func (f *Focus) place(ctx context.Context) (at float64, resting bool) {
	answer, err := f.source.imaging(ctx, "GetStatus")
	if err != nil {
		return 0, false // many have none; the move itself tells what is wrong
	}
	status := answer.find("Status", "FocusStatus20")
	at, told := status.float("Position")
	return at, told && status.string("MoveStatus") == "IDLE"
}

// prepare asks, once, for the range, and ends the automatic, which a camera may
// have taken up again since.
func (f *Focus) prepare(ctx context.Context) (span, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.asked {
		answer, err := f.source.imaging(ctx, "GetMoveOptions")
		if err != nil {
			return span{}, err
		}
		if f.span, f.asked = readSpan(answer.find("MoveOptions", "Absolute", "Position")); !f.asked {
			return span{}, fmt.Errorf("%w (no focus to a place)", ErrUnsupported)
		}
	}
	answer, err := f.source.imaging(ctx, "GetImagingSettings")
	if err != nil || answer.string("ImagingSettings", "Focus", "AutoFocusMode") != "AUTO" {
		return f.span, err
	}
	return f.span, f.source.set(ctx, request(schemaNS, "Focus", leaf(schemaNS, "AutoFocusMode", "MANUAL")))
}
