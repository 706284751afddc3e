package panel

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os/exec"
	"sync"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// The film is a ring on a turntable. Its frame number stands in the picture as
// eight blocks, black or white, so that a viewer's delay can be measured.
const (
	filmWidth, filmHeight = 640, 360
	filmFPS               = 25
	filmFrames            = 200 // the frame number fits in eight bits
	filmBlock             = 20
)

// film is a coded loop.
type film struct {
	units []*unit.Unit

	mu  sync.Mutex
	put map[int]time.Time // when each frame number last went in
}

// codec arguments for ffmpeg that make the kinds of film the tests need.
var (
	plainH264 = []string{"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "50", "-bf", "0", "-b:v", "1500k", "-x264-params", "aud=1:scenecut=0"}
	withBs    = []string{"-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-bf", "2", "-b:v", "1500k", "-x264-params", "aud=1:b-adapt=0"}
)

func makeFilm(t testing.TB, codec []string) *film {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("needs ffmpeg to make a stream: install the Debian package ffmpeg")
	}
	args := append([]string{"-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p",
		"-s", fmt.Sprintf("%dx%d", filmWidth, filmHeight), "-r", fmt.Sprint(filmFPS), "-i", "-"}, codec...)
	command := exec.Command("ffmpeg", append(args, "-f", "h264", "-")...)
	var raw, problems bytes.Buffer
	for i := range filmFrames {
		raw.Write(drawFrame(i))
	}
	command.Stdin, command.Stderr = &raw, &problems
	coded, err := command.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, problems.String())
	}
	f := &film{units: splitUnits(coded), put: map[int]time.Time{}}
	if len(f.units) != filmFrames {
		t.Fatalf("ffmpeg made %d pictures of %d", len(f.units), filmFrames)
	}
	return f
}

// splitUnits cuts an Annex B stream with delimiters into access units.
func splitUnits(coded []byte) []*unit.Unit {
	var units []*unit.Unit
	for _, nalu := range bytes.Split(coded, []byte{0, 0, 1}) {
		nalu = bytes.TrimRight(nalu, "\x00")
		if len(nalu) == 0 {
			continue
		}
		switch kind := nalu[0] & 0x1f; kind {
		case 9: // delimiter: the next picture begins
			units = append(units, &unit.Unit{})
			continue
		case 5:
			units[len(units)-1].Key = true
		}
		last := units[len(units)-1]
		last.NALUs = append(last.NALUs, nalu)
	}
	return units
}

// run plays the film in a loop into sinks until ctx ends. order gives each
// picture's place in time, in coding order; nil means that they are the same.
func (f *film) run(ctx context.Context, sink unit.Sink) {
	tick := time.NewTicker(time.Second / filmFPS)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			i := n % filmFrames
			f.mu.Lock()
			f.put[i] = now
			f.mu.Unlock()
			sink.Put(&unit.Unit{
				PTS: time.Duration(n) * time.Second / filmFPS, Captured: now,
				Key: f.units[i].Key, NALUs: f.units[i].NALUs,
			})
		}
	}
}

// age is how long ago a frame number went in.
func (f *film) age(frame int) (time.Duration, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, found := f.put[frame]
	return time.Since(at), found
}

// drawFrame paints one I420 picture.
func drawFrame(frame int) []byte {
	picture := make([]byte, filmWidth*filmHeight*3/2)
	luma := picture[:filmWidth*filmHeight]
	chromaB := picture[filmWidth*filmHeight : filmWidth*filmHeight*5/4]
	chromaR := picture[filmWidth*filmHeight*5/4:]
	angle := float64(frame) / filmFrames * 2 * math.Pi
	for y := range filmHeight {
		for x := range filmWidth {
			value, blue, red := ringAt(float64(x), float64(y), angle)
			luma[y*filmWidth+x] = value
			chromaB[y/2*filmWidth/2+x/2] = blue
			chromaR[y/2*filmWidth/2+x/2] = red
		}
	}
	for bit := range 8 {
		value := byte(16)
		if frame>>bit&1 == 1 {
			value = 235
		}
		for y := range filmBlock {
			row := (y)*filmWidth + bit*filmBlock
			for x := range filmBlock {
				luma[row+x] = value
			}
		}
	}
	return picture
}

// ringAt is a gold ring with a stone on a dark velvet plate.
func ringAt(x, y, angle float64) (luma, blue, red byte) {
	dx, dy := x-filmWidth/2, (y-210)/0.5
	far := math.Hypot(dx, dy)
	light := 38 - 14*math.Hypot(x-320, y-140)/400
	if far < 210 {
		light = 58 - far/12
	}
	if band := math.Abs(far - 120); band < 17 {
		shine := math.Pow(math.Abs(math.Cos(math.Atan2(dy, dx)-angle)), 6)
		return byte(95 + 110*shine*(1-band/17)), 92, 150
	}
	sx, sy := x-(320+120*math.Cos(angle)), y-(205+60*math.Sin(angle))
	if math.Abs(sx)+math.Abs(sy) < 26 {
		return byte(190 + 40*math.Sin(sx/3+angle*8)), 134, 124
	}
	return byte(light), 130, 128
}
