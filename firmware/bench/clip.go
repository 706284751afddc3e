package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// clipRate is the clip's rate in kbit/s: well above the ceiling, so that the
// box always has better pictures than it may send.
const clipRate = 8000

// keyFrames is the number of frames from one key frame of the clip to the next.
const keyFrames = 2 * clipFPS

// prepareClip returns the path of a clip of at least so many seconds. It is
// made once for each machine; the name carries a stamp of what is painted and
// how it is coded, so that a clip of another version is never taken for it.
func prepareClip(ctx context.Context, dir string, seconds int) (string, error) {
	painter := newScene()
	stamp := clipStamp(painter)
	if path := findClip(dir, stamp, seconds); path != "" {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("clip: %w", err)
	}
	file, err := os.CreateTemp(dir, "making-*.h264")
	if err != nil {
		return "", fmt.Errorf("clip: %w", err)
	}
	defer os.Remove(file.Name()) // gone already when all went well
	_ = file.Close()
	fmt.Fprintf(os.Stderr, "painting the camera's clip of %d s, once for this machine\n", seconds)
	if err := encodeClip(ctx, painter, file.Name(), seconds*clipFPS); err != nil {
		return "", fmt.Errorf("clip: %w", err)
	}
	path := filepath.Join(dir, fmt.Sprintf("clip-%s-%d.h264", stamp, seconds))
	if err := os.Rename(file.Name(), path); err != nil {
		return "", fmt.Errorf("clip: %w", err)
	}
	return path, nil
}

// clipStamp changes with the picture, its number and the coder's arguments.
func clipStamp(painter *scene) string {
	frame := make([]byte, frameSize)
	sum := sha256.New()
	for _, n := range []int{0, 777} {
		painter.paint(frame, n)
		sum.Write(frame)
	}
	fmt.Fprint(sum, coderArguments(""))
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

// findClip is a finished clip of this stamp that is long enough, or "".
func findClip(dir, stamp string, seconds int) string {
	paths, _ := filepath.Glob(filepath.Join(dir, "clip-"+stamp+"-*.h264"))
	for _, path := range paths {
		name := strings.TrimSuffix(path, ".h264")
		if has, err := strconv.Atoi(name[strings.LastIndexByte(name, '-')+1:]); err == nil && has >= seconds {
			return path
		}
	}
	return ""
}

// coderArguments are ffmpeg's: constant rate, a key frame each two seconds, no
// B-frames, an access unit delimiter before each picture to find it by.
func coderArguments(path string) []string {
	rate, gop := strconv.Itoa(clipRate)+"k", strconv.Itoa(keyFrames)
	return []string{
		"-v", "error", "-nostdin", "-y",
		"-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", fmt.Sprintf("%dx%d", clipWidth, clipHeight), "-r", strconv.Itoa(clipFPS), "-i", "pipe:0",
		"-c:v", "libx264", "-preset", "veryfast", "-tune", "fastdecode", "-profile:v", "high", "-bf", "0",
		"-b:v", rate, "-maxrate", rate, "-bufsize", "4000k",
		"-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-x264-params", "aud=1:repeat-headers=1",
		"-f", "h264", path,
	}
}

func encodeClip(ctx context.Context, painter *scene, path string, frames int) error {
	coder := exec.CommandContext(ctx, "ffmpeg", coderArguments(path)...)
	var complaints bytes.Buffer
	coder.Stderr = &complaints
	in, err := coder.StdinPipe()
	if err != nil {
		return err
	}
	if err := coder.Start(); err != nil {
		return err
	}
	feedErr := feedFrames(in, painter, frames)
	if err := coder.Wait(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, bytes.TrimSpace(complaints.Bytes()))
	}
	return feedErr
}

func feedFrames(in io.WriteCloser, painter *scene, frames int) error {
	frame := make([]byte, frameSize)
	for n := range frames {
		painter.paint(frame, n)
		if _, err := in.Write(frame); err != nil {
			return errors.Join(err, in.Close())
		}
	}
	return in.Close()
}

// NAL unit types of ITU-T H.264, table 7-1.
const (
	nalSlice     = 1
	nalIDR       = 5
	nalSPS       = 7
	nalPPS       = 8
	nalDelimiter = 9
	nalTypeMask  = 0x1f
)

// clipReader gives a clip's access units in turn.
type clipReader struct{ units *bufio.Scanner }

// maxUnit bounds an access unit of the clip, in bytes.
const maxUnit = 4 << 20

func newClipReader(r io.Reader) *clipReader {
	c := &clipReader{units: bufio.NewScanner(r)}
	c.units.Buffer(make([]byte, 1<<20), maxUnit)
	c.units.Split(splitAtDelimiter)
	return c
}

// next is the NAL units of the next picture without its delimiter; io.EOF at
// the end. They are valid until the next call.
func (c *clipReader) next() ([][]byte, error) {
	if !c.units.Scan() {
		if err := c.units.Err(); err != nil {
			return nil, fmt.Errorf("clip: %w", err)
		}
		return nil, io.EOF
	}
	var nalus [][]byte
	for _, nalu := range bytes.Split(c.units.Bytes(), []byte{0, 0, 1}) {
		nalu = bytes.TrimRight(nalu, "\x00") // of a four-byte start code; no NAL unit ends in zero
		if len(nalu) > 0 && nalu[0]&nalTypeMask != nalDelimiter {
			nalus = append(nalus, nalu)
		}
	}
	return nalus, nil
}

// splitAtDelimiter cuts an Annex B stream before each access unit delimiter.
func splitAtDelimiter(data []byte, atEOF bool) (advance int, token []byte, err error) {
	delimiter := []byte{0, 0, 1, nalDelimiter}
	if len(data) > len(delimiter) {
		if i := bytes.Index(data[len(delimiter):], delimiter); i >= 0 {
			end := i + len(delimiter)
			return end, data[:end], nil
		}
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}
