package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"testing"

	"studiobox/firmware/bench/score"
)

func TestAClipHasAKeyFrameEveryTwoSecondsAndNothingElse(t *testing.T) {
	all := pictures(t, shortClip(t), 1<<20)
	if len(all) != shortSeconds*clipFPS {
		t.Fatalf("%d pictures, want %d", len(all), shortSeconds*clipFPS)
	}
	for n, nalus := range all {
		slices := 0
		for _, nalu := range nalus {
			switch kind := nalu[0] & nalTypeMask; kind {
			case nalIDR, nalSlice:
				slices++
				if (kind == nalIDR) != (n%keyFrames == 0) {
					t.Fatalf("picture %d has a slice of type %d", n, kind)
				}
			}
		}
		if slices == 0 {
			t.Fatalf("picture %d has no slice", n)
		}
	}
}

func TestAClipIsMadeOnceForAllShorterRuns(t *testing.T) {
	path := shortClip(t)
	dir, _ := shortClipDir()
	again, err := prepareClip(context.Background(), dir, shortSeconds-3)
	if err != nil || again != path {
		t.Errorf("a shorter clip is %s (%v), want %s", again, err, path)
	}
	if other := findClip(dir, "otherstamp", 1); other != "" {
		t.Errorf("a clip of another stamp is taken: %s", other)
	}
	if longer := findClip(dir, clipStamp(newScene()), shortSeconds+1); longer != "" {
		t.Errorf("too short a clip is taken: %s", longer)
	}
}

func TestTheNumbersAreReadableAtTheFloorAndTwoThirdsOfTheSize(t *testing.T) {
	const width, height, frames = 432, 240, 90
	coded := transcode(t, "-i", shortClip(t), "-vf", "scale=432:240", "-frames:v", "90",
		"-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-b:v", "300k", "-maxrate", "300k", "-bufsize", "90k", "-f", "h264", "pipe:1")
	luma := transcodeFrom(t, coded, "-f", "h264", "-i", "pipe:0", "-pix_fmt", "gray", "-f", "rawvideo", "pipe:1")
	if len(luma) != frames*width*height {
		t.Fatalf("%d bytes decoded, want %d", len(luma), frames*width*height)
	}
	for n := range frames {
		if read, ok := score.ReadNumber(luma[n*width*height:], width, width, height); !ok || read != n {
			t.Errorf("frame %d reads %d (%t)", n, read, ok)
		}
	}
}

func transcode(t *testing.T, args ...string) []byte { return transcodeFrom(t, nil, args...) }

func transcodeFrom(t *testing.T, in []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("ffmpeg", append([]string{"-v", "error"}, args...)...)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAnAccessUnitIsCutAtItsDelimiterHoweverTheReadsFall(t *testing.T) {
	stream := []byte("\x00\x00\x00\x01\x09\xf0\x00\x00\x00\x01\x67AB\x00\x00\x01\x65C\x00\x00\x00\x01\x09\xf0\x00\x00\x01\x41D")
	for size := 1; size <= len(stream); size++ {
		clip := newClipReader(&trickle{rest: stream, size: size})
		first, err1 := clip.next()
		got := string(bytes.Join(first, []byte("|")))
		second, err2 := clip.next()
		if err1 != nil || err2 != nil || got != "\x67AB|\x65C" || string(bytes.Join(second, nil)) != "\x41D" {
			t.Fatalf("reads of %d bytes: %q (%v), then %q (%v)", size, got, err1, second, err2)
		}
		if _, err := clip.next(); err != io.EOF {
			t.Errorf("after the last unit: %v", err)
		}
	}
}

// trickle gives a few bytes at a time.
type trickle struct {
	rest []byte
	size int
}

func (r *trickle) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.rest[:min(r.size, len(r.rest))])
	r.rest = r.rest[n:]
	return n, nil
}
