package worker

import (
	"fmt"
	"math"
	"sync"
	"time"

	"studiobox/encoder/gst/internal/native"
	"studiobox/encoder/gst/internal/wire"
)

// encoder is the stage from raw pictures to H.264. All of its methods but
// those of wanted belong to the one goroutine that brings pictures.
type encoder struct {
	*stage
	back    backend
	codec   *native.Element
	size    *native.Element // the capsfilter behind the scaler
	wanted  wishes
	rate    *governor
	limit   limiter
	keys    keyClock
	caps    native.Caps // of the latest picture, kept
	source  format
	scaled  [2]int // what size lets through now
	applied rates
	data    []byte // of the pump, used again for every unit
	coded   sizes
	origin  time.Duration // added to the times of what comes out
}

// rates are a bit rate in kbit/s and a buffer time in ms.
type rates struct{ kbps, vbv int }

// newEncoder builds the stage with the first back end that starts.
func newEncoder(lib *native.Library, config wire.Config) (*encoder, error) {
	if err := lib.Need("videoconvert", "videoscale", "capsfilter"); err != nil {
		return nil, err
	}
	var failure error
	for _, back := range candidates(lib, config.Backend) {
		e, err := tryEncoder(lib, config, back)
		if err == nil {
			return e, nil
		}
		if failure == nil {
			failure = err
		}
	}
	if failure == nil {
		failure = fmt.Errorf("encode: no back end called %q", config.Backend)
	}
	return nil, failure
}

func tryEncoder(lib *native.Library, config wire.Config, back backend) (*encoder, error) {
	if err := lib.Need(back.elements()...); err != nil {
		return nil, err
	}
	start := rates{kbps: max(config.Kbps, 1), vbv: calmVBV}
	chain := "videoconvert ! videoscale ! capsfilter name=size caps=video/x-raw,format=I420 ! " +
		back.chain(start.kbps, config.BFrames, keySpan(config.KeyMs))
	s, err := newStage(lib, "encode", "", chain)
	if err != nil {
		return nil, err
	}
	e := &encoder{
		stage:   s,
		back:    back,
		rate:    newGovernor(start.kbps),
		keys:    keyClock{interval: time.Duration(config.KeyMs) * time.Millisecond},
		applied: start,
	}
	most := config.FPS
	if config.Job == wire.Encode {
		most = 0 // there it tells what comes in
	}
	e.wanted.setSize(config.Width, config.Height, most)
	if e.codec, err = s.pipeline.Element("codec"); err != nil {
		return nil, err
	}
	if e.size, err = s.pipeline.Element("size"); err != nil {
		return nil, err
	}
	return e, s.play()
}

// format follows a change of the source's format.
func (e *encoder) format(caps native.Caps) error {
	if caps.Same(e.caps) {
		return nil
	}
	if err := e.take(caps.String()); err != nil {
		return err
	}
	e.caps.Free()
	e.caps = caps.Keep()
	return nil
}

// take makes the stage ready for pictures of a format in GStreamer's notation.
func (e *encoder) take(caps string) error {
	source, err := parseFormat(caps)
	if err != nil {
		return err
	}
	e.source = source
	nominal := nominalFPS(source.fps)
	e.rate.renominate(float64(nominal))
	e.wanted.touchSize()
	return e.src.SetCaps(setRate(caps, nominal))
}

// encode codes one picture, unless the frame rate has no room for it.
func (e *encoder) encode(pts time.Duration, epoch int, b *native.Buffer) error {
	w, ok := e.wanted.take(pts, &e.limit)
	if !ok {
		b.Free()
		return nil
	}
	if w.resize {
		e.resize(w.width, w.height)
	}
	for _, n := range e.coded.take() {
		e.rate.spent(n) // before the step: they were coded for the rate until now
	}
	if w.kbps > 0 {
		e.rate.step(w.kbps)
	}
	e.rate.bound(w.fps)
	e.setRate(e.rate.next(pts))
	if e.keys.due(pts, epoch, w.key) {
		if err := e.forceKey(pts); err != nil {
			b.Free()
			return err
		}
	}
	return e.push(b)
}

// leaveOut says that the source's next picture is not encoded.
func (e *encoder) leaveOut() { e.rate.pause() }

// resize lets another size through, at the cost of a new stream from the codec.
func (e *encoder) resize(width, height int) {
	width, height = fit(e.source, width, height)
	if to := [2]int{width, height}; to != e.scaled {
		e.size.Set("caps", rawCaps(width, height))
		e.scaled = to
	}
}

func (e *encoder) setRate(kbps, vbv int) {
	to := rates{kbps, vbv}
	if to == e.applied {
		return
	}
	for _, s := range e.back.rate(kbps, vbv) {
		e.codec.Set(s.property, s.value)
	}
	e.applied = to
}

func (e *encoder) forceKey(pts time.Duration) error {
	settings := e.back.key()
	if settings == nil {
		return e.codec.ForceKey(pts)
	}
	for _, s := range settings {
		e.codec.Set(s.property, s.value)
	}
	return nil
}

// pump sends every coded picture to the box.
func (e *encoder) pump(out *wire.Writer) error {
	return e.stage.pump(func(s *native.Sample) error {
		defer s.Free()
		e.data = resize(e.data, s.Size())
		n := s.CopyTo(e.data)
		e.coded.add(n)
		return out.Send(wire.Header{Kind: wire.Unit, Value: int64(e.origin + s.PTS())}, e.data[:n])
	})
}

// sizes takes the sizes of coded pictures from the pump to the goroutine that
// brings pictures. It stops allocating once it has grown.
type sizes struct {
	mu         sync.Mutex
	list, read []int
}

func (s *sizes) add(bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, bytes)
}

// take returns the sizes since the last call; they are valid until the next.
func (s *sizes) take() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list, s.read = s.read[:0], s.list
	return s.read
}

// nominalFPS is the frame rate that the codec is told: the source's own when
// it can be believed. The governor makes up for the difference to the truth.
func nominalFPS(fps float64) int {
	if fps < 5 || fps > 120 {
		return 30
	}
	return int(math.Round(fps))
}
