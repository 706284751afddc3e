package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
	"studiobox/provisioning/fleet/broker"
	"studiobox/provisioning/fleet/swarm"
)

// The demo's own names. The guest is the box that `studiobox demo` plays.
const (
	demoTenant   = "b-0001"
	guestTenant  = "demo"
	guestBox     = "SB-DEMO01"
	demoAccount  = "console"
	demoPassword = "demo" // for a broker on loopback that ends with the demo
)

type demoCommand struct {
	Listen  string `default:"127.0.0.1:8090" help:"Where the page is served; loopback only."`
	Broker  string `default:"127.0.0.1:1883" help:"Where the broker listens; loopback only."`
	Boxes   int    `default:"200" help:"How many simulated boxes."`
	Metrics string `default:"127.0.0.1:9464" help:"Where /metrics and /healthz are served."`
	Seed    uint64 `default:"1" help:"The same seed gives the same troubles."`
}

// Run is a whole fleet side on one machine until Ctrl-C: broker, console with
// its database, boxes with troubles, and a key to sign with.
func (c *demoCommand) Run(env *environment) error {
	if c.Boxes < 1 || c.Boxes > 5000 {
		return errors.New("--boxes must be 1 to 5000: broker and boxes are one process here")
	}
	if err := needFiles(uint64(2*c.Boxes) + 200); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "studiofleet-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	d, err := newDemo(env, c, dir)
	if err != nil {
		return err
	}
	defer d.desk.close()
	d.greet(env.out)
	group, ctx := errgroup.WithContext(env.ctx)
	for _, part := range []func(context.Context) error{d.broker.Run, d.desk.Run, d.swarm.Run} {
		group.Go(func() error { return part(ctx) })
	}
	return group.Wait()
}

// demo is the fleet side in one process.
type demo struct {
	dir, url, page, link string
	broker               *broker.Broker
	desk                 *desk
	swarm                *swarm.Swarm
}

func newDemo(env *environment, c *demoCommand, dir string) (*demo, error) {
	d := &demo{dir: dir}
	boxes := swarm.Roll(c.Boxes, []string{demoTenant, "b-0002", "b-0003"})
	if err := demoFiles(dir, boxes); err != nil {
		return nil, err
	}
	listed, err := readBoxList(d.path("boxes.csv"))
	if err != nil {
		return nil, err
	}
	listener, err := listenFree(c.Broker)
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	d.url = "tcp://" + listener.Addr().String()
	d.broker, err = broker.New(broker.Config{
		Doors:    []broker.Door{{Name: "loopback", Listener: listener, Proof: broker.ByWord}},
		Tenant:   tenants(listed),
		Accounts: []broker.Account{{Name: demoAccount, Password: demoPassword, Role: broker.RoleConsole}},
	}, env.log)
	if err != nil {
		return nil, err
	}
	if err := d.open(env, c); err != nil {
		return nil, err
	}
	if d.swarm, err = d.populate(env, c, boxes); err != nil {
		d.desk.close()
	}
	return d, err
}

// populate makes the boxes. Ops have shut one of them out, so that this can be
// seen, too.
func (d *demo) populate(env *environment, c *demoCommand, boxes []swarm.Box) (*swarm.Swarm, error) {
	if out := boxes[len(boxes)-1]; len(boxes) > 1 {
		if _, err := d.desk.book.Quarantine(env.ctx, roster.Scope{All: true}, out.Tenant, out.ID, "demo", true); err != nil {
			return nil, err
		}
	}
	return swarm.New(swarm.Config{
		Boxes: boxes, Plan: swarm.Lively(), Broker: d.url, Keys: d.desk.keys, Ramp: 100, Seed: c.Seed,
	}, env.log)
}

// open wires the console and makes the link that lets in.
func (d *demo) open(env *environment, c *demoCommand) error {
	s, err := defaultSettings()
	if err != nil {
		return err
	}
	page, err := listenFree(c.Listen)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	s.Console.Listen = page.Addr().String()
	page.Close() // the console opens it anew
	s.Console.MetricsListen = c.Metrics
	s.enrols = true
	// A demo has no night: who is silent for half a minute shows.
	s.Attention = attention{LostLive: duration(20 * time.Second), LostIdle: duration(30 * time.Second), NeverSeen: duration(time.Minute)}
	s.Broker.URL, s.Broker.User = d.url, demoAccount
	s.Data.Database, s.Data.Boxes, s.Data.CommandKeys = d.path("fleet.db"), d.path("boxes.csv"), d.path("command-keys.json")
	if err := s.check(); err != nil {
		return err
	}
	if d.desk, err = newDesk(env.ctx, s, demoPassword, env.log); err != nil {
		return err
	}
	d.page = s.Console.PublicURL
	d.link, err = d.desk.gate.Link(env.ctx)
	return err
}

func (d *demo) path(name string) string { return filepath.Join(d.dir, name) }

// demoFiles writes list and keys. The key signs everything but what needs two
// people.
func demoFiles(dir string, boxes []swarm.Box) error {
	key, err := seal.NewKey("admin", contract.ClassLook, contract.ClassSoft, contract.ClassStream, contract.ClassSystem)
	if err != nil {
		return err
	}
	set, err := seal.JoinKeys(key.Public())
	if err != nil {
		return err
	}
	guest := swarm.Box{Tenant: guestTenant, ID: guestBox, Business: "Studio of this machine (demo)", Place: "here", Network: "loopback"}
	return errors.Join(
		createFile(filepath.Join(dir, "key"), 0o600, key.JWK()),
		createFile(filepath.Join(dir, "command-keys.json"), 0o644, set),
		writeFile(filepath.Join(dir, "boxes.csv"), 0o644, func(w io.Writer) error { return swarm.WriteList(w, append([]swarm.Box{guest}, boxes...)) }),
	)
}

// listenFree takes any free port where the usual one is in use.
func listenFree(address string) (net.Listener, error) {
	listener, err := listenLoopback(address)
	if errors.Is(err, syscall.EADDRINUSE) {
		if host, _, split := net.SplitHostPort(address); split == nil {
			return listenLoopback(net.JoinHostPort(host, "0"))
		}
	}
	return listener, err
}

// greet says where everything is.
func (d *demo) greet(out io.Writer) {
	fmt.Fprintf(out, `
studiofleet demo: open %s
  (lets you in once; afterwards the page is %s)

Troubles begin within a minute: a network falls out, boxes get too hot, shows die on the way.
To sign commands on the page, make your key under "My key" and enrol it there: one press, in this demo only.

A box with a camera joins in a second terminal:
  %s demo --fleet %s --command-keys %s

A signed command, with the box's answer:
  %s sign command --key %s --tenant %s --box SIM-00001 --op ping --send %s --password %s

`, d.link, d.page, beside(os.Args[0], "studiobox"), d.url, d.path("command-keys.json"),
		beside(os.Args[0], "studiofleet"), d.path("key"), demoTenant, d.url, demoPassword)
}

// beside is how somebody who started a program calls another of the same folder.
func beside(program, name string) string {
	if !strings.ContainsRune(program, filepath.Separator) {
		return name // found by the shell
	}
	return filepath.Join(filepath.Dir(program), name)
}
