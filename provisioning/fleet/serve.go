package fleet

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"studiobox/provisioning/console"
	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/inbox"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/console/signin"
	"studiobox/provisioning/contract"
)

type serveCommand struct {
	Config       string  `placeholder:"FILE.toml" help:"Settings; --example prints one with every key."`
	Example      bool    `help:"Print an example of the settings file, and end."`
	Listen       *string `help:"Where the page is served."`
	PublicURL    *string `name:"public-url" placeholder:"URL" help:"How browsers reach it."`
	Metrics      *string `placeholder:"ADDRESS" help:"Where /metrics and /healthz are served; empty: nowhere."`
	Broker       *string `placeholder:"URL" help:"tcp://host:port or ssl://host:port."`
	User         *string `help:"Account at the broker."`
	PasswordFile *string `placeholder:"FILE" help:"File with its password."`
	CA           *string `name:"ca" placeholder:"FILE.pem" help:"Authority of the broker's certificate."`
	Database     *string `placeholder:"FILE|URL" help:"SQLite file, or postgres://user@host/name."`
	Boxes        *string `placeholder:"FILE.csv" help:"The bank's list of boxes."`
	Keys         *string `placeholder:"FILE" help:"Public keys (JWK set) of those who may sign."`
	Recover      bool    `help:"Print a link that lets in, although somebody has signed in before."`
}

// Run serves the console until Ctrl-C.
func (c *serveCommand) Run(env *environment) error {
	if c.Example {
		_, err := fmt.Fprint(env.out, exampleSettings)
		return err
	}
	s, err := readSettings(c.Config)
	if err != nil {
		return err
	}
	for _, flag := range []struct {
		given *string
		into  *string
	}{
		{c.Listen, &s.Console.Listen}, {c.PublicURL, &s.Console.PublicURL}, {c.Metrics, &s.Console.MetricsListen},
		{c.Broker, &s.Broker.URL}, {c.User, &s.Broker.User}, {c.PasswordFile, &s.Broker.PasswordFile}, {c.CA, &s.Broker.CAFile},
		{c.Database, &s.Data.Database}, {c.Boxes, &s.Data.Boxes}, {c.Keys, &s.Data.CommandKeys},
	} {
		if flag.given != nil {
			*flag.into = *flag.given
		}
	}
	s.Signin.Recover = s.Signin.Recover || c.Recover
	if err := s.check(); err != nil {
		return err
	}
	password, err := secret("broker.password_file", s.Broker.PasswordFile)
	if err != nil {
		return err
	}
	d, err := newDesk(env.ctx, s, password, env.log)
	if err != nil {
		return err
	}
	defer d.close()
	link, err := d.gate.Link(env.ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.out, "console: %s\n", s.Console.PublicURL)
	if link != "" {
		fmt.Fprintf(env.out, "the first to open this link within the hour is let in as lead: %s\n", link)
	}
	return d.Run(env.ctx)
}

// desk is one console with all that it works through.
type desk struct {
	book       *book.Book
	picture    *picture
	inbox      *inbox.Inbox
	sessions   sessionStore
	gate       *signin.Gate
	keys       *keyFile
	list       *listFile
	dispatcher *console.Dispatcher
	console    *console.Console
	meters     *meters
}

// newDesk wires a console. Only Run starts anything.
func newDesk(ctx context.Context, s settings, password string, log *slog.Logger) (*desk, error) {
	d := &desk{}
	var err error
	if d.keys, err = openKeys(s.Data.CommandKeys, log); err != nil {
		return nil, fmt.Errorf("data.command_keys: %w", err)
	}
	if _, err := newGate(s, new(signin.Memory), log); err != nil {
		return nil, err // before a database is made for settings that cannot work
	}
	if d.book, err = book.Open(ctx, s.Data.Database, log); err != nil {
		return nil, err
	}
	if err := d.wire(ctx, s, password, log); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// wire puts everything onto the open book.
func (d *desk) wire(ctx context.Context, s settings, password string, log *slog.Logger) error {
	var err error
	if d.sessions, err = openSessions(ctx, s.Data.Database); err != nil {
		return err
	}
	if d.gate, err = newGate(s, d.sessions, log); err != nil {
		return err
	}
	if d.list, err = openList(ctx, s.Data.Boxes, d.book, log); err != nil {
		return err
	}
	d.picture = &picture{roster: roster.New(s.Attention.rules()), book: d.book, vitals: console.NewVitals(), log: log}
	if err := d.picture.recall(ctx); err != nil {
		return err
	}
	if d.meters, err = newMeters(s.Console.MetricsListen, s.Console.MetricsBoxes, d, log); err != nil {
		return err
	}
	d.picture.acked = d.meters.gauge.Acked
	if err := d.listen(s, password, log); err != nil {
		return err
	}
	d.dispatcher = console.NewDispatcher(d.book, sender{d.inbox}, nil, log)
	return d.page(s, log)
}

// listen wires the broker's side.
func (d *desk) listen(s settings, password string, log *slog.Logger) error {
	trust, err := trustOf(s.Broker.CAFile)
	if err != nil {
		return fmt.Errorf("broker.ca_file: %w", err)
	}
	if s.Broker.CertFile != "" {
		own, err := tls.LoadX509KeyPair(s.Broker.CertFile, s.Broker.KeyFile)
		if err != nil {
			return fmt.Errorf("broker.cert_file, broker.key_file: %w", err)
		}
		if trust == nil {
			trust = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		trust.Certificates = []tls.Certificate{own}
	}
	d.inbox, err = inbox.New(inbox.Config{
		Broker: s.Broker.URL, Client: clientID(s.Broker.ClientID), Commit: d.book.Flush, User: s.Broker.User, Password: password, TLS: trust, Alone: s.Broker.Alone,
		Take: d.picture.take, Hear: d.picture.hear, Applied: d.meters.gauge.Applied,
		Open: func(sealed []byte) (contract.Want, error) {
			want, _, err := d.keys.Keyring().Want(sealed)
			return want, err
		},
	}, log)
	return err
}

// clientID is the name by which the broker knows this console from run to run.
func clientID(set string) string {
	if set != "" {
		return set
	}
	host, err := os.Hostname()
	if err != nil {
		return "console"
	}
	return "console-" + host
}

// page wires the browser's side.
func (d *desk) page(s settings, log *slog.Logger) error {
	listener, err := net.Listen("tcp", s.Console.Listen)
	if err != nil {
		return fmt.Errorf("console.listen: %w (--listen chooses another address)", err)
	}
	if s.Console.CertFile != "" {
		own, err := tls.LoadX509KeyPair(s.Console.CertFile, s.Console.KeyFile)
		if err != nil {
			listener.Close()
			return fmt.Errorf("console.cert_file, console.key_file: %w", err)
		}
		listener = tls.NewListener(listener, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{own}, NextProtos: []string{"h2", "http/1.1"}})
	}
	var enrol func(who string, key []byte) error
	if s.enrols {
		enrol = d.keys.enrol
	}
	d.console, err = console.New(console.Config{
		Hosts: s.hosts(), Secure: strings.HasPrefix(s.Console.PublicURL, "https://"), Listener: listener,
		Hearing: func() console.Hearing { return d.picture.hearing(d.inbox.Stats().LastError) },
		Enrol:   enrol,
	}, console.Deps{
		Gate: d.gate, Picture: d.picture.roster, Finder: d.picture.roster, Marks: d.picture.roster, MarkKeeper: d.book,
		Trend: d.book, Past: d.book, Vitals: d.picture.vitals, Ledger: d.book, Drafts: d.book, Warden: d.book, Keys: d.keys, Dispatcher: d.dispatcher,
	}, log)
	if err != nil {
		listener.Close()
	}
	return err
}

// newGate makes the sign-in.
func newGate(s settings, store signin.SessionStore, log *slog.Logger) (*signin.Gate, error) {
	clientSecret, err := secret("signin.client_secret_file", s.Signin.ClientSecretFile)
	if err != nil {
		return nil, err
	}
	cfg := signin.Config{
		Base: s.Console.PublicURL, Issuer: s.Signin.Issuer, ClientID: s.Signin.ClientID, ClientSecret: clientSecret,
		Scopes: s.Signin.Scopes, Claim: s.Signin.Claim, WhoClaim: s.Signin.WhoClaim, Forwarded: s.Console.BehindProxy, Recover: s.Signin.Recover,
		Idle: time.Duration(s.Signin.Idle), Absolute: time.Duration(s.Signin.Absolute),
	}
	for _, g := range s.Signin.Grant {
		cfg.Grants = append(cfg.Grants, signin.Grant{Value: g.Value, Role: g.Role, Tenant: g.Tenant, All: g.All})
	}
	return signin.New(cfg, store, log)
}

// Run serves until ctx ends or a part fails.
func (d *desk) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, part := range []func(context.Context) error{
		d.book.Run, d.picture.Run, d.inbox.Run, d.gate.Run, d.keys.Run, d.list.Run, d.dispatcher.Run, d.console.Run, d.meters.Run,
	} {
		group.Go(func() error {
			err := part(ctx)
			if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				return nil // it was told to end
			}
			return err
		})
	}
	return group.Wait()
}

// close lets go of the database, after Run or instead of it.
func (d *desk) close() {
	if d.sessions.db != nil {
		d.sessions.db.Close()
	}
	d.book.Close()
}

// sender hands sealed commands to the broker.
type sender struct{ inbox *inbox.Inbox }

// Send hands one over.
func (s sender) Send(ctx context.Context, tenant, box string, sealed []byte) error {
	return s.inbox.Publish(ctx, contract.Topic{Tenant: tenant, Box: box, Kind: contract.KindCmd}, sealed)
}
