package fleet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/fleet/swarm"
)

type swarmCommand struct {
	Broker     string        `required:"" placeholder:"URL" help:"tcp://host:port or ssl://host:port."`
	Boxes      int           `default:"200" help:"How many boxes."`
	Tenants    []string      `default:"b-0001,b-0002,b-0003" help:"Tenants that they are dealt out to."`
	From       string        `placeholder:"FILE.csv" help:"Be the boxes of this list instead."`
	List       string        `placeholder:"FILE.csv" help:"Write the boxes as a list for acl and serve, and go on."`
	Troubles   bool          `negatable:"" default:"true" help:"Outages, hot boxes, bad versions and the like."`
	Ramp       int           `default:"500" help:"First connections a second."`
	RetryFirst time.Duration `default:"40s" help:"Limit of the first, random wait after a loss."`
	Keys       string        `placeholder:"FILE" help:"Command keys (JWK set) that the boxes obey; without it they obey nobody."`
	CA         string        `name:"ca" placeholder:"FILE.pem" help:"Authority of the broker's certificate."`
	IssuerCert string        `placeholder:"FILE.pem" help:"Authority that the broker trusts: each box gets a certificate of it."`
	IssuerKey  string        `placeholder:"FILE.pem" help:"Its key."`
	Seed       uint64        `default:"1" help:"The same seed gives the same fleet."`
	For        time.Duration `help:"Stop after this time; 0 = run until Ctrl-C."`
	Every      time.Duration `default:"10s" help:"Time between two lines of figures."`
}

// Run simulates the fleet and prints how it goes.
func (c *swarmCommand) Run(env *environment) error {
	cfg, err := c.config(env.log)
	if err != nil {
		return err
	}
	if err := needFiles(uint64(len(cfg.Boxes)) + 100); err != nil {
		return err
	}
	if c.List != "" {
		if err := writeFile(c.List, 0o644, func(w io.Writer) error { return swarm.WriteList(w, cfg.Boxes) }); err != nil {
			return err
		}
	}
	s, err := swarm.New(cfg, env.log)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(env.ctx)
	defer cancel()
	if c.For > 0 {
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return c.report(s.Meter(), done, len(cfg.Boxes), env.out)
}

func (c *swarmCommand) config(log *slog.Logger) (swarm.Config, error) {
	cfg := swarm.Config{Broker: c.Broker, Ramp: c.Ramp, Seed: c.Seed, Plan: swarm.Peaceful(), Pace: swarm.RealPace()}
	cfg.Pace.Retry = c.RetryFirst
	if c.Troubles {
		cfg.Plan = swarm.Lively()
	}
	var err error
	if c.From != "" {
		var list []roster.Listed
		list, err = readBoxList(c.From)
		cfg.Boxes = simulated(list)
	} else if c.Boxes < 1 || c.Boxes > 99_999 {
		err = errors.New("--boxes must be 1 to 99999")
	} else {
		cfg.Boxes = swarm.Roll(c.Boxes, c.Tenants)
	}
	if err != nil {
		return cfg, err
	}
	if c.Keys != "" {
		if cfg.Keys, err = openKeys(c.Keys, log); err != nil {
			return cfg, fmt.Errorf("--keys: %w", err)
		}
	}
	if cfg.TLS, err = trustOf(c.CA); err != nil {
		return cfg, fmt.Errorf("--ca: %w", err)
	}
	if c.IssuerCert != "" {
		pair, err := tls.LoadX509KeyPair(c.IssuerCert, c.IssuerKey)
		if err != nil {
			return cfg, fmt.Errorf("--issuer-cert, --issuer-key: %w", err)
		}
		if cfg.Paper, err = swarm.NewPaper(pair); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}

// trustOf reads the authorities that a broker's certificate may come from; nil
// for those of the system.
func trustOf(path string) (*tls.Config, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate (PEM)", path)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}, nil
}

// report prints figures until the swarm ends.
func (c *swarmCommand) report(m *swarm.Meter, done <-chan error, boxes int, out io.Writer) error {
	began, last := time.Now(), m.Figures()
	ticker := time.NewTicker(max(c.Every, time.Second))
	defer ticker.Stop()
	for lap := time.Now(); ; {
		select {
		case err := <-done:
			f := m.Figures()
			fmt.Fprintf(out, "end after %s: %d sessions, %d lost, %d refused, %d failed; %d messages, %d acknowledged, %d commands; at most %d sessions began within a second\n",
				time.Since(began).Round(time.Second), f.Connects, f.Lost, f.Refused, f.Failed, f.Messages, f.Acked, f.Commands, m.Peak(began))
			return err
		case now := <-ticker.C:
			f, seconds := m.Figures(), now.Sub(lap).Seconds()
			fmt.Fprintf(out, "%5.0fs  connected %d/%d  waiting %d  begun %d (%.0f/s, peak %d/s)  lost %d  refused %d  failed %d  up %.0f msg/s %.0f kB/s  commands %d  %.1f kB/box\n",
				now.Sub(began).Seconds(), f.Connected, boxes, f.Waiting, f.Connects, float64(f.Connects-last.Connects)/seconds, m.Peak(lap),
				f.Lost, f.Refused, f.Failed, float64(f.Messages-last.Messages)/seconds, float64(f.Up-last.Up)/seconds/1000, f.Commands, memoryPer(boxes))
			last, lap = f, now
		}
	}
}

// memoryPer is the memory that Go holds in use per box, in kB.
func memoryPer(boxes int) float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse+m.StackInuse) / float64(boxes) / 1000
}

// needFiles raises the limit of open files, and says how to mend what cannot be.
func needFiles(want uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("limit of open files: %w", err)
	}
	if limit.Cur >= want {
		return nil
	}
	raised := syscall.Rlimit{Cur: want, Max: max(want, limit.Max)}
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) == nil {
		return nil
	}
	raised = syscall.Rlimit{Cur: limit.Max, Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err == nil && limit.Max >= want {
		return nil
	}
	return fmt.Errorf("needs %d open files, and this system allows %d: run \"ulimit -n %d\" as root first, or set LimitNOFILE in the unit", want, limit.Max, want)
}

// writeFile writes a file whole or not at all.
func writeFile(path string, mode os.FileMode, write func(io.Writer) error) error {
	var text strings.Builder
	if err := write(&text); err != nil {
		return err
	}
	next := path + ".next"
	if err := os.WriteFile(next, []byte(text.String()), mode); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		os.Remove(next)
		return err
	}
	return nil
}
