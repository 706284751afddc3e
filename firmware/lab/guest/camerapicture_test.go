package main

import (
	"errors"
	"strings"
	"testing"
)

func TestAFilmIsJudged(t *testing.T) {
	good := film{Units: 40, Width: ownWidth, Height: ownHeight, Pictures: 40, FPS: 9.5, Bars: barColours, Changed: 39}
	good.Bars[3] = [3]int{10, 170, 5} // as a coder leaves it
	if err := good.judge(); err != nil {
		t.Errorf("a good film: %v", err)
	}
	for want, spoil := range map[string]func(*film){
		"640x360":      func(f *film) { f.Width, f.Height = 640, 360 },
		"decodes 39":   func(f *film) { f.Pictures = 39 },
		"stands still": func(f *film) { f.Changed = 10 },
		"bar 1 ":       func(f *film) { f.Bars = [8][3]int{} },
		"bar 2 ":       func(f *film) { f.Bars[1], f.Bars[2] = f.Bars[2], f.Bars[1] },
		"too late":     func(f *film) { f.FPS = 2 },
	} {
		bad := good
		spoil(&bad)
		err := bad.judge()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		if errors.Is(err, errLate) != (want == "too late") {
			t.Errorf("%s: only slowness is a reason to try again: %v", want, err)
		}
	}
}
