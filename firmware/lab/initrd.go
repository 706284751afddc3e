package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

// initScript is the machine's first program.
//
//go:embed init
var initScript []byte

// writeInitrd packs the machine's first files as an archive that the kernel
// unpacks (format "newc": Documentation/driver-api/early-userspace). From is
// where prepare.sh left its things; extra maps further paths to files.
func writeInitrd(path, from string, extra map[string]string) error {
	var a archive
	for _, dir := range []string{"bin", "modules", "lib", "lib64", "lab", "proc", "sys", "dev"} {
		a.add(dir, 0o040755, nil)
	}
	a.add("init", 0o100755, initScript)
	files := map[string]string{"bin/busybox": filepath.Join(from, "busybox")}
	for _, dir := range []string{"modules", "lib", "lib64"} {
		found, err := filepath.Glob(filepath.Join(from, dir, "*"))
		if err != nil {
			return fmt.Errorf("initramfs: %w", err)
		}
		for _, file := range found {
			files[dir+"/"+filepath.Base(file)] = file
		}
	}
	for name, file := range extra {
		files[name] = file
	}
	for name, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("initramfs: %w", err)
		}
		a.add(name, 0o100755, content)
	}
	a.add("TRAILER!!!", 0, nil)
	if err := os.WriteFile(path, a.out.Bytes(), 0o644); err != nil {
		return fmt.Errorf("initramfs: %w", err)
	}
	return nil
}

// archive is a cpio archive in the making.
type archive struct {
	out    bytes.Buffer
	number int
}

func (a *archive) add(name string, mode int, content []byte) {
	a.number++
	fmt.Fprintf(&a.out, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		a.number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name)+1, 0)
	a.out.WriteString(name + "\x00")
	a.align()
	a.out.Write(content)
	a.align()
}

// align fills up to a multiple of four bytes, as the format asks after the name
// and after the content.
func (a *archive) align() {
	for a.out.Len()%4 != 0 {
		a.out.WriteByte(0)
	}
}
