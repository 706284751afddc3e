package conform

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"periph.io/x/conn/v3/gpio"

	"studiobox/board"
	"studiobox/board/profile"
)

// The tests of this file need a real kernel with gpio-sim, whose chip has lines
// GPIO0 to GPIO31 (profile lab). Compile them with `go test -c ./board/conform`
// and run the program there as root; elsewhere they are skipped.

// kernelRig is a pin of the board on a simulated chip of the kernel.
type kernelRig struct {
	pin gpio.PinIO
	dir string // sysfs directory of the line
}

func (r kernelRig) Pin() gpio.PinIO { return r.pin }

func (r kernelRig) Drive(level gpio.Level) error {
	pull := "pull-down"
	if level == gpio.High {
		pull = "pull-up"
	}
	return os.WriteFile(filepath.Join(r.dir, "pull"), []byte(pull), 0)
}

func (r kernelRig) Meter() (gpio.Level, error) {
	text, err := os.ReadFile(filepath.Join(r.dir, "value"))
	return strings.TrimSpace(string(text)) == "1", err
}

// lineDir is where the kernel shows a line of the simulated chip; it skips the
// test where there is none.
func lineDir(t *testing.T, pin string) string {
	t.Helper()
	name := "sim_gpio" + strings.TrimPrefix(pin, "GPIO")
	dirs, _ := filepath.Glob("/sys/devices/platform/gpio-sim.*/gpiochip*/" + name)
	if len(dirs) == 0 {
		t.Skip("SKIPPED LOUDLY, needs a kernel with a gpio-sim chip")
	}
	return dirs[0]
}

func lab(t *testing.T) profile.Profile {
	t.Helper()
	p, err := profile.Load("lab")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestKernelPinsConform(t *testing.T) {
	p := lab(t)
	home, _ := p.Wire(profile.TurntableHome)
	dir := lineDir(t, home.Pin)
	// Standard input must outlive a second name of the same chip, as on a Pi.
	second := "/dev/gpiochip99"
	if err := os.Symlink("gpiochip0", second); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Remove(second) }()
	var before, after syscall.Stat_t
	must(t, syscall.Fstat(0, &before))
	b, err := board.Open(p)
	must(t, err)
	defer func() { must(t, b.Close()) }()
	if err := syscall.Fstat(0, &after); err != nil || after.Ino != before.Ino {
		t.Errorf("descriptor 0 was closed: %v", err)
	}
	pin, err := b.Pin(profile.TurntableHome)
	must(t, err)
	Pins(t, kernelRig{pin, dir})

	t.Run("a line that is held is refused with the name of its holder", func(t *testing.T) {
		_, err := board.Open(p, profile.PowerCamera)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("@%d", os.Getpid())) {
			t.Errorf("got %v", err)
		}
	})
}
