package score

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// film paints frame n: a drifting texture with the number below.
func film(luma []byte, n int) {
	for y := range Height {
		for x := range Width {
			u, v := x+2*n, y+n
			luma[y*Width+x] = byte(48 + (u*u/97+v*3+(u^v)&31)%150)
		}
	}
	PaintNumber(luma, Width, Width, Height, n)
}

// encode codes frames of the film with x264 as the box does and cuts the
// stream at its delimiters.
func encode(t *testing.T, first, frames int, args ...string) [][]byte {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED: no ffmpeg on this machine, so nothing that decodes video was tested")
	}
	picture := bytes.Repeat([]byte{128}, Width*Height*3/2)
	var raw bytes.Buffer
	for n := first; n < first+frames; n++ {
		film(picture[:pictureBytes], n)
		raw.Write(picture)
	}
	all := []string{
		"-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", fmt.Sprintf("%dx%d", Width, Height), "-r", "30", "-i", "pipe:0",
		"-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-threads", "1", "-x264-params", "aud=1:keyint=300:scenecut=0",
	}
	coder := exec.Command("ffmpeg", append(append(all, args...), "-f", "h264", "pipe:1")...)
	coder.Stdin = &raw
	var complaints bytes.Buffer
	coder.Stderr = &complaints
	coded, err := coder.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, complaints.Bytes())
	}
	delimiter := []byte{0, 0, 0, 1, 9}
	var units [][]byte
	for _, unit := range bytes.Split(coded, delimiter)[1:] {
		units = append(units, append(bytes.Clone(delimiter), unit...))
	}
	if len(units) != frames {
		t.Fatalf("%d units of %d frames", len(units), frames)
	}
	return units
}

func atRate(kbps int, size string) []string {
	rate := fmt.Sprintf("%dk", kbps)
	return []string{"-b:v", rate, "-maxrate", rate, "-bufsize", fmt.Sprintf("%dk", kbps*3/10), "-vf", "scale=" + size}
}

func TestNumbersSurviveX264At300KbpsAndSmallerSizes(t *testing.T) {
	const first, frames = 9000, 150
	for _, size := range []string{"640:360", "426:240", "320:180"} {
		t.Run(size, func(t *testing.T) {
			units := encode(t, first, frames, atRate(300, size)...)
			total := 0
			for _, unit := range units {
				total += len(unit)
			}
			got := numbersIn(t, units)
			wrong, unread := 0, 0
			for k, number := range got {
				if number < 0 {
					unread++
				} else if number != first+k {
					wrong++
				}
			}
			t.Logf("%.0f kbit/s: %d of %d unread", float64(total)*8*30/1000/frames, unread, frames)
			if wrong > 0 || unread > 1 || len(got) != frames {
				t.Errorf("%d pictures, %d wrong, %d unread", len(got), wrong, unread)
			}
		})
	}
}

// numbersIn decodes units through the same path as Score; -1 is unreadable.
func numbersIn(t *testing.T, units [][]byte) []int {
	t.Helper()
	dir := t.TempDir()
	var list []Unit
	for k, unit := range units {
		list = append(list, Unit{At: int64(k + 1), Bytes: len(unit), Key: k == 0, Decodable: true})
	}
	if err := os.WriteFile(filepath.Join(dir, StreamFile), bytes.Join(units, nil), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := openStream(dir, list, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	var numbers []int
	err = s.decode(func(unit int, luma []byte) error {
		if unit != len(numbers) {
			t.Errorf("picture %d is of unit %d", len(numbers), unit)
		}
		number, ok := ReadNumber(luma, Width, Width, Height)
		if !ok {
			number = -1
		}
		numbers = append(numbers, number)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return numbers
}
