package config

import (
	"testing"
	"time"
)

func TestRatesAreReadWithTheirUnit(t *testing.T) {
	for text, want := range map[string]Kbps{
		"300k": 300, "6M": 6000, "1.5M": 1500, "0.3M": 300, "1k": 1, "1000M": 1_000_000, "300.6k": 301,
	} {
		if got, err := ParseKbps(text); err != nil || got != want {
			t.Errorf("%q read as %d, %v; want %d", text, int(got), err, int(want))
		}
	}
	for _, text := range []string{"", "k", "M", "300", "300K", "300 k", "-300k", "+300k", "1e3k", "0x10k", "infk", "nanM", "1_000k", "0k", "0.4k", "1001M", "6Mbit", "٣k"} {
		if got, err := ParseKbps(text); err == nil {
			t.Errorf("%q read as %d", text, int(got))
		}
	}
}

func TestARateIsWrittenAsItIsRead(t *testing.T) {
	for _, rate := range []Kbps{1, 64, 300, 999, 1000, 1500, 6000, 1_000_000} {
		if got, err := ParseKbps(rate.String()); err != nil || got != rate {
			t.Errorf("%d written %q and read as %d, %v", int(rate), rate, int(got), err)
		}
	}
}

func TestDurationsAreReadWithTheirUnit(t *testing.T) {
	for text, want := range map[string]time.Duration{"1.0s": time.Second, "300ms": 300 * time.Millisecond, "0s": 0, "1m30s": 90 * time.Second, "2m": 2 * time.Minute} {
		var got Duration
		if err := got.UnmarshalText([]byte(text)); err != nil || got.Duration != want {
			t.Errorf("%q read as %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "1", "1.5", "s", "1 s", "1d", "1h"} {
		var got Duration
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q read as %s", text, got)
		}
	}
}
