package score

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// decoder is an ffmpeg that turns coded video into luma of Width by Height.
// Each picture keeps the time stamp of the packet that it was decoded from.
type decoder struct {
	luma   []byte // the present picture
	stamp  int    // its packet's stamp
	cmd    *exec.Cmd
	out    io.Reader
	stamps chan int
	fault  *tail
	fed    chan error // the feeder's end, once
}

// stampLine is how ffmpeg's showinfo filter tells a picture's stamp.
var stampLine = regexp.MustCompile(` n: *\d+ pts: *(\d+) `)

// startDecoder runs ffmpeg on an input. feed, when set, writes ffmpeg's
// standard input; it ends early when ffmpeg does.
func startDecoder(feed func(io.Writer) error, input ...string) (*decoder, error) {
	args := append([]string{"-v", "info", "-nostats", "-hide_banner", "-threads", "1"}, input...)
	args = append(args, "-an", "-fps_mode", "passthrough", "-copyts",
		"-vf", fmt.Sprintf("showinfo=checksum=0,scale=%d:%d:flags=bicubic,format=yuv420p,extractplanes=y", Width, Height),
		"-f", "rawvideo", "pipe:1")
	d := &decoder{
		luma: make([]byte, pictureBytes), cmd: exec.Command("ffmpeg", args...),
		stamps: make(chan int, MaxNumber), fault: &tail{}, fed: make(chan error, 1),
	}
	if err := d.start(feed); err != nil {
		return nil, fmt.Errorf("ffmpeg: %w", err)
	}
	return d, nil
}

func (d *decoder) start(feed func(io.Writer) error) error {
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	d.out = bufio.NewReaderSize(out, pictureBytes)
	said, err := d.cmd.StderrPipe()
	if err != nil {
		return err
	}
	var in io.WriteCloser
	if feed != nil {
		if in, err = d.cmd.StdinPipe(); err != nil {
			return err
		}
	}
	if err := d.cmd.Start(); err != nil {
		return err
	}
	go d.listen(said)
	if feed == nil {
		d.fed <- nil
		return nil
	}
	go func() { d.fed <- errors.Join(feed(in), in.Close()) }()
	return nil
}

// listen sorts what ffmpeg says into stamps and complaints.
func (d *decoder) listen(said io.Reader) {
	defer close(d.stamps)
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if found := stampLine.FindSubmatch(lines.Bytes()); found != nil {
			stamp, _ := strconv.Atoi(string(found[1])) // digits by the expression
			d.stamps <- stamp
		} else {
			d.fault.add(lines.Bytes())
		}
	}
	_, _ = io.Copy(io.Discard, said) // a line too long must not block ffmpeg
}

// read takes the next picture; io.EOF after the last one.
func (d *decoder) read() error {
	if _, err := io.ReadFull(d.out, d.luma); err == io.EOF {
		return d.end()
	} else if err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, d.lastWords())
	}
	stamp, ok := <-d.stamps
	if !ok {
		return fmt.Errorf("ffmpeg: a picture without a stamp: %s", d.fault)
	}
	d.stamp = stamp
	return nil
}

// end tells the end of the pictures from a failure of the feeder or of ffmpeg.
func (d *decoder) end() error {
	words := d.lastWords()
	fed := <-d.fed
	d.fed <- fed // stop waits for it too
	if fed != nil && !errors.Is(fed, syscall.EPIPE) {
		return fed
	}
	if err := d.cmd.Wait(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, words)
	}
	return io.EOF
}

// lastWords waits until ffmpeg has nothing more to say.
func (d *decoder) lastWords() string {
	for range d.stamps {
	}
	return d.fault.String()
}

// stop ends ffmpeg, wherever it is.
func (d *decoder) stop() {
	_ = d.cmd.Process.Kill() // fails only once it has ended
	d.lastWords()
	_ = d.cmd.Wait()
	<-d.fed
}

// tail keeps the last of ffmpeg's words.
type tail struct{ lines []string }

func (t *tail) add(line []byte) {
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	t.lines = append(t.lines, string(line))
	t.lines = t.lines[max(0, len(t.lines)-4):]
}

func (t *tail) String() string { return strings.Join(t.lines, "; ") }
