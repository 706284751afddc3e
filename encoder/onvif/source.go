package onvif

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"
)

// Source is what stands in front of one stream: sensor and lens.
type Source struct {
	client  *Client
	profile string
	ptz     string // token of the profile's PTZ configuration; empty = it has none
	token   string // of the video source

	mu sync.Mutex
	// usual are the limits of the automatic exposure's time and gain as the
	// business has set them in the camera.
	usual [2]span
}

// Source finds what the stream of a camera URL is filmed with.
func (c *Client) Source(ctx context.Context, cameraURL string) (*Source, error) {
	stream, err := c.Stream(ctx, cameraURL)
	if err != nil {
		return nil, err
	}
	profile := stream.Profile()
	answer, ns, err := c.ask(ctx, func(ns string) *element {
		if ns == media2NS {
			return request(ns, "GetProfiles", leaf(ns, "Token", profile), leaf(ns, "Type", "All"))
		}
		return request(ns, "GetProfile", leaf(ns, "ProfileToken", profile))
	})
	if err != nil {
		return nil, fmt.Errorf("ONVIF profile: %w", err)
	}
	s := &Source{client: c, profile: profile}
	if ns == media2NS {
		for _, p := range answer.all("Profiles") {
			if p.attr("token") == profile { // some cameras give all, whatever they are asked
				s.token = p.string("Configurations", "VideoSource", "SourceToken")
				s.ptz = p.find("Configurations", "PTZ").attr("token")
			}
		}
	} else {
		s.token = answer.string("Profile", "VideoSourceConfiguration", "SourceToken")
		s.ptz = answer.find("Profile", "PTZConfiguration").attr("token")
	}
	return s, nil
}

// Zoom is the lens's zoom.
func (s *Source) Zoom() *Zoom { return &Zoom{source: s} }

// Focus is the lens's focus.
func (s *Source) Focus() *Focus { return &Focus{source: s} }

// imaging asks the imaging service about this source.
func (s *Source) imaging(ctx context.Context, name string, more ...*element) (*element, error) {
	if s.token == "" {
		return nil, fmt.Errorf("%w (its profile names no video source)", ErrUnsupported)
	}
	body := request(imagingNS, name, append([]*element{leaf(imagingNS, "VideoSourceToken", s.token)}, more...)...)
	return s.client.askOf(ctx, imagingNS, body)
}

// set changes a part of the imaging settings and leaves the others alone. The
// camera forgets it when it is switched off.
func (s *Source) set(ctx context.Context, part *element) error {
	_, err := s.imaging(ctx, "SetImagingSettings",
		request(imagingNS, "ImagingSettings", part), leaf(imagingNS, "ForcePersistence", "false"))
	return err
}

// span is what a number of the camera's can be, in units of its own.
type span struct{ least, most float64 }

// readSpan reads Min and Max; false without a range that something can move in.
func readSpan(e *element) (span, bool) {
	least, one := e.float("Min")
	most, other := e.float("Max")
	return span{least, most}, one && other && least < most
}

func (s span) at(fraction float64) float64 { return s.least + fraction*(s.most-s.least) }

// here tells whether a place is the one asked for, as far as cameras can tell.
func (s span) here(place, wanted float64) bool {
	return math.Abs(place-wanted) <= 0.002*(s.most-s.least)
}

// decimal writes a number as xs:float takes it.
func decimal(value float64) string { return strconv.FormatFloat(value, 'f', -1, 32) }
