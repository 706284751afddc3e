package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"studiobox/firmware/bench/score"
	"studiobox/uplink/linktest"
)

const (
	// tries is how often a run may be spoilt by others on this machine.
	tries = 3
	// starvedMs is the camera's lateness that no rule can make good.
	starvedMs = 30
)

// TestOneShortRunGoesThroughEverything is the bench itself at its shortest:
// real camera, box, line and ingest, then score, results and page.
func TestOneShortRunGoesThroughEverything(t *testing.T) {
	if err := linktest.Available(); err != nil {
		t.Skipf("SKIPPED LOUDLY: needs an emulated line: %v", err)
	}
	shortClip(t)
	starved := 0
	for range tries {
		out := t.TempDir()
		e := smoke(t, out)
		if troubles := slowness(e); len(troubles) > 0 {
			late := cameraLate(t, out)
			t.Logf("a try missed its figures: %v; the camera was late by %.0f ms at p99", troubles, late.P99Ms)
			if late.P99Ms > starvedMs {
				starved++
			}
			continue
		}
		t.Logf("delay %.0f ms, shown@1s %.0f kbit/s, %d frames, %.1f s of processor", *e.DelayP50Ms, e.At1s.Kbps, e.Frames, e.CPUSeconds)
		return
	}
	if starved == tries {
		t.Skipf("SKIPPED LOUDLY, the figures only: this machine had no processor for a camera that goes before all others, %d times", tries)
	}
	t.Errorf("none of %d tries had its figures", tries)
}

// cameraLate is how late the camera of the run was.
func cameraLate(t *testing.T, out string) lateness {
	t.Helper()
	var ran told
	if err := json.Unmarshal([]byte(readAll(t, filepath.Join(out, "runs", "loss-0", ourRule+"-tcp"), score.RunFile)), &ran); err != nil {
		t.Fatal(err)
	}
	return ran.CameraLate
}

// smoke makes the run and checks what must hold on any machine.
func smoke(t *testing.T, out string) entry {
	t.Helper()
	cache, _ := shortClipDir()
	if code := program([]string{"run", "--lines", "loss-0", "--rules", ourRule, "--seconds", "8", "--out", out, "--cache", cache}); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	var entries []entry
	if err := json.Unmarshal([]byte(readAll(t, out, bookFile)), &entries); err != nil || len(entries) != 1 {
		t.Fatalf("%d results, %v", len(entries), err)
	}
	e := entries[0]
	switch {
	case e.Error != "":
		t.Fatalf("the run failed: %s", e.Error)
	case e.Line != "loss-0" || e.Rule != ourRule || e.Transport != overTCP:
		t.Errorf("the result is of %s %s %s", e.Line, e.Rule, e.Transport)
	case e.Unread > e.Frames/20:
		t.Errorf("%d frames read, %d unreadable", e.Frames, e.Unread)
	case e.DelayP50Ms == nil || *e.DelayP50Ms < float64(oneWay.Milliseconds()):
		t.Errorf("the median delay on a line of %v is %v", oneWay, e.DelayP50Ms)
	case e.CPUSeconds <= 0:
		t.Error("the box used no processor")
	}
	numbersRise(t, filepath.Join(out, "runs", "loss-0", ourRule+"-tcp", score.StreamFile))
	for _, name := range []string{"index.html", "table.md", "results.csv"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	return e
}

// slowness is what a machine that others use too may spoil now and then.
func slowness(e entry) (troubles []string) {
	if e.Frames < 100 {
		troubles = append(troubles, fmt.Sprintf("%d frames", e.Frames))
	}
	if e.DelayP50Ms == nil || *e.DelayP50Ms > 400 {
		troubles = append(troubles, "the median delay is over 400 ms")
	}
	if e.At1s.Kbps <= 0 || e.At1s.Kbps > 4000 {
		troubles = append(troubles, fmt.Sprintf("a viewer one second behind is shown %.0f kbit/s of a line of 4,000", e.At1s.Kbps))
	}
	return troubles
}

// numbersRise decodes what the ingest got by itself: the pictures show the
// camera's numbers in order.
func numbersRise(t *testing.T, stream string) {
	t.Helper()
	luma := transcode(t, "-f", "h264", "-i", stream, "-fps_mode", "passthrough", "-vf", "scale=640:360", "-pix_fmt", "gray", "-f", "rawvideo", "pipe:1")
	last, read := -1, 0
	for ; len(luma) >= clipWidth*clipHeight; luma = luma[clipWidth*clipHeight:] {
		n, ok := score.ReadNumber(luma, clipWidth, clipWidth, clipHeight)
		if !ok {
			continue
		}
		if n <= last {
			t.Fatalf("picture %d comes after picture %d", n, last)
		}
		last, read = n, read+1
	}
	if read < 30 {
		t.Errorf("%d numbers read, the last %d", read, last)
	}
}

func TestAnUnknownLineOrRuleIsToldInOneLine(t *testing.T) {
	for _, args := range [][]string{
		{"run", "--lines", "no-such-line"},
		{"run", "--lines", "loss-0", "--rules", "no-such-rule"},
	} {
		if code := program(args); code != 1 {
			t.Errorf("%v: exit code %d, want 1", args, code)
		}
	}
}
