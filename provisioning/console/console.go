// Package console is the ops page: what of a fleet of boxes needs a human now, each box's story, and the commands that people sign.
package console

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"time"

	"studiobox/provisioning/console/internal/words"
)

// Timeouts of the server. Pages are small, and nobody uploads anything.
const (
	readHeaderLimit = 5 * time.Second
	readLimit       = 10 * time.Second
	writeLimit      = 30 * time.Second
	idleLimit       = 2 * time.Minute
	closeGrace      = 2 * time.Second
)

// Console is the page.
type Console struct {
	cfg     Config
	deps    Deps
	log     *slog.Logger
	words   words.Dictionary
	pages   *template.Template
	static  map[string]staticFile
	glances *glances
	stories *stories
	streams *streams
	people  *people
	handler http.Handler
}

// New checks that everything needed is there. It starts nothing.
func New(cfg Config, deps Deps, log *slog.Logger) (*Console, error) {
	if err := deps.check(); err != nil {
		return nil, err
	}
	if len(cfg.Hosts) == 0 {
		return nil, errors.New("the console answers to no name: set console.Config.Hosts")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	texts, err := fs.Sub(web, "web/i18n")
	if err != nil {
		return nil, fmt.Errorf("the console's files: %w", err)
	}
	dictionary, err := words.Load(texts)
	if err != nil {
		return nil, err
	}
	pages, err := template.ParseFS(web, "web/pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("the console's pages: %w", err)
	}
	files, err := loadStatic()
	if err != nil {
		return nil, err
	}
	c := &Console{
		cfg: cfg, deps: deps, log: log, words: dictionary, pages: pages, static: files,
		glances: newGlances(deps.Picture, deps.Finder, deps.Trend), stories: newStories(deps.Past), streams: newStreams(), people: newPeople(),
	}
	c.handler = c.guard(c.mux())
	return c, nil
}

// Handler is the whole console.
func (c *Console) Handler() http.Handler { return c.handler }

// Run serves on Config.Listener until ctx ends.
func (c *Console) Run(ctx context.Context) error {
	if c.cfg.Listener == nil {
		return errors.New("the console has no address to serve on: set console.Config.Listener")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{
		Handler:           c.handler,
		BaseContext:       func(net.Listener) context.Context { return ctx }, // event streams end with it
		ReadHeaderTimeout: readHeaderLimit,
		ReadTimeout:       readLimit,
		WriteTimeout:      writeLimit,
		IdleTimeout:       idleLimit,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(c.log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(c.cfg.Listener) }()
	var err error
	select {
	case <-ctx.Done():
		cancel()
		grace, stop := context.WithTimeout(context.Background(), closeGrace)
		defer stop()
		if server.Shutdown(grace) != nil {
			_ = server.Close() // the patient way took too long
		}
		err = <-served
	case err = <-served:
	}
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the console's server: %w", err)
	}
	return nil
}
