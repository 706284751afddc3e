package main

import (
	"fmt"
	"math"
	"time"
)

// dimmed is what the lamp's dimmer got; the host's dimmer.go writes it.
type dimmed struct {
	Frames  int    // whole ones
	Ever    int    // frames, and those before it was cleared
	Loose   int    // bytes of one that is under way, or was cut
	Wrong   string // the first frame that is none; empty = all are
	Level   int    // of the lamp, 0 to 65535
	Changes []change
	First   time.Time
	Last    time.Time
	Longest time.Duration // between two frames
}

// change is a new level of the lamp.
type change struct {
	Level int
	At    time.Duration // since the first frame
	Since time.Duration // the two frames before it took
}

// Lightness of the looks that the host's play.go writes, CIE 1976 L*.
const (
	dimLook, brightLook = 30, 80
	fullLevel           = 65535
)

// What the line and the eye allow.
const (
	mostHz, leastHz = 44, 15 // a full line; an emulated processor may be slow
	shortBreak      = 92 * time.Microsecond
	dmxSettings     = "250000 baud 8N2"
	mostSlew        = 0.6  // of relative luminance, a second
	grain           = 0.05 // what a stalled processor may catch up with
	watched         = 3 * time.Second
)

// levelOf is what the dimmer has to get for a lightness above 8 (CIE 15, 8.2.1).
func levelOf(lightness float64) int {
	return int(math.Round(fullLevel * math.Pow((lightness+16)/116, 3)))
}

// shows allows for the last bit.
func (d dimmed) shows(lightness float64) bool {
	off := d.Level - levelOf(lightness)
	return d.Frames > 0 && off >= -1 && off <= 1
}

// fade holds the levels of a fade upwards to what the eye takes for even.
func (d dimmed) fade() (figures string, err error) {
	if d.Wrong != "" {
		return "", fmt.Errorf("the line carries what nobody asked for: %s", d.Wrong)
	}
	if len(d.Changes) < 2 {
		return "", fmt.Errorf("the lamp jumped to its level in %d frames", d.Frames)
	}
	largest := 0
	for i, next := range d.Changes[1:] {
		before := d.Changes[i]
		step := next.Level - before.Level
		largest = max(largest, step)
		if step < 0 {
			return "", fmt.Errorf("the lamp fell from %d to %d on its way up", before.Level, next.Level)
		}
		if float64(step) > (grain+mostSlew*next.Since.Seconds())*fullLevel {
			return "", fmt.Errorf("the lamp jumped from %d to %d within %v", before.Level, next.Level, round(next.Since))
		}
	}
	took := d.Changes[len(d.Changes)-1].At - d.Changes[1].At
	return fmt.Sprintf("a look fades from %.1f %% to %.1f %% of full in %v and %d steps, the largest %.1f %%",
		percent(d.Changes[0].Level), percent(d.Level), round(took), len(d.Changes)-1, percent(largest)), nil
}

func percent(level int) float64 { return 100 * float64(level) / fullLevel }
