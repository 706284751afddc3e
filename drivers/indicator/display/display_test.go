package display

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/i2c/i2ctest"
)

const ms = time.Millisecond

// What the wire carries: SSD1306 data sheet rev. 1.1, chapter 9. 0x00 leads
// commands, 0x40 pixels.
func op(w ...byte) i2ctest.IO { return i2ctest.IO{Addr: 0x3C, W: w} }

func setUpOp(segments, scan byte) i2ctest.IO {
	return op(0x00, 0xAE, 0xD3, 0x00, 0x40, segments, scan, 0xDA, 0x12, 0x81, 0xFF, 0xA4, 0xA6, 0xD5, 0xF0,
		0x8D, 0x14, 0xD9, 0xF1, 0xDB, 0x40, 0x2E, 0xA8, 0x3F, 0x20, 0x00, 0x21, 0, 127, 0x22, 0, 7, 0xAF)
}

// pageOps is a part of the page 0..7 of a picture, columns from..to-1, the
// uppermost of eight rows in the lowest bit.
func pageOps(picture string, page, from, to int) []i2ctest.IO {
	rows := strings.Split(picture, "\n")
	pixels := []byte{0x40}
	for x := from; x < to; x++ {
		var column byte
		for bit := range 8 {
			if rows[page*8+bit][x] == '#' {
				column |= 1 << bit
			}
		}
		pixels = append(pixels, column)
	}
	return []i2ctest.IO{op(0x00, 0xB0|byte(page), byte(from)&0x0F, 0x10|byte(from>>4)), op(pixels...)}
}

func allOps(picture string) (ops []i2ctest.IO) {
	ops = append(ops, setUpOp(0xA1, 0xC8))
	for page := range 8 {
		ops = append(ops, pageOps(picture, page, 0, width)...)
	}
	return ops
}

func dark() string { return strings.Repeat(strings.Repeat(".", width)+"\n", height) }

// wire is a playback that refuses one transfer, as a panel without power does.
type wire struct {
	i2ctest.Playback
	refuse int // the count of the transfer to refuse, from 1; 0 = none
	sent   int
}

func (w *wire) Tx(addr uint16, out, in []byte) error {
	w.sent++
	if w.sent == w.refuse {
		return errors.New("remote I/O error")
	}
	return w.Playback.Tx(addr, out, in)
}

func (w *wire) String() string { return "I2C1" }

func script(parts ...[]i2ctest.IO) *wire {
	w := &wire{Playback: i2ctest.Playback{DontPanic: true}}
	for _, p := range parts {
		w.Ops = append(w.Ops, p...)
	}
	return w
}

func played(t *testing.T, w *wire) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func display(t *testing.T, bus i2c.Bus, cfg Config) *Display {
	t.Helper()
	d, err := New(bus, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func live() Screen { return Screen{State: "on_air", RateKbps: 4250, Address: address} }

func TestOnlyWhatChangedIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		picture := picture(t, "live.txt")
		next := live()
		next.RateKbps = 4251
		changed := art(paint(t, next))
		w := script(allOps(picture),
			pageOps(changed, 2, 36, 46), pageOps(changed, 3, 36, 46), // the last digit, in double size
			[]i2ctest.IO{op(0x00, 0xAE)})
		d := display(t, w, Config{})
		show := func(s Screen) {
			if err := d.Show(s); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		show(live())
		go func() { done <- d.Run(ctx) }()
		time.Sleep(time.Second)
		show(live()) // nothing changes
		show(next)
		show(next)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		played(t, w)
	})
}

func TestAFreshPanelIsDarkUntilItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := script(allOps(dark()), []i2ctest.IO{op(0x00, 0xAE)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := display(t, w, Config{}).Run(ctx); err != nil {
			t.Error(err)
		}
		played(t, w)
	})
}

func TestAddressAndRotationReachThePanel(t *testing.T) {
	first := setUpOp(0xA0, 0xC0)
	first.Addr = 0x3D
	w := script([]i2ctest.IO{first})
	w.refuse = 2
	err := display(t, w, Config{Address: 0x3D, Rotated: true}).Run(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "display at 0x3d on I2C1: remote I/O error") {
		t.Errorf("got %v", err)
	}
	played(t, w)
}

func TestAMissingPanelIsNamedWithBusAndAddress(t *testing.T) {
	w := script()
	w.refuse = 1
	d := display(t, w, Config{})
	err := d.Run(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "display at 0x3c on I2C1: remote I/O error: check") {
		t.Errorf("got %v", err)
	}
	if err := d.Halt(); err != nil {
		t.Error("a missing panel cannot be put out, which is no error:", err)
	}
}

func TestAPanelThatRefusedIsDrawnAnewByTheNextRun(t *testing.T) {
	for refuse := 1; refuse <= 17; refuse++ { // every transfer of the first frame
		synctest.Test(t, func(t *testing.T) {
			all := allOps(picture(t, "live.txt"))
			w := script(all[:refuse-1], all, []i2ctest.IO{op(0x00, 0xAE)})
			w.refuse = refuse
			d := display(t, w, Config{})
			if err := d.Show(live()); err != nil {
				t.Fatal(err)
			}
			if err := d.Run(t.Context()); err == nil {
				t.Fatalf("transfer %d was refused and nobody said so", refuse)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := d.Run(ctx); err != nil {
				t.Error(err)
			}
			played(t, w)
		})
	}
}

// counter takes everything and notes when frames began.
type counter struct {
	wire
	mu     sync.Mutex
	frames []time.Time
	panel  bool // it was put out
}

func (c *counter) Tx(_ uint16, out, _ []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if out[0] == 0x40 && len(c.frames) == 0 || out[0] == 0x40 && time.Since(c.frames[len(c.frames)-1]) > 0 {
		c.frames = append(c.frames, time.Now())
	}
	c.panel = out[0] == 0x00 && len(out) == 2 && out[1] == 0xAE
	return nil
}

func TestNoMoreThanFiveFramesASecondAndTheNewestWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{}
		d := display(t, c, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		for i := range 1000 {
			if err := d.Show(Screen{RateKbps: i}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(7 * ms)
		}
		time.Sleep(time.Second)
		wanted := d.want
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		for i := 1; i < len(c.frames); i++ {
			if gap := c.frames[i].Sub(c.frames[i-1]); gap < 200*ms {
				t.Fatalf("two frames in %v", gap)
			}
		}
		if n := len(c.frames); n < 30 {
			t.Errorf("%d frames in 7 s", n)
		}
		if shown := art(wanted); shown != art(paint(t, Screen{RateKbps: 999})) {
			t.Error("the newest screen is not the one that is wanted")
		}
		if last := c.frames[len(c.frames)-1]; time.Since(last) < 700*ms {
			t.Error("frames are sent though nothing changes")
		}
	})
}

func TestHaltPutsThePanelOutForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{}
		d := display(t, c, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		_ = d.Show(live())
		time.Sleep(time.Second)
		if err := errors.Join(d.Halt(), d.Halt()); err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		frames := len(c.frames)
		c.mu.Unlock()
		_ = d.Show(Screen{State: "idle"})
		time.Sleep(time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if !c.panel || len(c.frames) != frames {
			t.Errorf("out %v, %d frames after Halt", c.panel, len(c.frames)-frames)
		}
	})
}

func TestAnAddressThatNoJumperGivesIsRefused(t *testing.T) {
	if _, err := New(&wire{}, Config{Address: 0x78}); err == nil || !strings.Contains(err.Error(), "display at 0x78 on I2C1") {
		t.Errorf("got %v", err)
	}
}
