package app

import (
	"context"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.bug.st/serial"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"studiobox/board/profile"
	"studiobox/drivers/turntable"
	"studiobox/drivers/turntable/motion"
	"studiobox/drivers/turntable/tmc2209"
	"studiobox/drivers/turntable/tmc2209/tmc2209test"
	"studiobox/firmware/config"
	"studiobox/firmware/guard"
)

// chipTable is a table whose motor hangs on a tmc2209.
const chipTable = `
[turntable.uart]
serial = "/dev/serial0"
[turntable.enable]
pin = "GPIO6"
resistor = "up"
[turntable.home]
pin = "GPIO5"
`

// workbench is a loom with that chip on its serial port.
type workbench struct {
	*loom
	chip *tmc2209test.Chip
	gear float64     // turns of the motor for one of the table
	deaf atomic.Bool // INDEX is cut
	// grumbles: DIAG complains while the motor is slow.
	grumbles atomic.Bool
	table    *turntable.Turntable

	mu    sync.Mutex
	opens int
}

// chipPort is the port with the chip at its end.
type chipPort struct {
	serial.Port
	*tmc2209test.Chip
}

func (p chipPort) Read(b []byte) (int, error)           { return p.Chip.Read(b) }
func (p chipPort) Write(b []byte) (int, error)          { return p.Chip.Write(b) }
func (p chipPort) Close() error                         { return p.Chip.Close() }
func (p chipPort) SetReadTimeout(d time.Duration) error { return p.Chip.SetReadTimeout(d) }

func (b *workbench) Serial(profile.Role) (serial.Port, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opens++
	return chipPort{Chip: b.chip}, nil
}

func (b *workbench) opened() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opens
}

// sensed is an input whose level somebody computes.
type sensed struct {
	gpiotest.Pin
	level func() bool
	edges func() int64 // nil = none
	seen  int64
}

func (s *sensed) In(gpio.Pull, gpio.Edge) error { return nil }
func (s *sensed) Read() gpio.Level              { return gpio.Level(s.level()) }

func (s *sensed) WaitForEdge(d time.Duration) bool {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if s.edges != nil && s.edges() > s.seen {
			s.seen++
			return true
		}
	}
	return false
}

// degrees is how far the chip has turned the table.
func (b *workbench) degrees() float64 {
	return b.chip.Turned() * 360 / (200 * tmc2209.Microsteps * b.gear)
}

func (b *workbench) Pin(r profile.Role) (gpio.PinIO, error) {
	pin := &sensed{Pin: gpiotest.Pin{N: string(r)}}
	switch r {
	case profile.TurntableHome: // active low, as a button is
		pin.level = func() bool { return math.Abs(math.Remainder(b.degrees()-100, 360)) > 2.5 }
	case profile.TurntableDiag:
		pin.level = func() bool {
			return b.chip.Diag() || b.grumbles.Load() && math.Abs(b.chip.Speed()) < 0.9*tmc2209.UsefulAbove(200)
		}
	case profile.TurntableIndex:
		pin.level = func() bool { return false }
		pin.edges = func() int64 {
			if b.deaf.Load() {
				return 0
			}
			return int64(math.Abs(b.chip.Turned())) / tmc2209.Cycle
		}
	default:
		return b.loom.Pin(r)
	}
	return pin, nil
}

// onChip fits a table with a tmc2209, runs it, and plays a story.
func onChip(t *testing.T, wiring string, change func(*config.Turntable), story func(b *workbench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		settings := config.Default()
		settings.Turntable.Drive = "tmc2209"
		if change != nil {
			change(&settings.Turntable)
		}
		b := &workbench{loom: &loom{wires: map[profile.Role]*wire{}}, chip: tmc2209test.New(), gear: settings.Turntable.Gear}
		b.chip.Address = byte(settings.Turntable.Address)
		b.feeder = guard.NewFeeder(b.loom)
		p, err := profile.Parse("workbench", []byte("title = \"workbench\"\n"+least+chipTable+wiring))
		if err != nil {
			t.Fatal(err)
		}
		parts, err := fitStudio(b, b, b.feeder, p, settings)
		if err != nil {
			t.Fatal(err)
		}
		b.table = parts.table
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.table.Run(ctx) }()
		time.Sleep(200 * time.Millisecond)
		story(b)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// keep renews the lease of a move for a while.
func (b *workbench) keep(lasting time.Duration) {
	for end := time.Now().Add(lasting); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		b.table.Renew()
	}
}

func TestATableOnATMC2209TurnsAsFastAsAsked(t *testing.T) {
	for _, gear := range []float64{1, -3} {
		onChip(t, "", func(c *config.Turntable) { c.Gear = gear }, func(b *workbench) {
			turning(t, b.table, 3*time.Second)
			if want := 45 * gear * 200 * 256 / 360; math.Abs(b.chip.Speed()/want-1) > 0.02 {
				t.Errorf("gear %g: the chip makes %.0f microsteps a second, 45 degrees a second are %.0f", gear, b.chip.Speed(), want)
			}
		})
	}
}

func TestATableOnATMC2209FindsItsHomeMark(t *testing.T) {
	onChip(t, "", nil, func(b *workbench) {
		if err := b.table.Move(motion.Move{Kind: motion.Front}); err != nil {
			t.Fatal(err)
		}
		b.keep(20 * time.Second)
		if s := b.table.State(); !s.Homed || s.Fault != "" || math.Abs(math.Remainder(b.degrees()-100, 360)) > 1 {
			t.Errorf("%+v; the mark is at 100 degrees, the front stands at %.1f", s, b.degrees())
		}
	})
}

func TestTheMotorsSettingsReachTheChip(t *testing.T) {
	onChip(t, "", func(c *config.Turntable) {
		c.MotorSteps, c.Gear, c.Run, c.Hold, c.Stall, c.Address = 400, 0.5, 20, 5, 77, 2
	}, func(b *workbench) {
		for r, want := range map[tmc2209.Register]uint32{
			tmc2209.IHOLDIRUN: 0x00081405, tmc2209.SGTHRS: 77, tmc2209.TCOOLTHRS: 12_000_000 / (400 * 256),
		} {
			if got := b.chip.Get(r); got != want {
				t.Errorf("register 0x%02x is %08x, want %08x", byte(r), got, want)
			}
		}
	})
}

func TestTheEdgesOfINDEXAreCountedAndMissed(t *testing.T) {
	for _, cut := range []bool{false, true} {
		onChip(t, "[turntable.index]\npin = \"GPIO7\"\n", nil, func(b *workbench) {
			b.deaf.Store(cut)
			turning(t, b.table, 4*time.Second)
			s := b.table.State()
			if missed := s.Fault == turntable.Drifted; missed != cut || (s.Done > 0) == cut {
				t.Errorf("wire cut: %t, %+v", cut, s)
			}
		})
	}
}

func TestAGearedMotorFeelsABlockedTableAndADirectOneIsNotBelieved(t *testing.T) {
	for _, wiring := range []string{"", "[turntable.diag]\npin = \"GPIO8\"\n"} {
		onChip(t, wiring, func(c *config.Turntable) { c.Gear = 20 }, func(b *workbench) {
			turning(t, b.table, 3*time.Second)
			b.chip.Block(true)
			b.keep(200 * time.Millisecond)
			if s := b.table.State(); s.Fault != turntable.Stalled || s.Power {
				t.Errorf("blocked at a gear of 20: %+v", s)
			}
		})
		onChip(t, wiring, nil, func(b *workbench) {
			turning(t, b.table, 30*time.Second)
			if s := b.table.State(); s.Fault != "" || !s.Moving {
				t.Errorf("free without a gear: %+v", s)
			}
		})
	}
}

func TestADriverThatComplainsOfASlowMotorIsNotBelieved(t *testing.T) {
	onChip(t, "[turntable.diag]\npin = \"GPIO8\"\n", func(c *config.Turntable) { c.Gear = 20 }, func(b *workbench) {
		b.grumbles.Store(true)
		turning(t, b.table, 3*time.Second)
		if s := b.table.State(); s.Fault != "" || !s.Moving {
			t.Errorf("%+v", s)
		}
	})
}

func TestAMotorDriverThatIsPluggedInAgainTurnsTheTableAfterClear(t *testing.T) {
	onChip(t, "", nil, func(b *workbench) {
		turning(t, b.table, time.Second)
		b.chip.PullAdapter()
		b.keep(time.Second)
		if s := b.table.State(); s.Fault != turntable.DriveLost || s.Power {
			t.Errorf("without its adapter: %+v", s)
		}
		b.chip.PlugAdapter()
		if err := b.table.Clear(); err != nil {
			t.Fatal(err)
		}
		turning(t, b.table, 2*time.Second)
		if s := b.table.State(); b.opened() != 2 || s.Fault != "" || b.chip.Speed() == 0 {
			t.Errorf("the port was opened %d times, %+v", b.opened(), s)
		}
	})
}

func TestASpeedThatADriveCannotKeepIsRefusedWithTheMend(t *testing.T) {
	for drive, gear := range map[string]float64{"tmc2209": 100, "step": 50} {
		wiring := chipTable + "[turntable.step]\npin = \"GPIO20\"\nresistor = \"down\"\n[turntable.dir]\npin = \"GPIO26\"\n"
		_, err := fit(t, wiring, func(c *config.Config) { c.Turntable.Drive, c.Turntable.Gear = drive, gear })
		if err == nil || !strings.Contains(err.Error(), "turntable.speed of 60") || !strings.Contains(err.Error(), "lower the speed") {
			t.Errorf("%s: %v", drive, err)
		}
	}
}

func TestATableTurnsNoFasterThanItsSettingAllows(t *testing.T) {
	onChip(t, "", func(c *config.Turntable) { c.Speed = 30 }, func(b *workbench) {
		turning(t, b.table, 3*time.Second) // at 45 degrees a second
		if want := 30.0 * 200 * 256 / 360; math.Abs(b.chip.Speed()/want-1) > 0.02 {
			t.Errorf("the chip makes %.0f microsteps a second, want %.0f", b.chip.Speed(), want)
		}
	})
}
