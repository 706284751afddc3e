package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestOnlyAStoryThatCameLateIsPlayedAgain(t *testing.T) {
	late := fmt.Errorf("%w: 600ms, 500ms allowed", errLate)
	for name, c := range map[string]struct {
		ends  []error // of each play
		plays int
	}{
		"good":       {[]error{nil}, 1},
		"wrong":      {[]error{errors.New("dark")}, 1},
		"once late":  {[]error{late, nil}, 2},
		"late":       {[]error{late, late, late, late, late, nil}, tries},
		"then wrong": {[]error{late, errors.New("dark"), nil}, 2},
	} {
		plays := 0
		tell(name, func(context.Context) (string, error) {
			plays++
			return "", c.ends[plays-1]
		})
		if plays != c.plays {
			t.Errorf("%s: played %d times, want %d", name, plays, c.plays)
		}
	}
}
