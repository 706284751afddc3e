package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestAStoryThatCameLateIsJudgedByFiveTries(t *testing.T) {
	late, wrong := fmt.Errorf("%w: 600ms, 500ms allowed", errLate), errors.New("dark")
	for name, c := range map[string]struct {
		ends  []error // of each play
		plays int
		word  string
	}{
		"good":             {[]error{nil}, 1, "ok"},
		"wrong":            {[]error{wrong}, 1, "fail"},
		"open":             {[]error{errOpen}, 1, "open"},
		"once late":        {[]error{late, nil, nil, nil, late}, 4, "ok"},
		"twice late":       {[]error{late, nil, late, nil, nil, late}, 5, "ok"},
		"late":             {[]error{late, late, late, nil, nil}, 3, "fail"},
		"three times late": {[]error{late, nil, late, nil, late}, 5, "fail"},
		"then wrong":       {[]error{late, wrong, nil}, 2, "fail"},
		"then open":        {[]error{late, errOpen, nil}, 2, "open"},
	} {
		plays := 0
		word, text := judge(name, func(context.Context) (string, error) {
			plays++
			return "", c.ends[plays-1]
		})
		if plays != c.plays || word != c.word {
			t.Errorf("%s: %d plays, %q %s; want %d, %q", name, plays, word, text, c.plays, c.word)
		}
	}
}

func TestOnlyAMoveThatTheBoxGivesUpForSlownessIsLeftOpen(t *testing.T) {
	for _, c := range []struct {
		err  error
		open bool
	}{
		{refusal{tooSlow, 3}, true},
		{errors.Join(refusal{tooSlow, 3}), true},
		{refusal{"turntable_power_lost", 3}, false},
		{errors.New("the motor has no power, and steps are made"), false},
	} {
		if got := busy(c.err); errors.Is(got, errOpen) != c.open || !errors.Is(got, c.err) {
			t.Errorf("%v became %v", c.err, got)
		}
	}
}
