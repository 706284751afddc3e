package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheClipIsFiftyPicturesThatBeginWithAKey(t *testing.T) {
	c, err := openCamera()
	if err != nil {
		t.Fatal(err)
	}
	defer c.server.Close()
	if len(c.units) != 2*clipFPS || c.video.SPS == nil || c.video.PPS == nil {
		t.Errorf("%d pictures, SPS %x, PPS %x", len(c.units), c.video.SPS, c.video.PPS)
	}
}

func TestOnlyThePlayersWordsAreHeard(t *testing.T) {
	for text, want := range map[string]said{
		"@lab ok golive lamp red 1.4s":            {"ok", "golive", "lamp red 1.4s"},
		"[    4.1] some driver@lab begin stuck ":  {"begin", "stuck", ""},
		"@lab end - ":                             {"end", "-", ""},
		"insmod: can't insert '/modules/10-x.ko'": {},
		"@lab ": {},
	} {
		got, ok := parse(text)
		if got != want || ok != (want != said{}) {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

func TestAStoryThatFailsFailsTheRun(t *testing.T) {
	l := newLab()
	l.only = "no-such-story"
	if err := l.run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "no-such-story") {
		t.Errorf("nothing was played: %v", err)
	}
	lines := make(chan string, 3)
	for _, word := range []string{"@lab ok golive fine", "@lab fail stuck it went live", "@lab end -"} {
		lines <- word
	}
	if err := l.follow(t.Context(), kinds()[0], lines); err != nil {
		t.Fatal(err)
	}
	if err := l.run(t.Context(), nil); err == nil || err.Error() != "1 of 2 stories failed: amd64/stuck" {
		t.Errorf("got %v", err)
	}
}

// played is a lab that has heard these words of a machine of the name.
func played(t *testing.T, only, machine string, words ...string) *lab {
	t.Helper()
	k, err := machineNamed(machine)
	if err != nil {
		t.Fatal(err)
	}
	l := newLab()
	l.only = only
	for _, text := range words {
		w, ok := parse(text)
		if !ok {
			t.Fatalf("%q is no word", text)
		}
		l.print(k, w, 0)
	}
	return l
}

func TestALabWhoseStoriesNobodyHasJudgedIsNotGreen(t *testing.T) {
	for name, c := range map[string]struct {
		only, machine string
		words         []string
		missing       string
	}{
		"open":               {"", "amd64", []string{"@lab ok golive -", "@lab open sigstop still"}, "sigstop"},
		"later, asked twice": {"golive,estop", "amd64", []string{"@lab ok golive -", "@lab later estop no role"}, "estop"},
		"misspelt":           {"golive,estopp", "amd64", []string{"@lab ok golive -"}, "estopp"},
		"judged elsewhere":   {"", "amd64", []string{"@lab open sigstop still", "@lab ok sigstop 200ms"}, ""},
		"a machine alone":    {"golive", "raspi3b", []string{"@lab ok names 54"}, ""},
		"all judged":         {"golive", "amd64", []string{"@lab ok golive -"}, ""},
	} {
		l := played(t, c.only, c.machine, c.words...)
		if got := strings.Join(l.unjudged([]string{c.machine}), ","); got != c.missing {
			t.Errorf("%s: unjudged %q, want %q", name, got, c.missing)
		}
	}
	if err := played(t, "", "amd64", "@lab ok golive -", "@lab open sigstop still").run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "sigstop") {
		t.Errorf("the run ends with %v", err)
	}
}

func TestTriesThatCameLateAreCountedByMachineAndStory(t *testing.T) {
	l := played(t, "", "arm64", "@lab begin sigkill", "@lab late sigkill 120ms", "@lab begin sigkill", "@lab ok sigkill 20ms")
	if l.tries["arm64/sigkill"] != 2 || l.late["arm64/sigkill"] != 1 || len(l.judged) != 1 {
		t.Errorf("tries %v, late %v, judged %v", l.tries, l.late, l.judged)
	}
}

func TestAMachineThatEndsEarlyIsNamedWithItsStory(t *testing.T) {
	lines := make(chan string, 1)
	lines <- "@lab begin golive"
	close(lines)
	l := newLab()
	if err := l.follow(t.Context(), kinds()[0], lines); err == nil || !strings.Contains(err.Error(), "playing golive") {
		t.Errorf("got %v", err)
	}
}

func TestTheArchiveHoldsEveryFile(t *testing.T) {
	from, out := t.TempDir(), filepath.Join(t.TempDir(), "initrd")
	for name, text := range map[string]string{"busybox": "busy", "modules/10-a.ko": "module", "lib/libc.so.6": "c"} {
		path := filepath.Join(from, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeInitrd(out, from, map[string]string{"lab/guest": filepath.Join(from, "busybox")}); err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"init", "bin/busybox", "modules/10-a.ko", "lib/libc.so.6", "lab/guest", "TRAILER!!!"} {
		if !bytes.Contains(packed, []byte(name+"\x00")) {
			t.Errorf("%s is missing", name)
		}
	}
	if len(packed)%4 != 0 {
		t.Errorf("%d bytes are no multiple of four", len(packed))
	}
}
