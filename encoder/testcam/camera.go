package testcam

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"
)

// Camera is an RTSP camera that is not there. It films a stream only while
// somebody watches it.
type Camera struct {
	cfg     Config
	log     *slog.Logger
	door    *door
	ready   chan struct{}
	streams map[string]*stream
	bureau  *bureau // nil without ONVIF

	mu       sync.Mutex
	conns    map[*gortsplib.ServerConn]struct{}
	sessions map[*gortsplib.ServerSession]*reader // nil until SETUP
}

// New makes a camera that Run will start. The error says which value of the
// configuration is wrong.
func New(cfg Config, log *slog.Logger) (*Camera, error) {
	cfg.fill()
	if len(cfg.Worker.Command) == 0 {
		return nil, errors.New("test camera: no command for the GStreamer worker")
	}
	c := &Camera{
		cfg: cfg, log: log,
		door:     newDoor(cfg.Listen, cfg.Address),
		ready:    make(chan struct{}),
		streams:  map[string]*stream{},
		conns:    map[*gortsplib.ServerConn]struct{}{},
		sessions: map[*gortsplib.ServerSession]*reader{},
	}
	audio, err := soundFormat(cfg.Audio)
	if err != nil {
		return nil, fmt.Errorf("test camera: %w", err)
	}
	for _, p := range []profile{
		{path: Main, width: cfg.Width, height: cfg.Height, kbps: cfg.Kbps, bFrames: cfg.BFrames},
		{path: Sub, width: subWidth, height: subHeight, kbps: subKbps},
	} {
		if err := p.check(cfg.FPS); err != nil {
			return nil, fmt.Errorf("test camera: %w", err)
		}
		c.streams[p.path] = newStream(p, cfg, audio, log)
	}
	if cfg.ONVIF != nil {
		c.bureau = newBureau(*cfg.ONVIF, c)
	}
	return c, nil
}

// Run serves until ctx ends, which is no error. A camera runs once.
func (c *Camera) Run(ctx context.Context) error {
	server := &gortsplib.Server{
		Handler:        &handler{camera: c, ctx: ctx},
		RTSPAddress:    c.cfg.Address,
		Listen:         func(string, string) (net.Listener, error) { return c.door, nil },
		AuthMethods:    []auth.VerifyMethod{auth.VerifyMethodDigestMD5},
		WriteQueueSize: 1024, // packets: a key frame of 1080p at 20 Mbit/s and its successors
		// Its reports write nanoseconds where NTP has a binary fraction;
		// ours are in report.go.
		DisableRTCPSenderReports: true,
	}
	defer c.door.Close()
	if err := server.Start(); err != nil {
		return fmt.Errorf("test camera: %w", err)
	}
	defer c.closeStreams()
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	defer func() { cancel(); asking.Wait() }()
	if err := c.openBureau(ctx, &asking); err != nil {
		server.Close()
		return fmt.Errorf("test camera: %w", err)
	}
	if err := c.open(server); err != nil {
		server.Close()
		return fmt.Errorf("test camera: %w", err)
	}
	close(c.ready)
	return c.serve(ctx, server)
}

// open prepares the streams and then lets clients in.
func (c *Camera) open(server *gortsplib.Server) error {
	epoch := time.Now()
	for _, s := range c.streams {
		if err := s.open(server, epoch); err != nil {
			return err
		}
	}
	return c.door.open()
}

// openBureau starts the ONVIF service, if there is to be one.
func (c *Camera) openBureau(ctx context.Context, asking *sync.WaitGroup) error {
	if c.bureau == nil {
		return nil
	}
	listener, err := c.bureau.listen()
	if err != nil {
		return err
	}
	asking.Go(func() { c.bureau.serve(ctx, listener) })
	return nil
}

func (c *Camera) closeStreams() {
	for _, s := range c.streams {
		s.close()
	}
}

// serve films until ctx ends or the server fails, and leaves nothing running.
func (c *Camera) serve(ctx context.Context, server *gortsplib.Server) error {
	ctx, cancel := context.WithCancel(ctx)
	var filming sync.WaitGroup
	for _, s := range c.streams {
		filming.Go(func() { s.film(ctx) })
		filming.Go(func() { s.talk(ctx) })
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	var err error
	select {
	case <-ctx.Done():
		server.Close()
		<-ended
	case failure := <-ended:
		err = fmt.Errorf("test camera: %w", failure)
	}
	cancel()
	filming.Wait()
	return err
}

// Ready is closed once the camera can be reached.
func (c *Camera) Ready() <-chan struct{} { return c.ready }

// URL is where a stream is, Main or Sub, with credentials when the camera wants
// some. It is known once Ready is closed.
func (c *Camera) URL(path string) string {
	u := url.URL{Scheme: "rtsp", Host: c.door.reachable(), Path: "/" + strings.TrimPrefix(path, "/")}
	return c.withUser(u)
}

// withUser puts the credentials into an address.
func (c *Camera) withUser(u url.URL) string {
	if c.cfg.User != "" {
		u.User = url.UserPassword(c.cfg.User, c.cfg.Password)
	}
	return u.String()
}
