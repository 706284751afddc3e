package onvif

import (
	"context"
	"fmt"
)

// Gains are the factors of red and blue of a white balance that is set by hand, in
// the camera's own unit, which the specification leaves to it.
type Gains struct {
	Red, Blue float64
	// The least and the most of each that the camera takes.
	RedLeast, RedMost, BlueLeast, BlueMost float64
}

// Gains asks what the white balance is set to, and its range.
func (s *Source) Gains(ctx context.Context) (Gains, error) {
	answer, err := s.imaging(ctx, "GetOptions")
	if err != nil {
		return Gains{}, fmt.Errorf("ONVIF white balance: %w", err)
	}
	options := answer.find("ImagingOptions", "WhiteBalance")
	// The schema calls them YrGain here and CrGain there; cameras mix both up.
	red, one := eitherSpan(options, "YrGain", "CrGain")
	blue, other := eitherSpan(options, "YbGain", "CbGain")
	if !offers(options, byHand) || !one || !other {
		return Gains{}, fmt.Errorf("ONVIF white balance: %w (no gains by hand)", ErrUnsupported)
	}
	if answer, err = s.imaging(ctx, "GetImagingSettings"); err != nil {
		return Gains{}, fmt.Errorf("ONVIF white balance: %w", err)
	}
	now := answer.find("ImagingSettings", "WhiteBalance")
	g := Gains{RedLeast: red.least, RedMost: red.most, BlueLeast: blue.least, BlueMost: blue.most}
	g.Red, g.Blue = red.at(0.5), blue.at(0.5) // where an automatic does not tell them
	if value, told := now.float("CrGain"); told {
		g.Red = min(max(value, red.least), red.most)
	}
	if value, told := now.float("CbGain"); told {
		g.Blue = min(max(value, blue.least), blue.most)
	}
	return g, nil
}

func eitherSpan(e *element, name, other string) (span, bool) {
	if found, ok := readSpan(e.find(name)); ok {
		return found, true
	}
	return readSpan(e.find(other))
}

// SetAutomatic gives the white balance back to the camera. One that is automatic
// already, or whose white balance cannot be set, is told nothing.
func (s *Source) SetAutomatic(ctx context.Context) error {
	settings, err := s.imaging(ctx, "GetImagingSettings")
	if err != nil {
		return fmt.Errorf("ONVIF white balance: %w", err)
	}
	if settings.string("ImagingSettings", "WhiteBalance", "Mode") == automatic {
		return nil
	}
	options, err := s.imaging(ctx, "GetOptions")
	if err == nil && options.find("ImagingOptions", "WhiteBalance") == nil {
		return nil
	}
	if err == nil {
		err = s.set(ctx, request(schemaNS, "WhiteBalance", leaf(schemaNS, "Mode", automatic)))
	}
	if err != nil {
		return fmt.Errorf("ONVIF white balance: %w", err)
	}
	return nil
}

// HoldWhite fixes the gains that the camera's automatic has found. What the camera
// lacks for it is returned in one line.
func (s *Source) HoldWhite(ctx context.Context) (lacks []string, err error) {
	settings, err := s.imaging(ctx, "GetImagingSettings")
	if err != nil {
		return nil, fmt.Errorf("ONVIF white balance: %w", err)
	}
	options, err := s.imaging(ctx, "GetOptions")
	if err != nil {
		return nil, fmt.Errorf("ONVIF white balance: %w", err)
	}
	now := settings.find("ImagingSettings", "WhiteBalance")
	red, one := now.float("CrGain")
	blue, other := now.float("CbGain")
	if !one || !other || !offers(options.find("ImagingOptions", "WhiteBalance"), byHand) {
		return []string{"lock: the camera does not tell the white balance that it has found, or cannot fix it"}, nil
	}
	return nil, s.SetGains(ctx, red, blue)
}

// SetGains ends the camera's automatic white balance and fixes red and blue. The
// camera forgets it when it is switched off.
func (s *Source) SetGains(ctx context.Context, red, blue float64) error {
	err := s.set(ctx, request(schemaNS, "WhiteBalance", leaf(schemaNS, "Mode", byHand),
		leaf(schemaNS, "CrGain", decimal(red)), leaf(schemaNS, "CbGain", decimal(blue))))
	if err != nil {
		return fmt.Errorf("ONVIF white balance: %w", err)
	}
	return nil
}
