package score

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// keep writes a record: units as they came, on a line of 2 Mbit/s for so long.
func keep(t *testing.T, dir string, run Run, units []Unit, coded [][]byte) {
	t.Helper()
	lines := func(values ...any) []byte {
		var out bytes.Buffer
		for _, v := range values {
			if err := json.NewEncoder(&out).Encode(v); err != nil {
				t.Fatal(err)
			}
		}
		return out.Bytes()
	}
	var unitLines, tickLines []byte
	for _, u := range units {
		unitLines = append(unitLines, lines(u)...)
	}
	for _, tick := range line([2]float64{run.Seconds + 3, 2000}) {
		tickLines = append(tickLines, lines(tick)...)
	}
	for name, content := range map[string][]byte{
		RunFile: lines(run), UnitsFile: append(unitLines, `{"at": 17000`...), // its writer was killed
		LineFile: tickLines, StreamFile: bytes.Join(coded, nil),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// clipOf is a clip of so many frames of the film.
func clipOf(t *testing.T, frames int) *Clip {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.h264")
	if err := os.WriteFile(path, bytes.Join(encode(t, 0, frames, atRate(8000, "640:360")...), nil), 0o644); err != nil {
		t.Fatal(err)
	}
	clip, err := OpenClip(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = clip.Close() })
	return clip
}

// arrivalsOf are units of frames from first on, all 100 ms after capture.
func arrivalsOf(coded [][]byte, first, session int) []Unit {
	var units []Unit
	for k, data := range coded {
		at := seconds30(0).capture(first+k) + 100*ms
		units = append(units, Unit{At: epoch + int64(at), Bytes: len(data), Key: k == 0, Decodable: true, Session: session})
	}
	return units
}

// A run with all that can happen to the matching of pictures and units: two
// publishers whose units interleave, the second at another size; units that
// cannot be decoded; a backlog.
func TestScoreMatchesPicturesWithArrivalsThroughSessionsAndSizes(t *testing.T) {
	const frames = 120
	clip := clipOf(t, frames)
	one, other := encode(t, 0, 70, atRate(500, "640:360")...), encode(t, 60, 60, atRate(500, "426:240")...)
	units := arrivalsOf(one, 0, 1)
	for k := 50; k < 60; k++ {
		units[k].At = epoch + int64(4*time.Second) // a backlog of ten frames and of what comes after it
	}
	for k := 60; k < 70; k++ {
		units[k].At, units[k].Decodable = epoch+int64(4100*ms), false
	}
	units = append(units, arrivalsOf(other, 60, 2)...)
	coded := slices.Concat(one, other)
	order := make([]int, len(units))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(units[a].At - units[b].At) })
	var sorted []Unit
	var stream [][]byte
	for _, i := range order {
		sorted, stream = append(sorted, units[i]), append(stream, coded[i])
	}
	dir := t.TempDir()
	keep(t, dir, Run{Line: "test", Rule: "box", T0Ns: epoch, FPS: 30, Seconds: 4, CPUSeconds: 1}, sorted, stream)
	got, err := Score(dir, clip)
	if err != nil {
		t.Fatal(err)
	}
	if got.Frames != 120 || got.Broken != 10 || got.Unread != 0 {
		t.Errorf("%d frames, %d broken, %d unread; want 120, 10, 0", got.Frames, got.Broken, got.Unread)
	}
	// Frames 50 to 59 are too late for one second: frozen from 49 to 60.
	if want := []Span{{From: 49 / 30.0, To: 2}}; len(got.At1s.Freezes) != 1 || !near1(got.At1s.Freezes[0].From, want[0].From) || got.At1s.Freezes[0].To != 2 {
		t.Errorf("frozen at %v, want %v", got.At1s.Freezes, want)
	}
	if len(got.At3s.Freezes) != 0 || got.LostFrames != 0 {
		t.Errorf("within 3 s: frozen at %v, %d lost", got.At3s.Freezes, got.LostFrames)
	}
	if *got.DelayP50Ms != 100 || math.Abs(*got.DelayP99Ms-(4000-51*1000/30.0)) > 0.001 {
		t.Errorf("p50 %v ms, p99 %v ms", *got.DelayP50Ms, *got.DelayP99Ms)
	}
	if *got.SSIMdB < 2 || *got.SSIMdB > 20 {
		t.Errorf("SSIM %v dB", *got.SSIMdB)
	}
}

func TestSSIMIsOfWhatIsSeenRepeatsIncluded(t *testing.T) {
	const frames = 60
	clip := clipOf(t, frames)
	coded := encode(t, 0, frames, atRate(8000, "640:360")...) // the clip itself
	units := arrivalsOf(coded, 0, 1)
	for k := 40; k < frames; k++ {
		units[k].At += int64(2 * time.Second)
	}
	dir := t.TempDir()
	keep(t, dir, Run{Line: "test", Rule: "box", T0Ns: epoch, FPS: 30, Seconds: 2}, units, coded)
	got, err := Score(dir, clip)
	if err != nil {
		t.Fatal(err)
	}
	// Frames 0 to 39 are as filmed; 39 stands for the twenty that follow.
	standing := slices.Clone(must(clip.Luma(39))(t))
	sum := 40.0
	for n := 40; n < frames; n++ {
		sum += ssim(must(clip.Luma(n))(t), standing)
	}
	if want := decibel(sum / frames); got.SSIMdB == nil || math.Abs(*got.SSIMdB-want) > 1e-6 {
		t.Errorf("SSIM %v dB, want %v", got.SSIMdB, want)
	}
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestWhatViewersSeeBeforeTheFirstPictureIsBlack(t *testing.T) {
	clip := clipOf(t, 30)
	v := newViewer(clip, seconds30(1), quickViewer)
	got := *must(v.dB())(t)
	sum := 0.0
	for n := range 30 {
		sum += ssim(must(clip.Luma(n))(t), flat(16))
	}
	if want := decibel(sum / 30); math.Abs(got-want) > 1e-9 {
		t.Errorf("SSIM %v dB, want %v", got, want)
	}
}

func TestAClipMustShowTheNumbersOfItsFrames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clip.h264")
	if err := os.WriteFile(path, bytes.Join(encode(t, 7, 5, atRate(8000, "640:360")...), nil), 0o644); err != nil {
		t.Fatal(err)
	}
	if clip, err := OpenClip(path); err == nil {
		_ = clip.Close()
		t.Error("a clip that begins with frame 7 was opened")
	}
}

func TestAClipGoesBackAndEndsWithAnError(t *testing.T) {
	clip := clipOf(t, 10)
	for _, n := range []int{3, 3, 9, 0} {
		if got, ok := ReadNumber(must(clip.Luma(n))(t), Width, Width, Height); !ok || got != n {
			t.Errorf("frame %d shows %d (%t)", n, got, ok)
		}
	}
	if _, err := clip.Luma(10); err == nil {
		t.Error("there is a frame behind the end")
	}
}

func TestLengthsThatDoNotFitTheStreamAreRefused(t *testing.T) {
	coded := [][]byte{{0, 0, 0, 1, 0x65, 1, 2, 3}, {0, 0, 0, 1, 0x41, 1, 2, 3}}
	units := arrivalsOf(coded, 0, 1)
	units[0].Bytes -= 4 // without its start code
	dir := t.TempDir()
	keep(t, dir, Run{T0Ns: epoch, FPS: 30, Seconds: 1}, units, coded)
	if _, err := Score(dir, nil); err == nil || !strings.Contains(err.Error(), "start code") {
		t.Errorf("scored, or refused for another reason: %v", err)
	}
}

func TestARunOfWhichNothingArrivedIsScored(t *testing.T) {
	dir := t.TempDir()
	keep(t, dir, Run{T0Ns: epoch, FPS: 30, Seconds: 10}, nil, nil)
	got, err := Score(dir, nil)
	if err != nil || got.At1s.FreezePerMin != 60 || got.SSIMdB != nil {
		t.Errorf("%v: %+v", err, got.At1s)
	}
}

func TestDecodedLumaIsTheLumaThatWasCodedBitByBit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clip.h264")
	if err := os.WriteFile(path, bytes.Join(encode(t, 0, 3, "-qp", "0"), nil), 0o644); err != nil { // lossless
		t.Fatal(err)
	}
	clip := must(OpenClip(path))(t)
	defer clip.Close()
	want := make([]byte, pictureBytes)
	film(want, 2)
	if !bytes.Equal(must(clip.Luma(2))(t), want) {
		t.Error("the decoder's luma differs from the film's")
	}
}
