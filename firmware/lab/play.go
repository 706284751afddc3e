package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"studiobox/board/profile"
)

// play prepares one machine, starts it and hears what its player says.
func (l *lab) play(ctx context.Context, k kind) error {
	parts := filepath.Join(l.cache, k.arch)
	if err := shell(ctx, "firmware/lab/prepare.sh", k.arch, parts); err != nil {
		return err
	}
	folder := filepath.Join(l.cache, "run-"+k.name)
	share := filepath.Join(folder, "share")
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(share, 0o755)); err != nil {
		return err
	}
	p, err := openPeers()
	if err != nil {
		return err
	}
	defer p.close()
	if err := fill(ctx, share, k.arch, p); err != nil {
		return err
	}
	camera, err := l.fitCamera(ctx, k, parts, share, p)
	if err != nil {
		return err
	}
	extra := map[string]string{}
	playing := l.only
	if k.alone {
		playing = "names"
		for _, name := range []string{"guest", "studiobox"} {
			extra["lab/"+name] = filepath.Join(share, name)
		}
	}
	initrd := filepath.Join(folder, "initrd")
	if err := writeInitrd(initrd, parts, extra); err != nil {
		return err
	}
	args := k.arguments(parts, initrd, share, p.dimmer.port(), fmt.Sprintf("LAB_PLAY=%s LAB_FACTS=%s LAB_TIME=%d",
		playing, p.factsURL, time.Now().Unix()))
	return l.hear(ctx, k, append(args, camera...), filepath.Join(folder, "console.log"))
}

// arguments are qemu's. Words with "=" that the kernel does not know become the
// first program's environment.
func (k kind) arguments(parts, initrd, share, dmxPort, environment string) []string {
	args := append([]string{}, k.options...)
	args = append(args, "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot",
		"-kernel", filepath.Join(parts, "vmlinuz"), "-initrd", initrd,
		"-append", "console="+k.console+" quiet panic=-1 "+environment)
	if k.alone {
		return append(args, "-dtb", filepath.Join(parts, "rpi3.dtb"))
	}
	return append(args,
		"-nic", "none", "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
		"-fsdev", "local,id=lab,path="+share+",security_model=none,readonly=on",
		"-device", "virtio-9p-pci,fsdev=lab,mount_tag=lab",
		"-chardev", "socket,id=dmx,host=127.0.0.1,port="+dmxPort,
		"-device", fmt.Sprintf("pci-serial,chardev=dmx,baudbase=%d", dmxClock/16))
}

// dmxClock is that of the port for the lights in Hz: a PC's own port cannot make
// 250000 baud, those of adapters can. guest/uart.go tells the kernel.
const dmxClock = 16_000_000

// fill puts what the machine needs into its folder.
func fill(ctx context.Context, share, arch string, p *peers) error {
	shipped, err := os.ReadFile("bin/studiobox-linux-" + arch)
	if err != nil {
		return fmt.Errorf("%w: run this at the top of the repository, after make cross", err)
	}
	if err := os.WriteFile(filepath.Join(share, "studiobox"), shipped, 0o755); err != nil {
		return err
	}
	if err := compile(ctx, arch, "build", "-trimpath", "-o", filepath.Join(share, "guest"), "./firmware/lab/guest"); err != nil {
		return err
	}
	if err := compile(ctx, arch, "test", "-c", "-o", filepath.Join(share, "conform.test"), "./board/conform"); err != nil {
		return err
	}
	wiring, err := profile.Source("lab")
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"box.toml":   fmt.Sprintf(boxSettings, p.cameraURL, p.ingestURL, "looks.toml"),
		"board.toml": string(wiring) + fmt.Sprintf(lightWires, lampSlot, lampSlot+1),
		"looks.toml": labLooks,
	} {
		if err := os.WriteFile(filepath.Join(share, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// lightWires are the lights that the lab adds to the profile; the player gives the
// port its name.
const lightWires = `
[bus.dmx]
serial = "/dev/serial/by-id/lab-dmx"

[light.key]
channel = "dmx/%d+%d"
`

// labLooks are looks of the business's own that move nothing; guest/light.go
// knows their levels.
const labLooks = `[dim]
lights = { key = 30 }
[bright]
lights = { key = 80 }
`

// boxSettings is the box's one file. The machine has no decoders, so nothing is
// transcoded; its memory is no disk.
const boxSettings = `[box]
id = "SB-00A001"
board = "/lab/board.toml"
data_dir = "/run/studiobox"
[camera]
url = %q
transport = "tcp"
[picture]
transcode = "never"
[uplink]
url = %q
floor = "100k"
[session]
hold_start = "1.0s"
hold_stop = "1.5s"
[studio]
looks = %q
[limits]
min_disk_mb = 10
`

// compile runs the go command for an architecture.
func compile(ctx context.Context, arch string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", args[0], err, out)
	}
	return nil
}

func shell(ctx context.Context, script string, args ...string) error {
	cmd := exec.CommandContext(ctx, script, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", script, err)
	}
	return nil
}
