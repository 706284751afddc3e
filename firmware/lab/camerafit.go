package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// cameraStories film with a camera of the machine's own, the kernel's vivid, and are
// the only ones that need GStreamer.
func cameraStories() []string { return []string{"v4l2", "camera"} }

// ownCamera is that camera: no more pixels than an emulated processor can code.
const ownCamera = "v4l2:/dev/video0 320x180@10"

// cameraLooks are looks of the business's own that set the camera;
// guest/cameratuning.go knows what they ask for.
const cameraLooks = `[daylight]
white_balance = 5600
shutter = "1/20"
gain = 4
[found]
lock = true
`

// films tells whether a machine plays one of them.
func (l *lab) films(k kind) bool {
	asked := func(story string) bool { return slices.Contains(strings.Split(l.only, ","), story) }
	return !k.alone && (l.only == "" || slices.ContainsFunc(cameraStories(), asked))
}

// fitCamera puts the kernel's camera into a machine's folder and GStreamer beside
// it, and returns the options with which qemu shows the latter.
func (l *lab) fitCamera(ctx context.Context, k kind, parts, share string, p *peers) ([]string, error) {
	if !l.films(k) {
		return nil, nil
	}
	gstreamer := filepath.Join(l.cache, k.arch+"-gstreamer")
	if err := shell(ctx, "firmware/lab/camera.sh", k.arch, gstreamer); err != nil {
		return nil, err
	}
	if err := os.CopyFS(filepath.Join(share, "vivid"), os.DirFS(filepath.Join(parts, "vivid"))); err != nil {
		return nil, fmt.Errorf("camera: %w", err)
	}
	if err := compile(ctx, k.arch, "test", "-c", "-o", filepath.Join(share, "gst.test"), "./encoder/gst"); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{
		"camera.toml":       fmt.Sprintf(boxSettings, ownCamera, p.ingestURL, "camera-looks.toml"),
		"camera-looks.toml": cameraLooks,
	} {
		if err := os.WriteFile(filepath.Join(share, name), []byte(text), 0o644); err != nil {
			return nil, fmt.Errorf("camera: %w", err)
		}
	}
	return []string{
		"-fsdev", "local,id=gstreamer,path=" + gstreamer + ",security_model=none,readonly=on",
		"-device", "virtio-9p-pci,fsdev=gstreamer,mount_tag=gstreamer",
	}, nil
}
