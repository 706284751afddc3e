package board

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"

	"studiobox/board/profile"
)

// notSupported is the kernel's own ENOTSUPP, which leaks out of GPIO drivers.
const notSupported = syscall.Errno(524)

// errnoOf finds the kernel's answer in an error. periph keeps only its text.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	for _, errno := range []syscall.Errno{syscall.EBUSY, syscall.EIO, syscall.EINVAL, syscall.ENXIO,
		syscall.EOPNOTSUPP, syscall.EPERM, syscall.ENODEV, notSupported} {
		if strings.HasSuffix(err.Error(), errno.Error()) {
			return errno
		}
	}
	return 0
}

// explainLine says what a refused line means and how to mend it.
func explainLine(err error, w profile.Wire, holder string) error {
	switch errnoOf(err) {
	case syscall.EBUSY:
		if holder == "" {
			return fmt.Errorf("line %s is held by another program: `gpioinfo` names it; stop it, or choose another pin: %w", w.Pin, err)
		}
		return fmt.Errorf("line %s is held by %q: stop it, or choose another pin: %w", w.Pin, holder, err)
	case syscall.EIO, syscall.EINVAL, syscall.ENXIO, syscall.EOPNOTSUPP, notSupported:
		way := "input"
		if w.Output {
			way = "output"
		}
		return fmt.Errorf("line %s is of the wrong kind, the chip refuses it as an %s: choose another pin: %w", w.Pin, way, err)
	case syscall.ENODEV:
		return fmt.Errorf("line %s: its chip is gone: plug it in again and restart: %w", w.Pin, err)
	}
	return fmt.Errorf("line %s: %w", w.Pin, err)
}

// explainFile says why a device file does not open; gone is the mend where it
// is not there.
func explainFile(path string, err error, gone string) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ENODEV):
		return fmt.Errorf("%s is not there: %s", path, gone)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("no permission on %s: %s", path, mend(path))
	case errors.Is(err, syscall.EBUSY):
		return fmt.Errorf("%s is held by another program: `fuser -v %s` names it; stop it", path, path)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// mend says which group opens a device file.
func mend(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "run as root"
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Gid == 0 || info.Mode().Perm()&0o060 != 0o060 {
		return "run as root, or give the device to a group by a udev rule (group gpio, mode 0660)"
	}
	group := strconv.Itoa(int(stat.Gid))
	if g, err := user.LookupGroupId(group); err == nil {
		group = g.Name
	}
	return fmt.Sprintf("join the group %s (sudo usermod -aG %s $USER, then log in again)", group, group)
}
