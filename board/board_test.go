package board

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/gpio"

	"studiobox/board/profile"
)

// bench is a machine with the lines of a Pi and one readable chip.
type bench struct {
	machine
	lines map[string]*faulty
}

func newBench(t *testing.T, names ...string) *bench {
	b := &bench{lines: map[string]*faulty{}}
	b.root = t.TempDir()
	put(t, b.root, "dev/gpiochip0", "")
	b.pwm = newPWMUnits(b.root)
	for _, name := range names {
		b.lines[name] = newFaulty(name)
	}
	b.start = func() error { return nil }
	b.byName = func(name string) gpio.PinIO {
		if l, ok := b.lines[name]; ok {
			return l
		}
		return nil
	}
	b.lineOf = func(pin gpio.PinIO) kernelLine { return faultyKernel{pin.(*faulty)} }
	return b
}

func rpi4(t *testing.T) profile.Profile {
	t.Helper()
	p, err := profile.Load("rpi4")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestOpenPutsEveryPinIntoTheStateThatDoesNothing(t *testing.T) {
	m := newBench(t, "GPIO17", "GPIO27")
	b, err := open(rpi4(t), m.machine)
	if err != nil {
		t.Fatal(err)
	}
	if f := m.lines["GPIO17"]; f.output || f.pull != gpio.PullUp {
		t.Errorf("button: output %v, pull %v", f.output, f.pull)
	}
	lamp := m.lines["GPIO27"]
	if !lamp.output || lamp.level != gpio.Low {
		t.Errorf("lamp: output %v, level %v", lamp.output, lamp.level)
	}
	pin, err := b.Pin(profile.LampAir)
	if err != nil {
		t.Fatal(err)
	}
	if err := pin.Out(gpio.High); err != nil || lamp.level != gpio.High {
		t.Errorf("lamp does not follow: %v", err)
	}
	if err := b.Halt(); err != nil || lamp.level != gpio.Low {
		t.Errorf("lamp is %v after Halt: %v", lamp.level, err)
	}
}

func TestAnActiveLowOutputRestsHigh(t *testing.T) {
	p, err := profile.Parse("relay", []byte("[button.golive]\npin=\"A\"\n[lamp.air]\npin=\"B\"\nactive=\"low\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := newBench(t, "A", "B")
	b, err := open(p, m.machine)
	if err != nil {
		t.Fatal(err)
	}
	if !m.lines["B"].level {
		t.Error("the relay pulls from the start")
	}
	m.lines["B"].level = gpio.Low
	if err := b.Halt(); err != nil || !m.lines["B"].level {
		t.Errorf("the relay pulls after Halt: %v", err)
	}
}

func TestHaltGoesOnAfterABrokenLine(t *testing.T) {
	p, err := profile.Parse("two", []byte("[button.golive]\npin=\"A\"\n[lamp.air]\npin=\"B\"\n[lamp.red]\npin=\"C\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := newBench(t, "A", "B", "C")
	b, err := open(p, m.machine)
	if err != nil {
		t.Fatal(err)
	}
	m.lines["B"].err = errors.New("line is gone")
	m.lines["C"].level = gpio.High
	if err := b.Halt(); err == nil || err.Error() != "board: role lamp.air on B: line is gone" {
		t.Errorf("got %v", err)
	}
	if m.lines["C"].level == gpio.High {
		t.Error("the lamp after the broken one still shines")
	}
}

func TestOpenNamesTheRoleAndTheMend(t *testing.T) {
	busy := newBench(t, "GPIO17", "GPIO27")
	busy.lines["GPIO27"].err = fmt.Errorf("line_request ioctl: %w", syscall.EBUSY)
	broken := newBench(t, "GPIO17", "GPIO27")
	broken.lines["GPIO17"].err = syscall.EIO
	noChip := newBench(t)
	noChip.root = t.TempDir()
	deaf := newBench(t)
	deaf.start = func() error { return errors.New("GPIO drivers: no") }
	for _, c := range []struct {
		m    *bench
		want []string
	}{
		{busy, []string{"lamp.air", "GPIO27", "held by another program", "gpioinfo"}},
		{broken, []string{"button.golive", "GPIO17", "input/output error"}},
		{newBench(t, "GPIO17"), []string{"lamp.air", "no line GPIO27", "gpioinfo"}},
		{noChip, []string{"no GPIO chip", "studiobox demo"}},
		{deaf, []string{"GPIO drivers: no"}},
	} {
		_, err := open(rpi4(t), c.m.machine)
		if err == nil {
			t.Errorf("no error; want %q", c.want)
			continue
		}
		for _, want := range append(c.want, "board rpi4: ") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
	}
}

func TestWithoutPermissionTheGroupIsNamed(t *testing.T) {
	m := newBench(t)
	chip := filepath.Join(m.root, "dev/gpiochip0")
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED LOUDLY, needs root: to give a device file to another group and then open it as nobody")
	}
	for _, c := range []struct {
		mode os.FileMode
		gid  int
		want string
	}{
		{0o660, 5, "join the group tty (sudo usermod -aG tty"},
		{0o660, 59999, "join the group 59999"},
		{0o600, 5, "udev rule"},
		{0o660, 0, "udev rule"},
	} {
		if err := errors.Join(os.Chown(chip, 0, c.gid), os.Chmod(chip, c.mode), os.Chmod(m.root, 0o755),
			os.Chmod(filepath.Dir(m.root), 0o755)); err != nil {
			t.Fatal(err)
		}
		err := asNobody(t, m.ready)
		if err == nil || !strings.Contains(err.Error(), "no permission on "+chip) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("mode %o, group %d: %v, want %q", c.mode, c.gid, err, c.want)
		}
	}
}

// asNobody runs f on a thread whose file access is that of nobody; the thread
// ends with the goroutine and takes the identity with it.
func asNobody(t *testing.T, f func() error) error {
	t.Helper()
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		// The raw call changes this thread only.
		if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); errno != 0 {
			result <- errno
			return
		}
		if err := errors.Join(unix.Setfsgid(65534), unix.Setfsuid(65534)); err != nil {
			result <- err
			return
		}
		result <- f()
	}()
	return <-result
}

func TestDescriptorZeroSurvivesADriverThatClosesIt(t *testing.T) {
	before := identity(0)
	if before == (struct{ dev, ino uint64 }{}) {
		t.Skip("descriptor 0 is closed in this run: nothing to lose")
	}
	err := keepDescriptor0(func() error { return unix.Close(0) })
	if err != nil || identity(0) != before {
		t.Errorf("descriptor 0 is %v, was %v: %v", identity(0), before, err)
	}
}

func TestAFailingDriverStillGetsItsErrorOut(t *testing.T) {
	want := errors.New("no")
	if err := keepDescriptor0(func() error { return want }); !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
}

func TestARoleThatIsNotFittedIsNamed(t *testing.T) {
	m := newBench(t, "GPIO17", "GPIO27")
	b, err := open(rpi4(t), m.machine)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Pin(profile.LampRed); err == nil || !strings.Contains(err.Error(), "lamp.red") {
		t.Errorf("got %v", err)
	}
}

func TestTheRealMachineAnswersInWords(t *testing.T) {
	chips, _ := filepath.Glob("/dev/gpiochip*")
	if len(chips) > 0 {
		t.Skip("this machine has GPIO chips: a test must not take hold of them")
	}
	if _, err := Open(rpi4(t)); err == nil || !strings.Contains(err.Error(), "no GPIO chip") {
		t.Errorf("got %v", err)
	}
	// periph itself, which finds nothing here, must say so and no worse.
	if err := startPeriph(); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}
