package board

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bone is a watchdog device that remembers what it was given.
type bone struct {
	written string
	asked   int
	most    int // seconds
	closed  int
	err     error
}

func (b *bone) Write(p []byte) (int, error) {
	b.written += string(p)
	return len(p), b.err
}

func (b *bone) Close() error { b.closed++; return b.err }

func (b *bone) SetTimeout(seconds int) (int, error) {
	b.asked = seconds
	return min(seconds, b.most), b.err
}

func TestAFedWatchdogStopsOnlyAfterTheLetterV(t *testing.T) {
	b := &bone{most: 15}
	w, err := startWatchdog(b, 9500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if b.asked != 10 || w.Timeout() != 10*time.Second {
		t.Errorf("asked for %d s, granted %v", b.asked, w.Timeout())
	}
	for range 2 {
		if err := w.Feed(); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(b.written, "V") {
		t.Fatal("a meal says that it may stop")
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if b.written != "..V" || b.closed != 1 {
		t.Errorf("written %q, closed %d times", b.written, b.closed)
	}
	if err := w.Feed(); err == nil || b.written != "..V" {
		t.Error("a closed watchdog was fed")
	}
}

func TestTheGrantedTimeoutCounts(t *testing.T) {
	w, err := startWatchdog(&bone{most: 15}, time.Minute)
	if err != nil || w.Timeout() != 15*time.Second {
		t.Errorf("%v, %v", w.Timeout(), err)
	}
}

func TestAWatchdogThatRefusesIsLetGo(t *testing.T) {
	for _, b := range []*bone{{most: 15, err: syscall.EINVAL}, {most: 0}} {
		_, err := startWatchdog(b, time.Second)
		if err == nil || b.written != "V" || b.closed != 1 {
			t.Errorf("written %q, closed %d times: %v", b.written, b.closed, err)
		}
	}
}

func TestABrokenWatchdogSaysSo(t *testing.T) {
	b := &bone{most: 15}
	w, err := startWatchdog(b, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	b.err = syscall.EIO
	if err := w.Feed(); !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v", err)
	}
	if err := w.Close(); !errors.Is(err, syscall.EIO) || b.closed != 1 {
		t.Errorf("got %v", err)
	}
}

func TestAMissingWatchdogIsNamedWithItsMend(t *testing.T) {
	_, err := OpenWatchdog(filepath.Join(t.TempDir(), "watchdog"), time.Second)
	if err == nil || !strings.Contains(err.Error(), "dtparam=watchdog=on") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWatchdog(plain, time.Second); !errors.Is(err, syscall.ENOTTY) {
		t.Errorf("a plain file passes for a watchdog: %v", err)
	}
}
