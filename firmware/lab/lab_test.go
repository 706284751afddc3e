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
	l := lab{only: "no-such-story"}
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

func TestAMachineThatEndsEarlyIsNamedWithItsStory(t *testing.T) {
	lines := make(chan string, 1)
	lines <- "@lab begin golive"
	close(lines)
	l := lab{}
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
