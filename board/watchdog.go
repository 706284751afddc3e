package board

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Watchdog restarts the machine when nobody feeds it. The loop that feeds it
// must be the one whose hang matters.
type Watchdog struct {
	timeout time.Duration

	mu     sync.Mutex
	device watchdogDevice // nil = closed
}

// watchdogDevice is /dev/watchdog (the kernel's
// Documentation/watchdog/watchdog-api.rst).
type watchdogDevice interface {
	Write(p []byte) (int, error)
	Close() error
	// SetTimeout asks for whole seconds and returns what was granted.
	SetTimeout(seconds int) (int, error)
}

// OpenWatchdog starts the watchdog: from now on the machine restarts after
// timeout, rounded up to whole seconds, without Feed. A Pi's takes at most 15 s.
func OpenWatchdog(path string, timeout time.Duration) (*Watchdog, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("watchdog: %w", explainFile(path, err, "add dtparam=watchdog=on to /boot/firmware/config.txt and restart"))
	}
	return startWatchdog(watchdogFile{f}, timeout)
}

func startWatchdog(device watchdogDevice, timeout time.Duration) (*Watchdog, error) {
	want := int((timeout + time.Second - 1) / time.Second)
	got, err := device.SetTimeout(max(want, 1))
	if err == nil && got <= 0 {
		err = fmt.Errorf("it grants %d s", got)
	}
	w := &Watchdog{timeout: time.Duration(got) * time.Second, device: device}
	if err != nil {
		// It runs since it was opened: a box without a feeder would restart.
		return nil, fmt.Errorf("watchdog: no timeout of %v: choose another: %w", timeout, errors.Join(err, w.Close()))
	}
	return w, nil
}

// Timeout is what the device granted; feed it three times as often.
func (w *Watchdog) Timeout() time.Duration { return w.timeout }

// Feed puts the restart off for another Timeout.
func (w *Watchdog) Feed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.device == nil {
		return errors.New("watchdog: it is closed: open it again")
	}
	if _, err := w.device.Write([]byte{'.'}); err != nil {
		return fmt.Errorf("watchdog: feed: %w", err)
	}
	return nil
}

// Close stops the watchdog and lets it go: the letter V says that no crash is
// the reason. Without Close the machine restarts.
func (w *Watchdog) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.device == nil {
		return nil
	}
	_, err := w.device.Write([]byte{'V'})
	err = errors.Join(err, w.device.Close())
	w.device = nil
	if err != nil {
		return fmt.Errorf("watchdog: close: %w", err)
	}
	return nil
}

type watchdogFile struct{ *os.File }

func (f watchdogFile) SetTimeout(seconds int) (int, error) {
	fd := int(f.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.WDIOC_SETTIMEOUT, seconds); err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
		return 0, err // a fixed timeout is read below
	}
	return unix.IoctlGetInt(fd, unix.WDIOC_GETTIMEOUT)
}
