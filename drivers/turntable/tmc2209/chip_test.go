package tmc2209_test

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/drivers/turntable/tmc2209"
	"studiobox/drivers/turntable/tmc2209/tmc2209test"
)

// conversations are what the bus may do to one Read of IOIN or one Write.
var conversations = []struct {
	name   string
	script []tmc2209test.Failure
	twoWay bool
	write  bool
	want   error
	pieces int // sent over the line
}{
	{name: "a read", pieces: 1},
	{name: "a read over two wires", twoWay: true, pieces: 1},
	{name: "a read in pieces", script: []tmc2209test.Failure{"stutter"}, pieces: 1},
	{name: "a read with a bad checksum, then well", script: []tmc2209test.Failure{"crc"}, pieces: 2},
	{name: "a read with two failures, then well", script: []tmc2209test.Failure{"silence", "echo"}, pieces: 3},
	{name: "a read after noise", script: []tmc2209test.Failure{"babble"}, pieces: 2},
	{name: "checksum wrong for good", script: []tmc2209test.Failure{"crc", "crc", "crc"}, want: tmc2209.ErrCRC, pieces: 3},
	{name: "silence", script: []tmc2209test.Failure{"silence", "silence", "silence"}, want: tmc2209.ErrSilent, pieces: 3},
	{name: "half replies", script: []tmc2209test.Failure{"half", "half", "half"}, want: tmc2209.ErrSilent, pieces: 3},
	{name: "another register", script: []tmc2209test.Failure{"foreign", "foreign", "foreign"}, want: tmc2209.ErrForeign, pieces: 3},
	{name: "garbled echo", script: []tmc2209test.Failure{"echo", "echo", "echo"}, want: tmc2209.ErrEcho, pieces: 3},
	// a write begins with a read of IFCNT, then comes the write and IFCNT again
	{name: "a write", write: true, pieces: 3},
	{name: "a write over two wires", write: true, twoWay: true, pieces: 3},
	{name: "a write whose confirmation is lost", write: true, script: []tmc2209test.Failure{"", "silence"}, pieces: 5},
	{name: "a write that is lost", write: true, script: []tmc2209test.Failure{"", "lost"}, pieces: 5},
	{name: "a write counted twice by another master", write: true, script: []tmc2209test.Failure{"", "count"}, pieces: 7},
	{name: "writes lost for good", write: true, script: []tmc2209test.Failure{"", "lost", "", "lost", "", "lost"}, want: tmc2209.ErrCounter, pieces: 7},
	{name: "writes never confirmed", write: true, script: []tmc2209test.Failure{"", "silence", "crc", "silence"}, want: tmc2209.ErrSilent, pieces: 7},
}

func TestConversations(t *testing.T) {
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := tmc2209test.New()
				fake.Script, fake.TwoWire = c.script, c.twoWay
				chip := tmc2209.New(fake, 0)
				begin := time.Now()
				err := talk(t, chip, fake, c.write)
				if !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if n := len(fake.Sent()); n != c.pieces {
					t.Errorf("%d pieces were sent, want %d: % x", n, c.pieces, fake.Sent())
				}
				if took := time.Since(begin); took > 100*time.Millisecond {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

func talk(t *testing.T, chip *tmc2209.Chip, fake *tmc2209test.Chip, write bool) error {
	if write {
		err := chip.Write(tmc2209.SGTHRS, 42)
		if got := fake.Get(tmc2209.SGTHRS); err == nil && got != 42 {
			t.Errorf("the register is %d after a confirmed write of 42", got)
		}
		return err
	}
	value, err := chip.Read(tmc2209.IOIN)
	if err == nil && value != 0x21<<24 {
		t.Errorf("read %x", value)
	}
	return err
}

func TestABytePlaybackOfAWriteIsThatOfTheDataSheet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := tmc2209test.New()
		if err := tmc2209.New(fake, 0).Write(tmc2209.CHOPCONF, 0x10000053); err != nil {
			t.Fatal(err)
		}
		ask := tmc2209.ReadRequest(0, tmc2209.IFCNT)
		want := [][]byte{ask, {0x05, 0x00, 0xEC, 0x10, 0x00, 0x00, 0x53, 0x9C}, ask}
		for i, piece := range fake.Sent() {
			if !bytes.Equal(piece, want[i]) {
				t.Errorf("piece %d is % x, want % x", i, piece, want[i])
			}
		}
	})
}

func TestALateReplyIsNotTakenForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := tmc2209test.New()
		fake.Script = []tmc2209test.Failure{"late"}
		chip := tmc2209.New(fake, 0)
		if err := talk(t, chip, fake, false); err != nil {
			t.Error(err)
		}
		if pins, err := chip.Read(tmc2209.IOIN); err != nil || pins != 0x21<<24 {
			t.Errorf("pins %08x, %v", pins, err)
		}
		if n := len(fake.Sent()); n != 3 {
			t.Errorf("%d requests, want 2 for the first value and 1 for the second", n)
		}
	})
}

func TestIFCNTMayPassItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chip := tmc2209.New(tmc2209test.New(), 0)
		for i := range 600 {
			if err := chip.Write(tmc2209.SGTHRS, uint32(i&0xFF)); err != nil {
				t.Fatalf("write %d: %v", i, err)
			}
		}
	})
}

func TestAChipAtAnotherAddressIsNotHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := tmc2209.New(tmc2209test.New(), 2).Read(tmc2209.IOIN)
		if !errors.Is(err, tmc2209.ErrSilent) || err.Error() != "tmc2209 2, read 0x06: "+tmc2209.ErrSilent.Error() {
			t.Errorf("got %v", err)
		}
	})
}

func TestAPortThatIsGoneIsNotAskedAgain(t *testing.T) {
	fake := tmc2209test.New()
	fake.PullAdapter()
	_, err := tmc2209.New(fake, 0).Read(tmc2209.IOIN)
	if !errors.Is(err, tmc2209test.ErrPulled) || len(fake.Sent()) != 1 {
		t.Errorf("got %v after %d requests", err, len(fake.Sent()))
	}
}

func TestAWirePulledInMidMoveIsFoundInTimeAndTheChipTurnsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := tmc2209test.New()
		chip := tmc2209.New(fake, 0)
		if err := chip.Setup(tmc2209.Config{Run: 20, Hold: 8}); err != nil {
			t.Fatal(err)
		}
		if err := chip.SetVelocity(10000); err != nil {
			t.Fatal(err)
		}
		fake.PullWire()
		begin := time.Now()
		err := chip.SetVelocity(0)
		if took := time.Since(begin); !errors.Is(err, tmc2209.ErrSilent) || took > 100*time.Millisecond {
			t.Errorf("%v after %s", err, took)
		}
		if fake.Speed() < 9999 {
			t.Error("the fake stops by itself, a real chip does not")
		}
	})
}

func TestAnotherChipIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := tmc2209test.New()
		fake.Set(tmc2209.IOIN, 0x20<<24)
		if err := tmc2209.New(fake, 0).Setup(tmc2209.Config{}); !errors.Is(err, tmc2209.ErrChip) {
			t.Errorf("got %v", err)
		}
		if err := tmc2209.New(fake, 0).Setup(tmc2209.Config{Run: 32}); err == nil {
			t.Error("a current of 32/31 was taken")
		}
	})
}

func TestSetupStopsTheMotorBeforeAllElseAndClearsTheRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := tmc2209test.New()
		chip := tmc2209.New(fake, 0)
		if err := chip.Setup(tmc2209.Config{Run: 20, Hold: 8, Stall: 50, StallAbove: tmc2209.UsefulAbove(200), Reverse: true}); err != nil {
			t.Fatal(err)
		}
		if first := fake.Sent()[2]; !bytes.Equal(first, tmc2209.WriteDatagram(0, tmc2209.VACTUAL, 0)) {
			t.Errorf("the first write is % x, want VACTUAL = 0", first)
		}
		for r, want := range map[tmc2209.Register]uint32{
			tmc2209.GCONF: 0x1C8, tmc2209.CHOPCONF: 0x10008053, tmc2209.IHOLDIRUN: 0x00081408,
			tmc2209.SGTHRS: 50, tmc2209.TCOOLTHRS: 12_000_000 / 51_200, tmc2209.GSTAT: 0,
		} {
			if got := fake.Get(r); got != want {
				t.Errorf("register 0x%02x is %08x, want %08x", byte(r), got, want)
			}
		}
	})
}

func TestNoStallThresholdLetsNoSpeedCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := tmc2209test.New()
		if err := tmc2209.New(fake, 0).Setup(tmc2209.Config{Run: 20, Hold: 8, StallAbove: tmc2209.UsefulAbove(200)}); err != nil {
			t.Fatal(err)
		}
		if got := fake.Get(tmc2209.TCOOLTHRS); got != 0 {
			t.Errorf("DIAG may tell a stall while TSTEP is at most %d", got)
		}
	})
}

func TestStatusNamesHeatShortsAndRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := tmc2209test.New()
		chip := tmc2209.New(fake, 0)
		fake.Set(tmc2209.GSTAT, 0b101)
		fake.Set(tmc2209.DRVSTATUS, 1<<31|3<<8|1<<7|1<<4|1)
		got, err := chip.Status()
		want := tmc2209.Status{Restarted: true, Undervoltage: true, Short: true, OpenLoad: true, Warm: true, AboveC: 143, Stands: true}
		if err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	})
}

func TestTheFakeTurnsAsFastAsItsWordSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := tmc2209test.New()
		fake.ClockError = 0.02
		chip := tmc2209.New(fake, 0)
		if err := chip.SetVelocity(1000); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		place, err := chip.Place()
		if turned := fake.Turned(); err != nil || math.Abs(turned-10200) > 5 || place != int(turned)%1024 {
			t.Errorf("%g microsteps, MSCNT %d, %v, want 10200", turned, place, err)
		}
	})
}
