package testcam

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"

	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
)

// The paths of the two streams, as cameras have them. Sub is always small.
const (
	Main = "main"
	Sub  = "sub"

	subWidth  = 640
	subHeight = 360
	subKbps   = 600
)

// Config says what the camera films and how it serves it.
type Config struct {
	// Address is host:port, "127.0.0.1:0" when empty.
	Address string
	// Listen makes the listener; nil is net.Listen. It is called again with
	// the address of the first one when Off ends.
	Listen func(network, address string) (net.Listener, error)

	// Width and Height of the main stream in pixels, a multiple of 8 and an
	// even number; 0 and 0 is 1280x720. FPS is for both streams, 0 is 25.
	Width, Height, FPS int
	// Kbps is the video rate of the main stream in kbit/s, 0 is 4000.
	Kbps int
	// GOP is the longest time between key frames, 0 is 2 s.
	GOP time.Duration
	// BFrames stand between two reference frames, 0 to 4. Main stream only.
	BFrames int
	// Audio is unit.G711A, unit.G711U or unit.NoCodec.
	Audio unit.Codec

	// Scene tells the table's angle in degrees and the light's level, 0 to 1,
	// at a time. Nil is a table that turns once in twelve seconds.
	Scene func(now time.Time) (angle, light float64)
	// Worker runs GStreamer.
	Worker gst.Worker
	// User and Password are asked for (digest) when User is not empty.
	User, Password string
}

// Camera is an RTSP camera that is not there. It films a stream only while
// somebody watches it.
type Camera struct {
	cfg     Config
	log     *slog.Logger
	door    *door
	ready   chan struct{}
	streams map[string]*stream

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
	for _, s := range []lens{
		{path: Main, width: cfg.Width, height: cfg.Height, kbps: cfg.Kbps, bFrames: cfg.BFrames},
		{path: Sub, width: subWidth, height: subHeight, kbps: subKbps},
	} {
		if err := s.check(cfg.FPS); err != nil {
			return nil, fmt.Errorf("test camera: %w", err)
		}
		format, err := soundFormat(cfg.Audio)
		if err != nil {
			return nil, fmt.Errorf("test camera: %w", err)
		}
		c.streams[s.path] = newStream(s, cfg, format, log)
	}
	return c, nil
}

func (c *Config) fill() {
	if c.Address == "" {
		c.Address = "127.0.0.1:0"
	}
	if c.Listen == nil {
		c.Listen = net.Listen
	}
	if c.Width == 0 && c.Height == 0 {
		c.Width, c.Height = 1280, 720
	}
	if c.FPS == 0 {
		c.FPS = 25
	}
	if c.Kbps == 0 {
		c.Kbps = 4000
	}
	if c.GOP == 0 {
		c.GOP = 2 * time.Second
	}
	if c.Scene == nil {
		c.Scene = func(now time.Time) (angle, light float64) {
			return float64(now.UnixMilli()%12000) / 12000 * 360, 1
		}
	}
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
	user := ""
	if c.cfg.User != "" {
		user = c.cfg.User + ":" + c.cfg.Password + "@"
	}
	return "rtsp://" + user + c.door.reachable() + "/" + strings.TrimPrefix(path, "/")
}
