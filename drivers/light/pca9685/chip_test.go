package pca9685

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/i2c/i2ctest"
	"periph.io/x/conn/v3/physic"
)

// What the wire carries at the default address and frequency.
func op(w ...byte) i2ctest.IO { return i2ctest.IO{Addr: 0x40, W: w} }

func read(register, value byte) i2ctest.IO {
	return i2ctest.IO{Addr: 0x40, W: []byte{register}, R: []byte{value}}
}

func intactOps() []i2ctest.IO { return []i2ctest.IO{read(0x00, 0x20), read(0xFE, 0x03)} }
func resetOps() []i2ctest.IO  { return []i2ctest.IO{read(0x00, 0x11), read(0xFE, 0x1E)} }

func setUpOps() []i2ctest.IO {
	return []i2ctest.IO{op(0x00, 0x30), op(0xFE, 0x03), op(0x00, 0x20), op(0x00, 0xA0), op(0x01, 0x04)}
}

func script(parts ...[]i2ctest.IO) *wire {
	w := &wire{Playback: i2ctest.Playback{DontPanic: true}}
	for _, p := range parts {
		w.Ops = append(w.Ops, p...)
	}
	return w
}

// wire is a playback that can refuse one transfer, as a chip without power does.
type wire struct {
	i2ctest.Playback
	refuse int // the count of the transfer to refuse, from 1; 0 = none
	sent   int
	at     []time.Time
}

var errNAK = errors.New("remote I/O error")

func (w *wire) Tx(addr uint16, out, in []byte) error {
	w.sent++
	w.at = append(w.at, time.Now())
	if w.sent == w.refuse {
		return errNAK
	}
	return w.Playback.Tx(addr, out, in)
}

func (w *wire) String() string { return "I2C1" }

func chip(t *testing.T, bus i2c.Bus, cfg Config) *Chip {
	t.Helper()
	c, err := New(bus, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func output(t *testing.T, c *Chip, n int) *Output {
	t.Helper()
	o, err := c.Output(n)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func played(t *testing.T, w *wire) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func TestAFreshChipIsSetUpAndThenDimmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := script(resetOps(), setUpOps(),
			[]i2ctest.IO{op(0x06, 0, 0, 0x00, 0x08)}, // output 0 at 2048 of 4096
			[]i2ctest.IO{op(0x42, 0, 0, 0x01, 0x00)}, // output 15 at 1
			[]i2ctest.IO{op(0x42, 0, 0, 0xFF, 0x0F)}, // at 4095
			[]i2ctest.IO{op(0x42, 0, 0x10, 0, 0)},    // full on
			[]i2ctest.IO{op(0x42, 0, 0, 0x00, 0x10)}) // full off
		c := chip(t, w, Config{})
		first, last := output(t, c, 0), output(t, c, 15)
		steps := []struct {
			o        *Output
			fraction float64
		}{{first, 0.5}, {last, 1.0 / 4096}, {last, 4095.0 / 4096}, {last, 1}, {last, 0}, {last, 0}}
		for _, s := range steps {
			if err := s.o.Dim(s.fraction); err != nil {
				t.Fatal(err)
			}
		}
		played(t, w)
		if gap := w.at[5].Sub(w.at[4]); gap < 500*time.Microsecond {
			t.Errorf("restarted %v after waking, want 500 µs for the oscillator", gap)
		}
	})
}

func TestAChipThatStillShinesIsNotPutToSleep(t *testing.T) {
	w := script(intactOps(), []i2ctest.IO{op(0x01, 0x04), op(0x0A, 0, 0, 0x00, 0x04)})
	if err := output(t, chip(t, w, Config{}), 1).Dim(0.25); err != nil {
		t.Fatal(err)
	}
	played(t, w)
}

func TestOutputStageAndFrequencyAreSent(t *testing.T) {
	w := &wire{Playback: i2ctest.Playback{DontPanic: true, Ops: []i2ctest.IO{
		{Addr: 0x55, W: []byte{0}, R: []byte{0x11}}, {Addr: 0x55, W: []byte{0xFE}, R: []byte{0x1E}},
		{Addr: 0x55, W: []byte{0, 0x30}}, {Addr: 0x55, W: []byte{0xFE, 121}}, {Addr: 0x55, W: []byte{0, 0x20}},
		{Addr: 0x55, W: []byte{0, 0xA0}}, {Addr: 0x55, W: []byte{1, 0x10}},
		{Addr: 0x55, W: []byte{6, 0, 0x10, 0, 0}},
	}}}
	c := chip(t, w, Config{Address: 0x55, Frequency: 50 * physic.Hertz, Invert: true, OpenDrain: true})
	if err := output(t, c, 0).Dim(1); err != nil {
		t.Fatal(err)
	}
	played(t, w)
}

func TestThePrescalerIsTheDataSheets(t *testing.T) {
	for hertz, want := range map[float64]byte{24: 253, 50: 121, 200: 30, 1000: 5, 1526: 3} {
		if got := prescaleFor(hertz); got != want {
			t.Errorf("%g Hz: %d, want %d", hertz, got, want)
		}
		c := chip(t, nil, Config{Frequency: physic.Frequency(hertz) * physic.Hertz})
		if got := c.Frequency(); math.Abs(got-hertz) > 0.1*hertz {
			t.Errorf("%g Hz becomes %g", hertz, got)
		}
	}
	if got := chip(t, nil, Config{}).Frequency(); math.Abs(got-1525.88) > 0.01 {
		t.Errorf("default is %g Hz", got)
	}
}

func TestAChipThatLostItsPowerIsRepairedAndReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		level := []i2ctest.IO{op(0x0E, 0, 0, 0x00, 0x08)}
		w := script(
			resetOps(), setUpOps(), // at the start
			level, // Dim
			intactOps(),
			resetOps(), setUpOps(), level, // power lost, and everything again
			intactOps(),
		)
		c := chip(t, w, Config{})
		var mu sync.Mutex
		var faults []Fault
		c.OnFault = func(f Fault) { mu.Lock(); faults = append(faults, f); mu.Unlock() }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.Run(ctx) }()
		time.Sleep(Watch / 2)
		if err := output(t, c, 2).Dim(0.5); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * Watch)
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		played(t, w)
		if len(faults) != 1 || faults[0].Code != "light_chip_restarted" || !strings.Contains(faults[0].Text, "0x40") {
			t.Errorf("faults %+v, want one", faults)
		}
	})
}

func TestAMissingChipIsNamedWithBusAddressAndMend(t *testing.T) {
	w := script()
	w.refuse = 1
	err := chip(t, w, Config{}).Run(t.Context())
	if want := "pca9685 at 0x40 on I2C1, reading its mode: remote I/O error; check its supply, SDA, SCL and address jumpers"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if !errors.Is(err, errNAK) {
		t.Error("the cause is lost")
	}
}

// Whichever transfer is not acknowledged, it is reported, and the next Dim
// brings chip and level to where they belong.
func TestEveryNAKIsReportedAndMendedByTheNextDim(t *testing.T) {
	level := []i2ctest.IO{op(0x06, 0, 0, 0x00, 0x08)}
	whole := append(append(resetOps(), setUpOps()...), level...)
	for refuse := 1; refuse <= len(whole); refuse++ {
		w := script(whole[:refuse-1], whole) // what came through, then all of it again
		w.refuse = refuse
		o := output(t, chip(t, w, Config{}), 0)
		if err := o.Dim(0.5); !errors.Is(err, errNAK) {
			t.Fatalf("transfer %d refused: %v", refuse, err)
		}
		if err := o.Dim(0.5); err != nil {
			t.Fatalf("after transfer %d was refused: %v", refuse, err)
		}
		played(t, w)
	}
}

func TestAFadeThatFailsLateSetsUpAgain(t *testing.T) {
	w := script(intactOps(), []i2ctest.IO{op(0x01, 0x04), op(0x06, 0, 0, 0, 0x08)},
		resetOps(), setUpOps(), []i2ctest.IO{op(0x06, 0, 0, 0, 0x0C)})
	w.refuse = 5
	o := output(t, chip(t, w, Config{}), 0)
	if err := o.Dim(0.5); err != nil {
		t.Fatal(err)
	}
	if err := o.Dim(0.75); err == nil || !strings.Contains(err.Error(), "dimming output 0") {
		t.Fatalf("got %v", err)
	}
	if err := o.Dim(0.75); err != nil {
		t.Fatal(err)
	}
	played(t, w)
}

func TestHaltHoldsAndSendsNothing(t *testing.T) {
	w := script(intactOps(), []i2ctest.IO{op(0x01, 0x04), op(0x06, 0, 0, 0, 0x08), op(0x0A, 0, 0, 0, 0x08)})
	c := chip(t, w, Config{})
	one, two := output(t, c, 0), output(t, c, 1)
	for _, do := range []func() error{
		func() error { return one.Dim(0.5) },
		func() error { return one.Halt() },
		func() error { return one.Dim(0) },
		func() error { return two.Dim(0.5) }, // the others go on
		c.Halt, c.Halt,
		func() error { return two.Dim(0) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	played(t, w)
}

func TestWhatTheChipCannotDoIsRefused(t *testing.T) {
	for want, cfg := range map[string]Config{
		"0x70":   {Address: 0x70},
		"0x20":   {Address: 0x20},
		"20Hz":   {Frequency: 20 * physic.Hertz},
		"2kHz":   {Frequency: 2 * physic.KiloHertz},
		"0x80: ": {Address: 0x80},
	} {
		if _, err := New(nil, cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
	c := chip(t, nil, Config{})
	for _, n := range []int{-1, 16} {
		if _, err := c.Output(n); err == nil {
			t.Errorf("output %d exists", n)
		}
	}
	o := output(t, c, 3)
	for _, f := range []float64{-0.1, 1.1, math.NaN()} {
		if o.Dim(f) == nil {
			t.Errorf("takes %g", f)
		}
	}
	if o.Levels() != 4097 {
		t.Error(o.Levels())
	}
}
