package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// risen is what a dimmer got in a fade, one level a frame.
func risen(levels ...int) (d dimmed) {
	for n, level := range levels {
		d.Frames, d.Level = d.Frames+1, level
		d.Changes = append(d.Changes, change{level, time.Duration(n) * 25 * time.Millisecond, 50 * time.Millisecond})
	}
	return d
}

func TestOnlyAFadeWithoutStepsIsEven(t *testing.T) {
	if figures, err := risen(1000, 3000, 5000, 5500).fade(); err != nil || !strings.Contains(figures, "3 steps") {
		t.Errorf("%s, %v", figures, err)
	}
	for want, d := range map[string]dimmed{
		"jumped to its level": risen(5500),
		"jumped from 1000":    risen(1000, 7000, 8000),
		"fell from 5000":      risen(1000, 5000, 4000, 5500),
	} {
		if _, err := d.fade(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	late := risen(1000, 7000)
	late.Changes[1].Since = 200 * time.Millisecond // the processor stood still
	if _, err := late.fade(); err != nil {
		t.Error(err)
	}
}

func TestALevelOfTheLampIsItsLightnessInLight(t *testing.T) {
	// 18.4 % of light look half as light as all of it.
	if got := levelOf(50); got < fullLevel*184/1000 || got > fullLevel*185/1000 {
		t.Errorf("level %d", got)
	}
}

func TestBreaksAreReadFromTheKernelsTrace(t *testing.T) {
	const noted = `# tracer: nop
  studiobox-301 [001] .....   112.000100: lab_break: (serial8250_break_ctl+0x0/0x90) state=-1
  studiobox-301 [001] .....   112.000300: lab_break: (serial8250_break_ctl+0x0/0x90) state=0
  studiobox-301 [000] .....   112.030000: lab_break: (serial8250_break_ctl+0x0/0x90) state=-1
  studiobox-301 [000] .....   112.030100: lab_break: (serial8250_break_ctl+0x0/0x90) state=0
  studiobox-301 [000] .....   112.060000: lab_break: (serial8250_break_ctl+0x0/0x90) state=-1
`
	file := filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(file, []byte(noted), 0o644); err != nil {
		t.Fatal(err)
	}
	b := breaks{&traced{file: file, event: regexp.MustCompile(breakPattern)}}
	n, shortest, err := b.count()
	if err != nil || n != 2 || shortest.Round(time.Microsecond) != 100*time.Microsecond {
		t.Errorf("%d breaks, the shortest %v, %v", n, shortest, err)
	}
}
