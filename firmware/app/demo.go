package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"studiobox/board/sim"
	"studiobox/encoder/testcam"
	"studiobox/firmware/config"
	"studiobox/firmware/run"
)

type demoCommand struct {
	Listen string `default:"127.0.0.1:8080" help:"Where the page is served. Other machines, a phone for example, need an address that they can reach, such as :8080; their visitors are let in by a press of the button."`
	Socket string `default:"${socket}" help:"Where status and press find this box."`
}

// Run is the whole world of the box on one machine, until Ctrl-C.
func (c *demoCommand) Run(env *environment) error {
	if done, err := runInUserNamespace(env.ctx); done || err != nil {
		return err
	}
	page, err := listenDemoPage(c.Listen)
	if err != nil {
		return err
	}
	d, err := NewDemo(DemoConfig{Page: page, Socket: c.Socket}, env.log)
	if err != nil {
		page.Close()
		return err
	}
	fmt.Fprintf(env.out, "\nstudiobox demo: open %s\n\n", pageURL(page.Addr()))
	return d.Run(env.ctx)
}

// listenDemoPage takes any free port where the usual one is in use.
func listenDemoPage(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		if host, _, split := net.SplitHostPort(address); split == nil {
			return listenPage(net.JoinHostPort(host, "0"))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("page: %w (--listen chooses another address)", err)
	}
	return listener, nil
}

func pageURL(addr net.Addr) string {
	host, port, _ := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return (&url.URL{Scheme: "http", Host: net.JoinHostPort(host, port), Path: "/"}).String()
}

// DemoConfig says what a demo needs from the outside.
type DemoConfig struct {
	Page   net.Listener
	Socket string
}

// Demo is a studio, a camera, a box, a line, an ingest and a broker in one process.
type Demo struct {
	box    *box
	camera *testcam.Camera
	line   *demoLine
	ingest *demoIngest
	broker *demoBroker
	dir    string
}

// NewDemo wires the demo. Only Run starts anything.
func NewDemo(cfg DemoConfig, log *slog.Logger) (*Demo, error) {
	d := &Demo{}
	twin := sim.New(nil)
	hw, err := simulatedHardware(twin)
	if err != nil {
		return nil, err
	}
	if d.camera, err = newDemoCamera(twin, log); err != nil {
		return nil, err
	}
	if d.broker, err = newDemoBroker(); err != nil {
		return nil, err
	}
	d.line = newDemoLine()
	if d.ingest, err = newDemoIngest(d.line, log); err != nil {
		return nil, err
	}
	if d.dir, err = os.MkdirTemp("", "studiobox-demo-"); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	if err := d.makeBox(cfg, hw, log); err != nil {
		_ = os.RemoveAll(d.dir) // the error at hand says more
		return nil, err
	}
	d.ingest.tile = d.box.page.Ingest()
	return d, nil
}

func (d *Demo) makeBox(cfg DemoConfig, hw hardware, log *slog.Logger) error {
	settings, err := d.settings()
	if err != nil {
		return err
	}
	d.box, err = newBox(boxConfig{
		Settings: settings, Hardware: hw, Socket: cfg.Socket, Page: cfg.Page, Dial: d.line.dial(),
		Demo: &demoHooks{Line: d.line.control(), Fill: d.fill},
	}, log)
	return err
}

// settings is a box.toml like any other, so that the demo takes the same road.
func (d *Demo) settings() (*config.Config, error) {
	path := filepath.Join(d.dir, "box.toml")
	text := fmt.Sprintf(`
[box]
id = "SB-DEMO01"
tenant = "demo"
board = "sim"
data_dir = %q
[camera]
url = %q
transport = "tcp"
[uplink]
url = %q
[mqtt]
broker = %q
[limits]
min_disk_mb = 50
`, d.dir, d.camera.URL("main"), d.ingest.url(), d.broker.url())
	if err := os.WriteFile(path, []byte(strings.TrimSpace(text)), 0o600); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return config.Load(path)
}

// Run is the demo at work, until ctx ends.
func (d *Demo) Run(ctx context.Context) error {
	defer os.RemoveAll(d.dir)
	parts := []run.Part{
		{Name: "camera", Run: d.camera.Run},
		{Name: "ingest", Run: d.ingest.Run},
		{Name: "broker", Run: d.broker.Run},
		{Name: "box", Run: d.box.Run},
	}
	if d.line.emulated != nil {
		parts = append(parts, run.Part{Name: "line", Run: d.line.emulated.Run})
	}
	return run.Together(ctx, 2*time.Second, parts...)
}
