package main

import (
	"fmt"
	"strings"
)

// kind is one sort of machine.
type kind struct {
	name    string
	arch    string // Debian's and Go's name
	qemu    string
	options []string
	console string // the kernel's name of the serial line
	// alone: no bus for a network or a folder of the host; all that it needs
	// goes into the initramfs and only names are checked.
	alone bool
}

func kinds() []kind {
	return []kind{
		{
			name: "amd64", arch: "amd64", qemu: "qemu-system-x86_64", console: "ttyS0",
			options: []string{"-M", "q35", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max", "-smp", "2", "-m", "1024"},
		},
		{
			name: "arm64", arch: "arm64", qemu: "qemu-system-aarch64", console: "ttyAMA0",
			options: []string{"-M", "virt", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "cortex-a72", "-smp", "2", "-m", "1024"},
		},
		{
			name: "raspi3b", arch: "arm64", qemu: "qemu-system-aarch64", console: "ttyAMA0", alone: true,
			options: []string{"-M", "raspi3b", "-accel", "tcg,thread=multi,tb-size=512"},
		},
	}
}

func machineNames() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

func machineNamed(name string) (kind, error) {
	for _, k := range kinds() {
		if k.name == name {
			return k, nil
		}
	}
	return kind{}, fmt.Errorf("there is no machine %q: choose of %s", name, strings.Join(machineNames(), ", "))
}
