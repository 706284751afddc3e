package gst

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"studiobox/encoder/gst/internal/wire"
)

// job is what a transcoder, an encoder and a decoder do differently.
type job interface {
	begin() // a child starts: forget what was meant for the last one
	end()
	control(w *wire.Writer) error      // send what was asked for since the last call
	send(w *wire.Writer) (sent, error) // send one queued unit or picture
	window() int                       // how many may be under way to the child
	quiet() time.Duration              // how long it may take units and give nothing
	receive(h wire.Header, payload []byte) error
}

// child is one slot for a child process: at most one runs at a time, and its
// gauges go on counting over restarts.
type child struct {
	noun    string
	worker  Worker
	invalid error // why the configuration cannot work
	log     *slog.Logger
	config  func() wire.Config
	live    bool // pictures come without units put in
	wake    chan struct{}

	busy    atomic.Bool
	up      atomic.Bool
	pid     atomic.Int64
	lives   atomic.Int64
	backend atomic.Value // Backend
	out     atomic.Uint64
	latency *latency
}

func newChild(noun string, worker Worker, invalid error, log *slog.Logger) child {
	if invalid == nil && len(worker.Command) == 0 {
		invalid = errors.New("no command for the GStreamer worker")
	}
	return child{
		noun:    noun,
		worker:  worker,
		invalid: invalid,
		log:     log,
		wake:    make(chan struct{}, 1),
		latency: &latency{},
	}
}

// wakeUp tells the writer that there is something to send. It never blocks.
func (c *child) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run is one life of one child.
func (c *child) run(ctx context.Context, j job) error {
	if c.invalid != nil {
		return fmt.Errorf("%s: %w", c.noun, c.invalid)
	}
	if !c.busy.CompareAndSwap(false, true) {
		return fmt.Errorf("%s: already running", c.noun)
	}
	defer c.busy.Store(false)

	p, err := spawn(c.worker)
	if err != nil {
		return fmt.Errorf("%s: cannot start the GStreamer worker: %w", c.noun, err)
	}
	c.lives.Add(1)
	c.pid.Store(int64(p.pid))
	j.begin()
	err = c.serve(ctx, p.conn, j)
	c.up.Store(false)
	j.end()
	patience := grace
	if errors.Is(err, ErrHung) {
		patience = 0
	}
	how := p.stop(patience)
	c.pid.Store(0)
	return c.explain(ctx, err, how, p.tail.String())
}

// explain turns the end of a child into one line for people.
func (c *child) explain(ctx context.Context, err, how error, lastWords string) error {
	var missing *MissingError
	var told *failure
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &missing), errors.As(err, &told), errors.Is(err, wire.ErrMalformed):
		return fmt.Errorf("%s: %w", c.noun, err)
	case errors.Is(err, ErrHung):
		err = fmt.Errorf("%s: worker %w and was killed", c.noun, err)
	default:
		end := "closed its socket"
		if how != nil {
			end = how.Error()
		}
		err = fmt.Errorf("%s: worker %w (%s)", c.noun, ErrCrashed, end)
	}
	if lastWords != "" {
		err = fmt.Errorf("%w; it last said: %s", err, lastWords)
	}
	return err
}

// delivered counts one picture that came out after so long.
func (c *child) delivered(after time.Duration) {
	c.out.Add(1)
	c.latency.add(after)
}

// gauges reads what is common to all jobs.
func (c *child) gauges() Stats {
	s := Stats{
		Ready:    c.up.Load(),
		PID:      int(c.pid.Load()),
		Out:      c.out.Load(),
		Restarts: max(0, int(c.lives.Load())-1),
	}
	s.Backend, _ = c.backend.Load().(Backend)
	s.LatencyP50, s.LatencyP95 = c.latency.percentiles()
	return s
}

// greet notes what the child says of itself when it is ready.
func (c *child) greet(payload []byte) error {
	var hello wire.Hello
	if err := json.Unmarshal(payload, &hello); err != nil {
		return fmt.Errorf("%w: greeting: %v", wire.ErrMalformed, err)
	}
	if hello.Version != wire.Version {
		return fmt.Errorf("%w: worker speaks version %d, this program %d", wire.ErrMalformed, hello.Version, wire.Version)
	}
	c.backend.Store(Backend(hello.Backend))
	c.up.Store(true)
	c.log.Info(c.noun+" ready", "gstreamer", hello.GStreamer, "backend", hello.Backend, "pid", c.pid.Load())
	return nil
}

// failure is what the child gave as the reason before it ended itself.
type failure struct{ text string }

func (f *failure) Error() string { return f.text }

// toldError reads a Failed message.
func toldError(payload []byte) error {
	var f wire.Failure
	if err := json.Unmarshal(payload, &f); err != nil {
		return fmt.Errorf("%w: failure: %v", wire.ErrMalformed, err)
	}
	if f.Part != "" && f.Package != "" {
		return &MissingError{Part: f.Part, Package: f.Package}
	}
	return &failure{text: f.Text}
}
