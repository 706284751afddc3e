package board

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Unknown stands for a figure that this machine does not tell.
const Unknown = -1

// Power is what the supply's monitor says.
type Power uint8

// The answers of the monitor.
const (
	PowerUnknown Power = iota // no monitor on this machine
	PowerGood
	PowerLow // under-voltage now, or since the last look
)

// Vitals is how the computer fares. A probe that fails is a datum, not an
// error: numbers are Unknown, texts empty.
type Vitals struct {
	Model      string
	Serial     string
	CPUPercent float64 // of all cores, since the last look
	MemPercent float64 // not available to a new program
	TempC      float64
	DiskFreeMB int // for an unprivileged program, 10^6 bytes
	// DiskWornPercent of the life of the eMMC: 10 to 100, 110 beyond it.
	DiskWornPercent int
	DiskLife        Life
	Power           Power
	Throttling      Throttling
	// ClockSane is false for a clock that is certainly wrong, as after a power
	// cut on a board without a battery.
	ClockSane bool
	// ClockSynced: the kernel takes the clock for synchronised, and it is sane.
	ClockSynced bool
}

// Probe reads the vital signs. Use one, from one goroutine: CPU load is the
// difference between two looks.
type Probe struct {
	// Root is "/", or a tree of files that stands for a machine.
	Root string
	// Disk is the directory whose free space counts; not under Root.
	Disk string
	// ClockFloor is a time that has surely passed, such as that of the build.
	ClockFloor time.Time

	now    func() time.Time
	status func() (int32, error) // the kernel's clock status, STA_*
	busy   uint64                // of the last look, in jiffies
	total  uint64
}

// NewProbe returns a probe of the machine under root and of the free space
// around the directory disk.
func NewProbe(root, disk string) *Probe {
	return &Probe{
		Root: root, Disk: disk,
		// The year in which this was written.
		ClockFloor: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		now:        time.Now, status: clockStatus,
	}
}

// Read takes one look; a few file reads, so once a second is cheap.
func (p *Probe) Read() Vitals {
	sane := p.now().After(p.ClockFloor)
	status, err := p.status()
	throttling := p.throttling()
	worn, life := p.wear()
	return Vitals{
		Model:      p.text("proc/device-tree/model"),
		Serial:     p.text("proc/device-tree/serial-number"),
		CPUPercent: p.cpuPercent(),
		MemPercent: p.memPercent(),
		TempC:      p.tempC(),
		DiskFreeMB: diskFreeMB(p.Disk),
		Power:      p.power(throttling),
		Throttling: throttling, DiskWornPercent: worn, DiskLife: life,
		ClockSane:   sane,
		ClockSynced: sane && err == nil && status&unix.STA_UNSYNC == 0,
	}
}

// text reads a small file, without the zero byte that ends device tree texts.
func (p *Probe) text(name string) string {
	raw, err := os.ReadFile(filepath.Join(p.Root, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(bytes.TrimRight(raw, "\x00")))
}

// tempC reads the first thermal zone, which on every Pi is the processor.
func (p *Probe) tempC() float64 {
	milli, err := strconv.Atoi(p.text("sys/class/thermal/thermal_zone0/temp"))
	if err != nil {
		return Unknown
	}
	return float64(milli) / 1000
}

func diskFreeMB(dir string) int {
	var stat unix.Statfs_t
	if unix.Statfs(dir, &stat) != nil {
		return Unknown
	}
	return int(stat.Bavail * uint64(stat.Bsize) / 1e6)
}

// clockStatus reads the kernel's status bits; with Modes zero it changes none.
func clockStatus() (int32, error) {
	var t unix.Timex
	_, err := unix.Adjtimex(&t)
	return t.Status, err
}
