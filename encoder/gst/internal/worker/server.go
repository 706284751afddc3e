package worker

import (
	"encoding/json"
	"fmt"
	"net"
	"time"

	"studiobox/encoder/gst/internal/native"
	"studiobox/encoder/gst/internal/wire"
)

const (
	// silence is how long the box may say nothing: it pings five times a
	// second, so after this long it is stopped or gone.
	silence = 10 * time.Second
	// writeTimeout is how long the box may take nothing.
	writeTimeout = 5 * time.Second
)

// input is one unit or raw picture on its way into a pipeline.
type input struct {
	pts   time.Duration
	flags uint8
	data  *native.Block
}

// job is what the worker was started for.
type job interface {
	// feed brings one input into the pipeline and may wait for room there.
	feed(in input) error
	// wishes are what the box asks for; nil when this job has none.
	wishes() *wishes
	// start runs the goroutines that take pictures out; failures go to fail.
	start(fail func(error))
	// backend names the encoder, or is empty.
	backend() string
}

// server speaks with the box.
type server struct {
	conn   *net.UnixConn
	in     *wire.Reader
	out    *wire.Writer
	ready  chan built
	ends   chan error // the first failure of any goroutine
	intake chan input

	built // what listen knows to be ready
}

// built is what build makes.
type built struct {
	lib *native.Library
	job job
}

func newServer(conn *net.UnixConn) *server {
	return &server{
		conn:  conn,
		in:    wire.NewReader(conn),
		out:   wire.NewWriter(conn, writeTimeout),
		ready: make(chan built, 1),
		ends:  make(chan error, 1),
		// The box keeps at most eight under way; more is a broken box.
		intake: make(chan input, 64),
	}
}

// serve answers the box until it closes the socket (nil) or something fails.
func (s *server) serve() error {
	config, err := s.configuration()
	if err != nil {
		return err
	}
	go s.build(config)
	err = s.listen()
	select {
	case failure := <-s.ends:
		return failure
	default:
	}
	if ended(err) {
		return nil
	}
	return err
}

// fail ends the worker from any goroutine: it stops the reader in listen.
func (s *server) fail(err error) {
	select {
	case s.ends <- err:
		_ = s.conn.CloseRead() // the reader sees an end; it can fail only when there is one
	default: // only the first counts
	}
}

func (s *server) configuration() (wire.Config, error) {
	var config wire.Config
	h, err := s.next()
	if err != nil {
		return config, err
	}
	body := make([]byte, h.Size)
	if err := s.in.Payload(body); err != nil {
		return config, err
	}
	if h.Kind != wire.Configure {
		return config, fmt.Errorf("%w: kind %d before the configuration", wire.ErrMalformed, h.Kind)
	}
	if err := json.Unmarshal(body, &config); err != nil {
		return config, fmt.Errorf("%w: configuration: %v", wire.ErrMalformed, err)
	}
	if config.Version != wire.Version {
		return config, fmt.Errorf("the box speaks version %d, the worker %d: start the box again", config.Version, wire.Version)
	}
	return config, nil
}

// build loads GStreamer and starts the job, which can take seconds, while
// listen answers the box.
func (s *server) build(config wire.Config) {
	lib, err := native.Load()
	if err != nil {
		s.fail(err)
		return
	}
	j, err := newJob(lib, config, s.out)
	if err != nil {
		s.fail(err)
		return
	}
	hello, err := json.Marshal(wire.Hello{Version: wire.Version, GStreamer: lib.Version(), Backend: j.backend()})
	if err != nil {
		s.fail(err)
		return
	}
	j.start(s.fail)
	s.ready <- built{lib, j}
	if err := s.out.Send(wire.Header{Kind: wire.Ready}, hello); err != nil {
		s.fail(err)
		return
	}
	s.feed(j)
}

// feed brings the inputs into the pipeline, and tells the box after each one
// that there is room again.
func (s *server) feed(j job) {
	for taken := int64(1); ; taken++ {
		if err := j.feed(<-s.intake); err != nil {
			s.fail(err)
			return
		}
		if err := s.out.Send(wire.Header{Kind: wire.Taken, Value: taken}, nil); err != nil {
			s.fail(err)
			return
		}
	}
}
