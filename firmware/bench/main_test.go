package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// TestMain lets the test program play the bench's children too.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{workerArgument, "camera", "box", "score"}, os.Args[1]) {
		os.Exit(program(os.Args[1:]))
	}
	code := m.Run()
	if dir, err := shortClipDir(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// shortSeconds is the clip that the tests share: an eight second run, what is
// played out after it, and a little more.
const shortSeconds = 13

var shortClipDir = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "bench-clip-") })

// shortClip is the tests' clip, made once.
func shortClip(t *testing.T) string {
	t.Helper()
	needFFmpeg(t)
	path, err := makeShortClip()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var makeShortClip = sync.OnceValues(func() (string, error) {
	dir, err := shortClipDir()
	if err != nil {
		return "", err
	}
	return prepareClip(context.Background(), dir, shortSeconds)
})

func needFFmpeg(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED LOUDLY: needs ffmpeg: apt install ffmpeg")
	}
}

// pictures are the first units of a clip, all NAL units copied.
func pictures(t *testing.T, path string, count int) [][][]byte {
	t.Helper()
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	clip := newClipReader(file)
	var all [][][]byte
	for range count {
		nalus, err := clip.next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		picture := make([][]byte, len(nalus))
		for i, nalu := range nalus {
			picture[i] = slices.Clone(nalu)
		}
		all = append(all, picture)
	}
	return all
}
