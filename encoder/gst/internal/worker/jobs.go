package worker

import (
	"fmt"

	"studiobox/encoder/gst/internal/native"
	"studiobox/encoder/gst/internal/wire"
)

// newJob builds the pipelines for what the box wants.
func newJob(lib *native.Library, config wire.Config, out *wire.Writer) (job, error) {
	switch config.Job {
	case wire.Transcode:
		return newTranscode(lib, config, out)
	case wire.Encode:
		return newEncode(lib, config, out)
	case wire.Decode:
		return newDecode(lib, config, out)
	case wire.Capture:
		return newCamera(lib, config, out)
	case wire.Measure:
		return newMeasure(lib, config, out)
	}
	return nil, fmt.Errorf("the worker has no job called %q", config.Job)
}

// transcode is two stages with a seam in Go between them, where pictures are
// left out, and sizes, rates and key frames are ordered. Pictures cross it
// without being copied.
type transcode struct {
	decoder *decoder
	encoder *encoder
	out     *wire.Writer
}

func newTranscode(lib *native.Library, config wire.Config, out *wire.Writer) (*transcode, error) {
	d, err := newDecoder(lib, config.Codec, "")
	if err != nil {
		return nil, err
	}
	e, err := newEncoder(lib, config)
	if err != nil {
		return nil, err
	}
	return &transcode{decoder: d, encoder: e, out: out}, nil
}

func (t *transcode) feed(in input) error { return t.decoder.feed(in) }

func (t *transcode) wishes() *wishes { return &t.encoder.wanted }

func (t *transcode) backend() string { return t.encoder.back.name() }

func (t *transcode) start(fail func(error)) {
	go func() { fail(t.decoder.pump(t.across, t.encoder.leaveOut)) }()
	go func() { fail(t.encoder.pump(t.out)) }()
}

// across takes one decoded picture to the encoder.
func (t *transcode) across(p picture) error {
	defer p.sample.Free()
	caps := p.sample.Caps()
	if err := t.encoder.format(caps); err != nil {
		return err
	}
	return t.encoder.encode(p.pts, p.epoch, p.sample.Buffer())
}

// encode codes raw pictures.
type encode struct {
	encoder *encoder
	out     *wire.Writer
}

func newEncode(lib *native.Library, config wire.Config, out *wire.Writer) (*encode, error) {
	e, err := newEncoder(lib, config)
	if err != nil {
		return nil, err
	}
	raw := fmt.Sprintf("video/x-raw, format=(string)I420, width=(int)%d, height=(int)%d, framerate=(fraction)%d/1, "+
		"pixel-aspect-ratio=(fraction)1/1, interlace-mode=(string)progressive, colorimetry=(string)bt709",
		config.Width, config.Height, config.FPS)
	if err := e.take(raw); err != nil {
		return nil, err
	}
	return &encode{encoder: e, out: out}, nil
}

func (e *encode) feed(in input) error { return e.encoder.encode(in.pts, 0, in.data.Buffer(in.pts)) }

func (e *encode) wishes() *wishes { return &e.encoder.wanted }

func (e *encode) backend() string { return e.encoder.back.name() }

func (e *encode) start(fail func(error)) {
	go func() { fail(e.encoder.pump(e.out)) }()
}

// decode gives raw pictures.
type decode struct {
	decoder *decoder
	out     *wire.Writer
	head    [wire.FrameHead]byte
	raw     []byte // used again for every picture
	packed  []byte
}

func newDecode(lib *native.Library, config wire.Config, out *wire.Writer) (*decode, error) {
	d, err := newDecoder(lib, config.Codec, " ! videoconvert ! videoscale ! "+rawCaps(config.Width, config.Height))
	if err != nil {
		return nil, err
	}
	return &decode{decoder: d, out: out}, nil
}

func (d *decode) feed(in input) error { return d.decoder.feed(in) }

func (d *decode) wishes() *wishes { return nil }

func (d *decode) backend() string { return "" }

func (d *decode) start(fail func(error)) {
	go func() { fail(d.decoder.pump(d.send, func() {})) }()
}

// send sends one decoded picture to the box.
func (d *decode) send(p picture) error {
	defer p.sample.Free()
	format, err := parseFormat(p.sample.Caps().String())
	if err != nil {
		return err
	}
	d.raw = resize(d.raw, p.sample.Size())
	p.sample.CopyTo(d.raw)
	d.packed = resize(d.packed, wire.I420Size(format.width, format.height))
	if !pack(d.packed, d.raw, format.width, format.height) {
		return fmt.Errorf("decode: a picture of %dx%d has %d bytes", format.width, format.height, len(d.raw))
	}
	wire.PutFrameHead(d.head[:], format.width, format.height)
	return d.out.SendParts(wire.Header{Kind: wire.Frame, Value: int64(p.pts)}, d.head[:], d.packed)
}

func resize(b []byte, size int) []byte {
	if cap(b) < size {
		return make([]byte, size)
	}
	return b[:size]
}
