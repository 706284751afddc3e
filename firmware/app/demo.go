package app

import (
	"cmp"
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

	Fleet       string `placeholder:"tcp://HOST:PORT" help:"Join this broker, such as that of studiofleet demo, instead of starting one."`
	CommandKeys string `type:"existingfile" placeholder:"FILE.jwks" help:"Obey commands that are signed with these keys."`
	Looks       string `type:"existingfile" placeholder:"FILE.toml" help:"Looks of one's own beside the built-in ones."`
	Tenant      string `default:"demo" help:"The bank that this box belongs to, for the broker."`
	Box         string `default:"SB-DEMO01" help:"Who this box is, for the broker."`
}

// Run is the whole world of the box on one machine, until Ctrl-C. Where systemd
// would start a real box again, it begins anew by itself.
func (c *demoCommand) Run(env *environment) error {
	if done, err := runInUserNamespace(env.ctx); done || err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "studiobox-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer os.RemoveAll(dir)
	cfg := DemoConfig{Socket: c.Socket, Dir: dir, Fleet: c.Fleet, CommandKeys: c.CommandKeys, Looks: c.Looks, Tenant: c.Tenant, Box: c.Box}
	for {
		if cfg.Page, err = listenDemoPage(c.Listen); err != nil {
			return err
		}
		d, err := NewDemo(cfg, env.log)
		if err != nil {
			cfg.Page.Close()
			return err
		}
		c.Listen = cfg.Page.Addr().String() // the same after a restart
		fmt.Fprintf(env.out, "\nstudiobox demo: open %s\n\n", pageURL(cfg.Page.Addr()))
		if err := d.Run(env.ctx); !errors.Is(err, errRestart) {
			return err
		}
		env.log.Info("the demo begins anew, as was ordered")
	}
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
	// Dir is where settings and data are kept; empty = a directory of its own,
	// which is gone when Run returns.
	Dir string
	// Fleet is an outside broker; empty = one of the demo's own.
	Fleet string
	// CommandKeys is a file of public keys; empty = nobody is obeyed.
	CommandKeys string
	// Looks is a file of looks, as studio.looks names one; empty = the built-in ones.
	Looks string
	// Tenant and Box are who the box is; empty = demo and SB-DEMO01.
	Tenant, Box string
}

// Demo is a studio, a camera, a box, a line, an ingest and a broker in one process.
type Demo struct {
	box    *box
	camera *testcam.Camera
	line   *demoLine
	ingest *demoIngest
	broker *demoBroker // nil with an outside one
	dir    string
	own    bool // the directory goes with the demo
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
	if cfg.Fleet == "" {
		if d.broker, err = newDemoBroker(); err != nil {
			return nil, err
		}
		cfg.Fleet = d.broker.url()
	}
	d.line = newDemoLine()
	if d.ingest, err = newDemoIngest(d.line, log); err != nil {
		return nil, err
	}
	if d.dir = cfg.Dir; d.dir == "" {
		d.own = true
		if d.dir, err = os.MkdirTemp("", "studiobox-demo-"); err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
	}
	if err := d.makeBox(cfg, hw, log); err != nil {
		d.clear()
		return nil, err
	}
	d.ingest.tile = d.box.page.Ingest()
	return d, nil
}

func (d *Demo) makeBox(cfg DemoConfig, hw hardware, log *slog.Logger) error {
	settings, err := d.settings(cfg)
	if err != nil {
		return err
	}
	d.box, err = newBox(boxConfig{
		Settings: settings, Files: settings.Files(d.file()), Hardware: hw, Socket: cfg.Socket, Page: cfg.Page, Dial: d.line.dial(),
		Demo: &demoHooks{Line: d.line.control(), Fill: d.fill},
	}, log)
	return err
}

// settings is a box.toml like any other, so that the demo takes the same road.
func (d *Demo) settings(cfg DemoConfig) (*config.Config, error) {
	keys, err := fileSetting("command_keys", cfg.CommandKeys)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	looks, err := fileSetting("looks", cfg.Looks)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	text := fmt.Sprintf(`
[box]
id = %q
tenant = %q
board = "sim"
data_dir = %q
[camera]
url = %q
transport = "tcp"
[uplink]
url = %q
[mqtt]
broker = %q
%s
[studio]
%s
[limits]
min_disk_mb = 50
`, cmp.Or(cfg.Box, "SB-DEMO01"), cmp.Or(cfg.Tenant, "demo"), filepath.Join(d.dir, "data"),
		d.camera.URL("main"), d.ingest.url(), cfg.Fleet, keys, looks)
	if err := os.WriteFile(d.file(), []byte(strings.TrimSpace(text)), 0o600); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return config.Load(d.file())
}

// fileSetting is the line of settings that names a file; none for no file.
func fileSetting(key, path string) (line string, err error) {
	if path == "" {
		return "", nil
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s = %q", key, path), nil
}

// file is the demo's box.toml; the data is kept apart from it.
func (d *Demo) file() string { return filepath.Join(d.dir, "box.toml") }

// clear removes the directory if it is the demo's own.
func (d *Demo) clear() {
	if d.own {
		_ = os.RemoveAll(d.dir) // what stays in a temporary directory harms nobody
	}
}

// Run is the demo at work, until ctx ends.
func (d *Demo) Run(ctx context.Context) error {
	defer d.clear()
	parts := []run.Part{
		{Name: "camera", Run: d.camera.Run},
		{Name: "ingest", Run: d.ingest.Run},
		{Name: "box", Run: d.box.Run},
	}
	if d.broker != nil {
		parts = append(parts, run.Part{Name: "broker", Run: d.broker.Run})
	}
	if d.line.emulated != nil {
		parts = append(parts, run.Part{Name: "line", Run: d.line.emulated.Run})
	}
	return run.Together(ctx, 2*time.Second, parts...)
}
