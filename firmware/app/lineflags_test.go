package app

import (
	"encoding"
	"reflect"
	"strings"
	"testing"
	"time"

	"studiobox/uplink/linktest"
)

func TestSettingsOfALineAreReadOrRefusedInWords(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		text string
		into encoding.TextUnmarshaler
		want any    // what it is read as
		err  string // or part of the refusal
	}{
		{"40ms", new(delays), &delays{ways[time.Duration]{40 * ms, 40 * ms}}, ""},
		{"40ms/1.5s", new(delays), &delays{ways[time.Duration]{40 * ms, 1500 * ms}}, ""},
		{"40", new(delays), nil, `"40" is no delay`},
		{"40ms/-1ms", new(delays), nil, `"-1ms" is no delay`},
		{"2m", new(delays), nil, "at most 1m"},
		{"300ms", new(queues), &queues{ways[queue]{queue{lasting: 300 * ms}, queue{lasting: 300 * ms}}}, ""},
		{"64kB/1s", new(queues), &queues{ways[queue]{queue{bytes: 64000}, queue{lasting: time.Second}}}, ""},
		{"0s", new(queues), nil, `"0s" is no queue`},
		{"64", new(queues), nil, `"64" is no queue`},
		{"-1kB", new(queues), nil, `"-1kB" is no queue`},
		{"2%", new(shares), &shares{ways[float64]{0.02, 0.02}}, ""},
		{"0.5%/0%", new(shares), &shares{ways[float64]{0.005, 0}}, ""},
		{"2", new(shares), nil, `write for example 2%`},
		{"NaN%", new(shares), nil, "no share"},
		{"101%", new(shares), nil, "no share"},
		{"20s+5s", new(blackout), &blackout{At: 20 * time.Second, For: 5 * time.Second}, ""},
		{"20s", new(blackout), nil, `write for example 20s+5s`},
		{"20s+0s", new(blackout), nil, "no blackout"},
	} {
		err := c.into.UnmarshalText([]byte(c.text))
		switch {
		case c.err == "" && (err != nil || !reflect.DeepEqual(c.into, c.want)):
			t.Errorf("%q: %+v, %v", c.text, c.into, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%q: %v, want %s", c.text, err, c.err)
		}
	}
}

func TestASecondOfALineIsToldInAFewWords(t *testing.T) {
	var m lineMeter
	for i := range 10 {
		m.tick(linktest.Tick{Way: linktest.Up, CapacityKbps: 4000, DeliveredKbps: 3000, Queue: time.Duration(i) * time.Millisecond, Lost: 1})
		m.tick(linktest.Tick{Way: linktest.Down, DeliveredKbps: 120, Dropped: 2})
	}
	up, down := m.take()
	if want := "3.00 of 4.00 Mbit/s, queue 9 ms, 10 lost"; up.String() != want {
		t.Errorf("up is told as %q, want %q", up, want)
	}
	if want := "0.12 Mbit/s, queue 0 ms, 20 dropped"; down.String() != want {
		t.Errorf("down is told as %q, want %q", down, want)
	}
	if up, _ := m.take(); up.String() != "0.00 Mbit/s, queue 0 ms" {
		t.Errorf("after a second without ticks: %q", up)
	}
}
