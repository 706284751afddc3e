package onvif

import (
	"context"
	"encoding/xml"
	"fmt"
	"sync"
)

// genericZoom is the position space that every camera with a zoom to a place
// must know (ONVIF PTZ Service Specification, 5.7).
const genericZoom = "http://www.onvif.org/ver10/tptz/ZoomSpaces/PositionGenericSpace"

// Zoom is a zoom that can be sent to a place. It is safe for concurrent use.
type Zoom struct {
	source *Source

	mu    sync.Mutex
	space string // empty = not asked yet
	span  span
}

// MoveTo begins a motion to a place from 0, wide, to 1, tele, and returns when the
// camera has agreed. A lens that rests there already is left alone: its motor
// would be heard.
func (z *Zoom) MoveTo(ctx context.Context, fraction float64) error {
	space, span, err := z.limits(ctx)
	if err != nil {
		return fmt.Errorf("ONVIF zoom: %w", err)
	}
	to := span.at(fraction)
	if at, resting := z.place(ctx); resting && span.here(at, to) {
		return nil
	}
	position := &element{name: xml.Name{Space: schemaNS, Local: "Zoom"}, attrs: []xml.Attr{
		{Name: xml.Name{Local: "x"}, Value: decimal(to)}, {Name: xml.Name{Local: "space"}, Value: space},
	}}
	_, err = z.source.client.askOf(ctx, ptzNS, request(ptzNS, "AbsoluteMove",
		leaf(ptzNS, "ProfileToken", z.source.profile), request(ptzNS, "Position", position)))
	if err != nil {
		return fmt.Errorf("ONVIF zoom: %w", err)
	}
	return nil
}

// Stop ends a motion of the zoom, and no other.
func (z *Zoom) Stop(ctx context.Context) error {
	_, err := z.source.client.askOf(ctx, ptzNS, request(ptzNS, "Stop",
		leaf(ptzNS, "ProfileToken", z.source.profile), leaf(ptzNS, "PanTilt", "false"), leaf(ptzNS, "Zoom", "true")))
	if err != nil {
		return fmt.Errorf("ONVIF zoom: %w", err)
	}
	return nil
}

// place is where the camera says that its zoom is; resting is false while it moves
// and when the camera does not say.
func (z *Zoom) place(ctx context.Context) (at float64, resting bool) {
	answer, err := z.source.client.askOf(ctx, ptzNS, request(ptzNS, "GetStatus", leaf(ptzNS, "ProfileToken", z.source.profile)))
	if err != nil {
		return 0, false // many have none; the move itself tells what is wrong
	}
	status := answer.find("PTZStatus")
	at, told := number(status.find("Position", "Zoom").attr("x"))
	return at, told && status.string("MoveStatus", "Zoom") == "IDLE"
}

// limits asks, once, for the space of places and its range.
func (z *Zoom) limits(ctx context.Context) (string, span, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.space != "" {
		return z.space, z.span, nil
	}
	if z.source.ptz == "" {
		return "", span{}, fmt.Errorf("%w (the stream's profile has no PTZ configuration)", ErrUnsupported)
	}
	answer, err := z.source.client.askOf(ctx, ptzNS,
		request(ptzNS, "GetConfigurationOptions", leaf(ptzNS, "ConfigurationToken", z.source.ptz)))
	if err != nil {
		return "", span{}, err
	}
	for _, space := range answer.find("PTZConfigurationOptions", "Spaces").all("AbsoluteZoomPositionSpace") {
		width, ok := readSpan(space.find("XRange"))
		if uri := space.string("URI"); ok && uri != "" && (z.space == "" || uri == genericZoom) {
			z.space, z.span = uri, width
		}
	}
	if z.space == "" {
		return "", span{}, fmt.Errorf("%w (no zoom to a place)", ErrUnsupported)
	}
	return z.space, z.span, nil
}
