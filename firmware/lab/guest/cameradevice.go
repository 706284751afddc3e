package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ownDevice is the kernel's emulated camera, vivid.
const ownDevice = "/dev/video0"

// Controls of linux/v4l2-controls.h, and one of vivid's own (vivid-ctrls.c).
const (
	autoGain = 0x00980912
	gain     = 0x00980913
	// writing is what vivid writes into its picture: counting leaves the bars bare.
	writing, counting = 0x00f0f001, 1
)

// deviceSuite is encoder/gst as a test program.
const deviceSuite = "/lab/gst.test"

// deviceFilms runs its tests of a V4L2 device on the kernel's camera.
func deviceFilms(ctx context.Context) (string, error) {
	if err := plugIn(); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, deviceSuite, "-test.v", "-test.run", "V4L2Device")
	cmd.Env = append(os.Environ(), "STUDIOBOX_V4L2="+ownDevice, "GST_REGISTRY_1_0=/tmp/gstreamer.bin")
	passed, err := runSuite(cmd)
	if err != nil {
		return "", fmt.Errorf("encoder/gst's tests of a V4L2 device: %w", err)
	}
	return fmt.Sprintf("%d tests of encoder/gst passed on vivid", passed), nil
}

// plugIn loads the camera and brings in GStreamer, as a system has it. A second
// time does only what is undone.
func plugIn() error {
	if _, err := os.Stat(ownDevice); err != nil {
		if err := loadCamera(); err != nil {
			return err
		}
	}
	return setControl(writing, counting)
}

func loadCamera() error {
	if err := os.MkdirAll("/usr", 0o755); err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	if err := unix.Mount("gstreamer", "/usr", "9p", unix.MS_RDONLY, "trans=virtio,version=9p2000.L,cache=loose,msize=262144"); err != nil {
		return fmt.Errorf("camera: GStreamer's folder on the host: %w", err)
	}
	modules, _ := filepath.Glob("/lab/vivid/*.ko") // the pattern is ours
	for _, path := range modules {
		if err := load(path); err != nil {
			return err
		}
	}
	if _, err := os.Stat(ownDevice); err != nil {
		return fmt.Errorf("camera: after %d modules: %w", len(modules), err)
	}
	return nil
}

// load loads a module; vivid knows the word, the others pass it over.
func load(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	defer f.Close()
	const captureOnly = "node_types=0x1"
	if err := unix.FinitModule(int(f.Fd()), captureOnly, 0); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("camera: module %s: %w", filepath.Base(path), err)
	}
	return nil
}

// cameraDriver is where the kernel lets devices be taken from a driver.
const cameraDriver = "/sys/bus/platform/drivers/vivid/"

// pullOut takes the camera away, whoever films with it.
func pullOut() error { return bind("unbind") }

// putBack gives it back, with nothing set.
func putBack() error {
	if err := bind("bind"); err != nil {
		return err
	}
	return setControl(writing, counting)
}

func bind(order string) error {
	if err := os.WriteFile(cameraDriver+order, []byte("vivid.0"), 0o200); err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	return nil
}

// oneControl is struct v4l2_control of the kernel's include/uapi/linux/videodev2.h.
type oneControl struct {
	id    uint32
	value int32
}

// The requests of that file that read and set one.
const (
	getControl   = 0xc008561b
	writeControl = 0xc008561c
)

// control is what the kernel has for a control.
func control(id uint32) (int32, error) {
	c := oneControl{id: id}
	err := order(getControl, &c)
	return c.value, err
}

func setControl(id uint32, value int32) error { return order(writeControl, &oneControl{id, value}) }

func order(request uintptr, c *oneControl) error {
	f, err := os.OpenFile(ownDevice, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	defer f.Close()
	return ioctl(f, request, unsafe.Pointer(c))
}
