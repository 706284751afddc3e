package worker

import (
	"fmt"
	"sync"
	"time"

	"studiobox/encoder/gst/internal/native"
	"studiobox/encoder/gst/internal/pts"
	"studiobox/encoder/gst/internal/wire"
)

// decoder is the stage from coded units to pictures. The decoder gives them in
// the order of presentation, some later and some never, so each is told by its
// time what the box wanted of it.
type decoder struct {
	*stage

	mu    sync.Mutex
	epoch int
	wants pts.Table[want]
}

// want is what the box wants of a picture.
type want struct {
	discard bool
	epoch   int // stretch of the stream; grows when the box begins a new one
}

// picture is one decoded picture that is wanted.
type picture struct {
	pts    time.Duration
	epoch  int
	sample *native.Sample
}

// newDecoder makes the stage for "h264" or "h265"; after is what follows the
// decoder in the pipeline.
func newDecoder(lib *native.Library, codec, after string) (*decoder, error) {
	if codec != "h264" && codec != "h265" {
		return nil, fmt.Errorf("decode: no decoder for %q", codec)
	}
	parse, decode := codec+"parse", "avdec_"+codec
	if err := lib.Need(parse, decode, "videoconvert", "videoscale"); err != nil {
		return nil, err
	}
	s, err := newStage(lib, "decode", "video/x-"+codec+",stream-format=byte-stream,alignment=au",
		parse+" ! "+decode+" name=codec"+after)
	if err != nil {
		return nil, err
	}
	element, err := s.pipeline.Element("codec")
	if err != nil {
		return nil, err
	}
	// Threads by frame would each hold a picture back; by slice they do not.
	element.Set("thread-type", "slice")
	return &decoder{stage: s}, s.play()
}

// feed decodes one unit.
func (d *decoder) feed(in input) error {
	d.mu.Lock()
	if in.flags&wire.Restart != 0 {
		d.wants.Clear()
		d.epoch++
	}
	d.wants.Put(in.pts, want{discard: in.flags&wire.DecodeOnly != 0, epoch: d.epoch})
	d.mu.Unlock()
	return d.push(in.data.Buffer(in.pts))
}

// pump gives every wanted picture to each, which frees its sample, and tells
// leaveOut of every other.
func (d *decoder) pump(each func(picture) error, leaveOut func()) error {
	return d.stage.pump(func(s *native.Sample) error {
		p := picture{pts: s.PTS(), sample: s}
		d.mu.Lock()
		w, known := d.wants.Take(p.pts)
		d.mu.Unlock()
		if !known || w.discard {
			s.Free()
			leaveOut()
			return nil
		}
		p.epoch = w.epoch
		return each(p)
	})
}
