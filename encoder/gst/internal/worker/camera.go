package worker

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"studiobox/encoder/gst/internal/native"
	"studiobox/encoder/gst/internal/wire"
)

const (
	// stateEvery is how often the box is told how the camera does.
	stateEvery = time.Second
	// soundAgain is how long after a microphone's failure it is tried again.
	soundAgain = 2 * time.Second
	// skipMost is how long pictures can be left out on request before one is
	// encoded all the same: a viewer must see that the show is alive.
	skipMost = time.Second
)

// camera is a device whose pictures are encoded once, with a seam in Go in
// front of the encoder as a transcoder has, and a microphone beside it. The
// microphone may fail and come back; the picture goes on.
type camera struct {
	lib     *native.Library
	config  wire.Camera
	capture *capture
	encoder *encoder
	tuner   tuner
	out     *wire.Writer
	waiting chan *native.Sample
	tunings chan wire.Tuning
	news    chan struct{}
	last    time.Duration // time of the last picture that was encoded

	mu    sync.Mutex
	state wire.State
}

func newCamera(lib *native.Library, config wire.Config, out *wire.Writer) (*camera, error) {
	if config.Camera == nil {
		return nil, fmt.Errorf("the worker was told no camera")
	}
	c, err := openCamera(lib, *config.Camera)
	if err != nil {
		return nil, err
	}
	e, err := newEncoder(lib, config)
	if err != nil {
		return nil, err
	}
	e.origin = c.origin
	j := &camera{
		lib: lib, config: *config.Camera, capture: c, encoder: e, out: out,
		tuner:   newTuner(*config.Camera, c.source),
		waiting: make(chan *native.Sample, 1),
		tunings: make(chan wire.Tuning, 1),
		news:    make(chan struct{}, 1),
	}
	j.state.Format = c.first.Caps().String()
	if f, err := parseFormat(j.state.Format); err == nil { // else the encoder refuses it, with its reason
		j.state.Width, j.state.Height, j.state.FPS = f.width, f.height, f.fps
	}
	j.last = -skipMost
	j.tune(config.Camera.Tuning)
	return j, nil
}

func (c *camera) feed(in input) error {
	in.data.Free()
	return fmt.Errorf("a unit came to a camera")
}

func (c *camera) wishes() *wishes { return &c.encoder.wanted }

func (c *camera) backend() string { return c.encoder.back.name() }

func (c *camera) start(fail func(error)) {
	go func() { fail(explain(c.config, c.capture.pump(c.take))) }()
	go func() { fail(c.encode()) }()
	go func() { fail(c.encoder.pump(c.out)) }()
	go func() { fail(c.tell()) }()
	if c.config.Sound != "" {
		go func() { fail(c.listen()) }()
	}
}

// take puts a picture where the encoder takes it. The newest wins.
func (c *camera) take(s *native.Sample) error {
	dropped := uint64(0)
	select {
	case old := <-c.waiting:
		old.Free()
		dropped = 1
	default:
	}
	c.waiting <- s // there is room: nobody else puts
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Pictures++
	c.state.Dropped += dropped
	return nil
}

// encode takes pictures across to the encoder.
func (c *camera) encode() error {
	for s := range c.waiting {
		if err := c.across(s); err != nil {
			return err
		}
	}
	return nil
}

func (c *camera) across(s *native.Sample) error {
	defer s.Free()
	pts := s.PTS()
	if c.encoder.wanted.skipping() && (pts-c.last).Abs() < skipMost {
		c.encoder.leaveOut()
		c.mu.Lock()
		c.state.Skipped++
		c.mu.Unlock()
		return nil
	}
	c.last = pts
	if err := c.encoder.format(s.Caps()); err != nil {
		return err
	}
	return c.encoder.encode(pts, 0, s.Buffer())
}

// tune orders a tuning and never waits; only the latest counts.
func (c *camera) tune(t wire.Tuning) {
	select {
	case <-c.tunings:
	default:
	}
	c.tunings <- t // only the reader of the socket orders
}

// tell tunes the camera, as a slow device takes its time for it, and tells the
// box how the camera does.
func (c *camera) tell() error {
	tick := time.NewTicker(stateEvery)
	defer tick.Stop()
	var hold holder
	for {
		select {
		case t := <-c.tunings:
			c.apply(hold.begin(time.Now(), t))
		case <-c.news:
		case <-tick.C:
			if t, due := hold.due(time.Now()); due {
				c.apply(t)
			}
		}
		c.mu.Lock()
		state := c.state
		state.Lacks = slices.Clone(state.Lacks)
		c.mu.Unlock()
		body, err := json.Marshal(state)
		if err != nil {
			return err
		}
		if err := c.out.Send(wire.Header{Kind: wire.Report}, body); err != nil {
			return err
		}
	}
}

// apply tunes the camera and notes what it lacks for that.
func (c *camera) apply(t wire.Tuning) {
	lacks := c.tuner.apply(t)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Lacks = lacks
}

// listen keeps the microphone alive; only a box that is gone ends it.
func (c *camera) listen() error {
	for {
		gone, err := c.record()
		if gone {
			return err
		}
		c.silent(err.Error())
		time.Sleep(soundAgain)
	}
}

// record sends sound until the microphone fails; gone is true when it is the
// box that takes no more.
func (c *camera) record() (gone bool, err error) {
	w, err := soundWay(c.config)
	if err != nil {
		return false, err
	}
	sound, err := open(c.lib, w, soundTail)
	if err != nil {
		return false, err
	}
	defer sound.close()
	c.silent("")
	var data []byte
	err = sound.pump(func(s *native.Sample) error {
		defer s.Free()
		data = resize(data, s.Size())
		n := s.CopyTo(data)
		pts := s.PTS()
		if n == 0 || pts < 0 {
			return nil
		}
		err := c.out.Send(wire.Header{Kind: wire.Unit, Flags: wire.Sound, Value: int64(sound.origin + pts)}, data[:n])
		gone = err != nil
		return err
	})
	return gone, err
}

// silent notes why there is no sound.
func (c *camera) silent(why string) {
	c.mu.Lock()
	c.state.Silent = why
	c.mu.Unlock()
	select {
	case c.news <- struct{}{}:
	default:
	}
}
