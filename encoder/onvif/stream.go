package onvif

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// Stream is one profile of the camera with its video encoder.
type Stream struct {
	client  *Client
	profile Profile
}

// Encoding is what a camera's video encoder is set to, as far as this package
// cares.
type Encoding struct {
	Token string // of the configuration
	// Kbps is the most that the encoder may make, in kbit/s.
	Kbps int
	// MinKbps and MaxKbps are what the camera takes; 0 and 0 when it does not say.
	MinKbps, MaxKbps int
}

// Profile is the profile's token.
func (s *Stream) Profile() string { return s.profile.Token }

// Encoding asks what the encoder is set to, and its range.
func (s *Stream) Encoding(ctx context.Context) (Encoding, error) {
	configuration, ns, err := s.configuration(ctx)
	if err != nil {
		return Encoding{}, err
	}
	e := Encoding{Token: s.profile.encoder, Kbps: configuration.int("RateControl", "BitrateLimit")}
	if e.Kbps <= 0 {
		return Encoding{}, fmt.Errorf("ONVIF encoder settings: %w (its bit rate is not limited)", ErrUnsupported)
	}
	e.MinKbps, e.MaxKbps, err = s.bitrateRange(ctx, ns, configuration.string("Encoding"))
	return e, err
}

// configuration is the encoder's whole configuration.
func (s *Stream) configuration(ctx context.Context) (*element, string, error) {
	answer, ns, err := s.client.ask(ctx, func(ns string) *element {
		token := leaf(ns, "ConfigurationToken", s.profile.encoder)
		if ns == media2NS {
			return request(ns, "GetVideoEncoderConfigurations", token)
		}
		return request(ns, "GetVideoEncoderConfiguration", token)
	})
	if err != nil {
		return nil, ns, fmt.Errorf("ONVIF encoder settings: %w", err)
	}
	found := answer.all("Configuration")
	if ns == media2NS {
		found = answer.all("Configurations")
	}
	for _, configuration := range found {
		same := configuration.attr("token") == s.profile.encoder
		if same && configuration.find("RateControl", "BitrateLimit") != nil {
			return configuration, ns, nil
		}
	}
	return nil, ns, fmt.Errorf("ONVIF encoder settings: %w (no bit rate among them)", ErrUnsupported)
}

// bitrateRange asks which rates the encoder takes in its present codec; 0 and 0
// when the camera does not say, as those from before ONVIF 2.0 cannot.
func (s *Stream) bitrateRange(ctx context.Context, ns, codec string) (least, most int, err error) {
	answer, _, err := s.client.ask(ctx, func(ns string) *element {
		return request(ns, "GetVideoEncoderConfigurationOptions",
			leaf(ns, "ConfigurationToken", s.profile.encoder), leaf(ns, "ProfileToken", s.profile.Token))
	})
	switch {
	case errors.Is(err, ErrUnsupported):
		return 0, 0, nil
	case err != nil:
		return 0, 0, fmt.Errorf("ONVIF encoder options: %w", err)
	}
	var limits *element
	if ns == media2NS {
		for _, options := range answer.all("Options") {
			if options.string("Encoding") == codec {
				limits = options.find("BitrateRange")
			}
		}
	} else {
		limits = answer.find("Options", "Extension", codec, "BitrateRange")
	}
	least, most = limits.int("Min"), limits.int("Max")
	if least < 0 || most < least {
		return 0, 0, nil
	}
	return least, most, nil
}

// SetKbps asks for another rate, in kbit/s, within the camera's range. All else
// stays as the camera has it. It returns the rate that the camera then says it
// is set to, which need not be the one asked for.
func (s *Stream) SetKbps(ctx context.Context, kbps int) (granted int, err error) {
	now, ns, err := s.configuration(ctx)
	if err != nil {
		return 0, err
	}
	least, most, err := s.bitrateRange(ctx, ns, now.string("Encoding"))
	if err != nil {
		return 0, err
	}
	if most > 0 {
		kbps = min(max(kbps, least), most)
	}
	wanted := now.clone()
	wanted.name.Space, wanted.name.Local = ns, "Configuration"
	wanted.find("RateControl", "BitrateLimit").text = strconv.Itoa(kbps)
	_, _, err = s.client.ask(ctx, func(ns string) *element {
		if ns == media2NS {
			return request(ns, "SetVideoEncoderConfiguration", wanted)
		}
		return request(ns, "SetVideoEncoderConfiguration", wanted, leaf(ns, "ForcePersistence", "false"))
	})
	if err != nil {
		return 0, fmt.Errorf("ONVIF rate: %w", err)
	}
	after, _, err := s.configuration(ctx)
	if err != nil {
		return 0, err
	}
	return after.int("RateControl", "BitrateLimit"), nil
}

// ForceKey asks for a key frame now.
func (s *Stream) ForceKey(ctx context.Context) error {
	_, _, err := s.client.ask(ctx, func(ns string) *element {
		return request(ns, "SetSynchronizationPoint", leaf(ns, "ProfileToken", s.profile.Token))
	})
	if err != nil {
		return fmt.Errorf("ONVIF key frame: %w", err)
	}
	return nil
}
