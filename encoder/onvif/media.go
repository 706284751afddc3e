package onvif

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// mediaService is where and in which version a camera configures its streams.
// Version 20 (Media2) is the newer, and the only one that knows H.265.
type mediaService struct {
	url *url.URL
	ns  string
	// older is version 10 beside it; nil when there is none.
	older *mediaService
}

// Profile is one stream that the camera makes.
type Profile struct {
	Token string
	Name  string
	// encoder is the token of its video encoder's configuration.
	encoder string
}

// discover finds the media service. It is called under mutex.
func (c *Client) discover(ctx context.Context) (*mediaService, error) {
	if c.media != nil {
		return c.media, nil
	}
	found, err := c.addresses(ctx)
	if err != nil {
		return nil, err
	}
	for _, ns := range []string{media1NS, media2NS} {
		if found[ns] == "" {
			continue
		}
		at, err := c.service(found[ns])
		if err != nil {
			return nil, err
		}
		c.media = &mediaService{url: at, ns: ns, older: c.media}
	}
	if c.media == nil {
		return nil, fmt.Errorf("%w (no media service)", ErrUnsupported)
	}
	return c.media, nil
}

// ask makes a request of the media service. build is told the namespace, since
// the versions differ.
func (c *Client) ask(ctx context.Context, build func(ns string) *element) (*element, string, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	m, err := c.discover(ctx)
	if err != nil {
		return nil, "", err
	}
	answer, err := c.call(ctx, m.url, m.ns, build(m.ns))
	if errors.Is(err, ErrUnsupported) && m.older != nil {
		// It names Media2 and does not do it: version 10 from now on.
		c.log.Debug("the camera's Media2 service does not work", "error", err)
		c.media, m = m.older, m.older
		answer, err = c.call(ctx, m.url, m.ns, build(m.ns))
	}
	return answer, m.ns, err
}

// Profiles are the streams that the camera makes.
func (c *Client) Profiles(ctx context.Context) ([]Profile, error) {
	answer, ns, err := c.ask(ctx, func(ns string) *element {
		if ns == media2NS {
			return request(ns, "GetProfiles", leaf(ns, "Type", "VideoEncoder"))
		}
		return request(ns, "GetProfiles")
	})
	if err != nil {
		return nil, fmt.Errorf("ONVIF profiles: %w", err)
	}
	var profiles []Profile
	for _, p := range answer.all("Profiles") {
		encoder := p.find("VideoEncoderConfiguration")
		if ns == media2NS {
			encoder = p.find("Configurations", "VideoEncoder")
		}
		if p.attr("token") != "" && encoder.attr("token") != "" {
			profiles = append(profiles, Profile{Token: p.attr("token"), Name: p.string("Name"), encoder: encoder.attr("token")})
		}
	}
	return profiles, nil
}

// StreamURI is where a profile's stream is, without credentials.
func (c *Client) StreamURI(ctx context.Context, profile string) (string, error) {
	answer, _, err := c.ask(ctx, func(ns string) *element {
		token := leaf(ns, "ProfileToken", profile)
		if ns == media2NS {
			return request(ns, "GetStreamUri", leaf(ns, "Protocol", "RTSP"), token)
		}
		return request(ns, "GetStreamUri",
			request(ns, "StreamSetup",
				leaf(schemaNS, "Stream", "RTP-Unicast"),
				request(schemaNS, "Transport", leaf(schemaNS, "Protocol", "RTSP"))),
			token)
	})
	if err != nil {
		return "", fmt.Errorf("ONVIF stream address: %w", err)
	}
	uri := answer.string("Uri")
	if uri == "" {
		uri = answer.string("MediaUri", "Uri")
	}
	u, err := url.Parse(uri)
	if err != nil || uri == "" {
		return "", fmt.Errorf("ONVIF stream address: %w (it gives none)", ErrNotONVIF)
	}
	u.User = nil
	return u.String(), nil
}

// Stream finds the profile whose stream the camera URL names: the same path, and
// all that the URL has in its query. A guess would change the wrong stream.
func (c *Client) Stream(ctx context.Context, cameraURL string) (*Stream, error) {
	want, err := url.Parse(cameraURL)
	if err != nil {
		return nil, fmt.Errorf("%w (the URL cannot be read)", ErrNoProfile)
	}
	profiles, err := c.Profiles(ctx)
	if err != nil {
		return nil, err
	}
	var offered []string
	for _, p := range profiles {
		uri, err := c.StreamURI(ctx, p.Token)
		if err != nil {
			return nil, err
		}
		if sameStream(want, uri) {
			return &Stream{client: c, profile: p}, nil
		}
		offered = append(offered, oneLine(uri, c.password))
	}
	return nil, fmt.Errorf("%w: the camera has %s", ErrNoProfile, oneLine(strings.Join(offered, ", "), ""))
}

func sameStream(want *url.URL, offered string) bool {
	u, err := url.Parse(offered)
	if err != nil || strings.Trim(u.Path, "/") != strings.Trim(want.Path, "/") {
		return false
	}
	query := u.Query()
	for name, values := range want.Query() {
		if len(values) > 0 && query.Get(name) != values[0] {
			return false
		}
	}
	return true
}
