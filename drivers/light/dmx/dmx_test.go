package dmx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// event is one thing that happened on the port.
type event struct {
	at    time.Duration
	broke time.Duration // a break of so long
	bytes []byte
	close bool
}

// recorder is a port that keeps what it is told, and fails on demand.
type recorder struct {
	epoch time.Time

	mu     sync.Mutex
	events []event

	writes    int
	failWrite int // the write to fail, from 1; 0 = none
	failBreak int
	breaks    int
	short     int // how many bytes the failing write takes
	err       error
	slow      time.Duration // how long each write blocks
	late      time.Duration // by how much each break takes longer
}

func (r *recorder) note(e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.at = time.Since(r.epoch)
	r.events = append(r.events, e)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.writes++; r.writes == r.failWrite {
		r.note(event{bytes: bytes.Clone(p[:r.short])})
		return r.short, r.err
	}
	r.note(event{bytes: bytes.Clone(p)})
	time.Sleep(r.slow)
	return len(p), nil
}

func (r *recorder) Break(lasts time.Duration) error {
	if r.breaks++; r.breaks == r.failBreak {
		return r.err
	}
	r.note(event{broke: lasts})
	time.Sleep(lasts + r.late)
	return nil
}

func (r *recorder) Close() error { r.note(event{close: true}); return nil }

func (r *recorder) frames() (out [][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.bytes != nil {
			out = append(out, e.bytes)
		}
	}
	return out
}

// line runs a universe of some slots on a recorder in virtual time.
func line(t *testing.T, slots int, port *recorder, play func(*Universe)) error {
	t.Helper()
	var result error
	synctest.Test(t, func(t *testing.T) {
		port.epoch = time.Now()
		u := universe(t, slots, func() (Port, error) { return port, nil })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- u.Run(ctx) }()
		synctest.Wait()
		play(u)
		cancel()
		result = <-done
	})
	return result
}

func universe(t *testing.T, slots int, open func() (Port, error)) *Universe {
	t.Helper()
	u, err := New(Config{Name: "/dev/ttyUSB0", Open: open, Slots: slots})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func claim(t *testing.T, u *Universe, address int, wide bool) *Slot {
	t.Helper()
	get := u.Channel
	if wide {
		get = u.Wide
	}
	s, err := get(address)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func dim(t *testing.T, s *Slot, fraction float64) {
	t.Helper()
	if err := s.Dim(fraction); err != nil {
		t.Fatal(err)
	}
}

func TestAFrameIsByteExact(t *testing.T) {
	port := &recorder{}
	err := line(t, 24, port, func(u *Universe) {
		first, wide, last := claim(t, u, 1, false), claim(t, u, 7, true), claim(t, u, 24, false)
		dim(t, first, 1)
		dim(t, wide, 0.5)
		dim(t, last, 0.25)
		time.Sleep(60 * time.Millisecond)
	})
	if err != nil {
		t.Fatal(err)
	}
	want := make([]byte, 25) // start code 0, then slots 1 to 24
	want[1], want[7], want[8], want[24] = 0xFF, 0x80, 0x00, 0x40
	frames := port.frames()
	if len(frames) < 2 {
		t.Fatalf("%d frames in 60 ms", len(frames))
	}
	for i, f := range frames {
		if !bytes.Equal(f, want) {
			t.Errorf("frame %d: % x, want % x", i, f, want)
		}
	}
}

func TestSlotsBeyondTheLastFixtureAreNotSent(t *testing.T) {
	port := &recorder{}
	_ = line(t, 512, port, func(u *Universe) {
		dim(t, claim(t, u, 30, true), 1)
		time.Sleep(60 * time.Millisecond)
	})
	if f := port.frames(); len(f) == 0 || len(f[0]) != 32 || f[0][31] != 0xFF {
		t.Errorf("frames % x", f)
	}
}

func TestTimesOnTheLineAreTheStandards(t *testing.T) {
	for _, slots := range []int{24, 100, 512} {
		for name, port := range map[string]*recorder{
			"quick port":      {},
			"blocking writes": {slow: 23 * time.Millisecond},
			"slow writes":     {slow: 40 * time.Millisecond},
			"late breaks":     {late: 10 * time.Millisecond},
		} {
			err := line(t, slots, port, func(u *Universe) {
				dim(t, claim(t, u, slots, false), 0.5)
				time.Sleep(10*time.Second + 7*time.Millisecond) // ends in mid-frame
			})
			if err != nil {
				t.Fatal(err)
			}
			checkTimes(t, fmt.Sprintf("%s, %d slots", name, slots), port, slots)
			if n := len(port.frames()); name == "quick port" && (slots == 24 && n < 439 || n < 400) {
				t.Errorf("%d slots: %d frames in 10 s, want 44 a second of few slots and 40 of all", slots, n)
			}
		}
	}
}

func checkTimes(t *testing.T, name string, port *recorder, slots int) {
	t.Helper()
	var lastBreak, lastWrite time.Duration = -1, -1
	for i, e := range port.events {
		switch {
		case e.broke > 0:
			if e.broke < 92*time.Microsecond {
				t.Fatalf("%s: break of %v", name, e.broke)
			}
			if lastBreak >= 0 && e.at-lastBreak < time.Second/44 {
				t.Fatalf("%s: %v between breaks", name, e.at-lastBreak)
			}
			if lastBreak >= 0 && e.at-lastBreak > time.Second {
				t.Fatalf("%s: silent for %v", name, e.at-lastBreak)
			}
			if lastWrite >= 0 && e.at-lastWrite < time.Duration(slots+1)*44*time.Microsecond+guard {
				t.Fatalf("%s: break %v after the start of a frame cuts it", name, e.at-lastWrite)
			}
			lastBreak = e.at
		case e.bytes != nil:
			if before := port.events[i-1]; before.broke == 0 || e.at-before.at-before.broke-port.late < 12*time.Microsecond {
				t.Fatalf("%s: no mark after break", name)
			}
			lastWrite = e.at
		case e.close:
			if e.at-lastWrite < time.Duration(slots+1)*44*time.Microsecond {
				t.Fatalf("%s: closed %v after the start of the last frame", name, e.at-lastWrite)
			}
		}
	}
	if n := len(port.frames()); n < 200 {
		t.Errorf("%s: %d frames in 10 s", name, n)
	}
}

func TestFixturesHoldTheirLookUntilTheLevelsAreKnown(t *testing.T) {
	port := &recorder{}
	_ = line(t, 24, port, func(u *Universe) {
		one, two := claim(t, u, 1, false), claim(t, u, 2, false)
		time.Sleep(time.Minute)
		dim(t, one, 1)
		time.Sleep(100 * time.Millisecond)
		if n := len(port.frames()); n != 0 {
			t.Errorf("%d frames before all levels are known", n)
		}
		dim(t, two, 1)
		time.Sleep(100 * time.Millisecond)
		if f := port.frames(); len(f) == 0 || f[0][2] != 0xFF {
			t.Errorf("frames %x", f)
		}
	})
}

func TestALampThatIsNeverSetDoesNotKeepTheOthersDark(t *testing.T) {
	port := &recorder{}
	_ = line(t, 24, port, func(u *Universe) {
		claim(t, u, 2, false)
		dim(t, claim(t, u, 1, false), 1)
		time.Sleep(gather + 100*time.Millisecond)
		if len(port.frames()) == 0 {
			t.Error("no frame")
		}
	})
}

func TestTheLastLookIsHeldOnSilenceAndAfterHalt(t *testing.T) {
	port := &recorder{}
	_ = line(t, 24, port, func(u *Universe) {
		one, two := claim(t, u, 1, false), claim(t, u, 2, false)
		dim(t, one, 1)
		dim(t, two, 1)
		time.Sleep(time.Minute)
		if n := len(port.frames()); n < 2300 || u.Stats().Frames != uint64(n) {
			t.Errorf("%d frames in a minute, stats say %d", n, u.Stats().Frames)
		}
		for range 2 {
			if err := one.Halt(); err != nil {
				t.Error(err)
			}
		}
		dim(t, one, 0)
		dim(t, two, 0.2)
		if err := u.Halt(); err != nil {
			t.Error(err)
		}
		dim(t, two, 0)
		time.Sleep(time.Second)
		frames := port.frames()
		if last := frames[len(frames)-1]; last[1] != 0xFF || last[2] != 51 {
			t.Errorf("after Halt: % x", last[:3])
		}
	})
}

func TestAPortThatFailsIsNamedAndClosedAndTheLevelsKept(t *testing.T) {
	gone := errors.New("input/output error")
	for name, c := range map[string]struct {
		port  *recorder
		cause error
		want  string
	}{
		"error in mid-frame": {&recorder{failWrite: 3, short: 10, err: gone}, gone, "10 of 25 bytes of a frame"},
		"short write":        {&recorder{failWrite: 3, short: 24}, io.ErrShortWrite, "24 of 25 bytes of a frame"},
		"no break":           {&recorder{failBreak: 3, err: gone}, gone, "break"},
	} {
		synctest.Test(t, func(t *testing.T) {
			port := c.port
			u := universe(t, 24, func() (Port, error) { return port, nil })
			dim(t, claim(t, u, 3, false), 1)
			err := u.Run(t.Context())
			if !errors.Is(err, c.cause) || !strings.HasPrefix(err.Error(), "dmx on /dev/ttyUSB0: "+c.want+": ") || !strings.HasSuffix(err.Error(), "plugged in") {
				t.Errorf("%s: got %v", name, err)
			}
			if last := port.events[len(port.events)-1]; !last.close {
				t.Errorf("%s: the port stays open", name)
			}
			port = &recorder{}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := u.Run(ctx); err != nil {
				t.Errorf("%s: the next Run: %v", name, err)
			}
			if f := port.frames(); len(f) == 0 || f[0][3] != 0xFF {
				t.Errorf("%s: the next Run sends %x", name, f)
			}
		})
	}
}

func TestAPortThatDoesNotOpenIsNamed(t *testing.T) {
	missing := errors.New("no such file")
	u := universe(t, 0, func() (Port, error) { return nil, missing })
	err := u.Run(t.Context())
	if want := "dmx on /dev/ttyUSB0: opening it: no such file; check that the adapter is plugged in"; err == nil || err.Error() != want || !errors.Is(err, missing) {
		t.Errorf("got %v", err)
	}
}

func TestWhatDoesNotFitTheLineIsRefused(t *testing.T) {
	open := func() (Port, error) { return nil, nil }
	for _, cfg := range []Config{{Open: open, Slots: 23}, {Open: open, Slots: 513}, {}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%d slots are taken", cfg.Slots)
		}
	}
	u := universe(t, 100, open)
	claim(t, u, 10, true)
	for _, c := range []struct {
		address int
		wide    bool
		want    string
	}{
		{0, false, "1 to 100"}, {101, false, "1 to 100"}, {100, true, "1 to 99"}, {-1, true, "1 to 99"},
		{10, false, "taken by the fixture at 10"}, {11, false, "taken"}, {9, true, "taken"}, {11, true, "taken"},
	} {
		get := u.Channel
		if c.wide {
			get = u.Wide
		}
		if _, err := get(c.address); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d, wide %v: got %v", c.address, c.wide, err)
		}
	}
	s := claim(t, u, 9, false)
	for _, f := range []float64{-0.1, 1.1, math.NaN()} {
		if s.Dim(f) == nil {
			t.Errorf("takes %g", f)
		}
	}
	if s.Levels() != 256 || claim(t, u, 12, true).Levels() != 65536 {
		t.Error("levels are not as stated")
	}
}
