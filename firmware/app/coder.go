package app

import (
	"context"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/shape"
	"studiobox/encoder/unit"
)

const (
	// keyInterval is how often the transcoder makes a key frame unasked: late
	// viewers need one, and each costs as much as several pictures.
	keyInterval = 10 * time.Second
	// tooWide is how long an H.265 stream may exceed the line before the show
	// goes over to H.264, which can be shaped.
	tooWide = time.Second
)

// coder is the shaper and its transcoder for one codec of the camera. An H.265
// stream can only pass as it is, or be transcoded to H.264: a session's codec
// cannot change, so going from one to the other takes a new coder and a new
// announcement.
type coder struct {
	source     unit.Codec
	passH265   bool
	transcoder *gst.Transcoder
	shaper     *shape.Shaper
	replaced   chan struct{} // closed when another coder has taken its place
}

func (p *picture) newCoder(source unit.Codec, passH265 bool) *coder {
	c := &coder{source: source, passH265: passH265, replaced: make(chan struct{})}
	c.transcoder = gst.NewTranscoder(gst.TranscoderConfig{
		Worker: p.cfg.Worker, Codec: source, KeyInterval: keyInterval,
		Settings: gst.Settings{Kbps: p.cfg.Limits.StartKbps},
	}, unit.SinkFunc(func(u *unit.Unit) { c.shaper.FromTranscoder().Put(u) }), p.log.With("part", "gst"))
	c.shaper = shape.New(shape.Config{ForceTranscode: p.cfg.ForceTranscode, PassH265: passH265, Picture: c.transcoder},
		c.transcoder, c.transcoder, p.publisher, p.log.With("part", "shape"))
	return c
}

// setMedia takes in what the camera offers; it runs on the camera's packet path.
func (p *picture) setMedia(media unit.Media) {
	p.cameraError.set(nil)
	p.audible.Store(media.Audio != nil)
	if p.hearing != nil {
		p.hearing.use(media.Audio)
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.media = &media
	p.announce()
	p.shaper().SetMedia(media)
}

// announce chooses the coder for the camera's codec and tells the publisher
// what will come. It is called under mutex.
func (p *picture) announce() {
	if p.media == nil {
		return
	}
	source, out := p.media.Video.Codec, *p.media
	pass := source == unit.H265 && !p.h264Only
	if source == unit.H265 && !pass {
		out.Video = unit.Format{Codec: unit.H264} // its parameter sets come in band
	}
	if now := p.coder.Load(); now.source != source || now.passH265 != pass {
		p.coder.Store(p.newCoder(source, pass))
		close(now.replaced)
	}
	p.publisher.SetMedia(out)
}

// leaveH265 goes over to H.264 for the rest of this show, because the ingest
// does not take H.265 or the line does not carry it. It is false when the show
// does not send H.265.
func (p *picture) leaveH265() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if !p.coder.Load().passH265 {
		return false
	}
	p.h264Only = true
	p.announce()
	return true
}

// tryH265 gives H.265 a new chance at the start of a show.
func (p *picture) tryH265() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.h264Only = false
	p.announce()
}

// runTranscoder keeps the transcoder of the present coder alive, warm but idle
// until it is needed.
func (p *picture) runTranscoder(ctx context.Context) error {
	if p.cfg.NeverTranscode {
		<-ctx.Done()
		return nil
	}
	for ctx.Err() == nil {
		c := p.coder.Load()
		life, cancel := context.WithCancel(ctx)
		stop := make(chan struct{})
		go func() {
			defer close(stop)
			select {
			case <-c.replaced:
				cancel()
			case <-life.Done():
			}
		}()
		_ = p.transcoderKeeper.Run(life, c.transcoder.Run) // failures are told by OnFailure
		cancel()
		<-stop
	}
	return nil
}

// width watches whether an H.265 stream, which cannot be shaped, exceeds the line.
type width struct{ since time.Time }

// exceeds is true once the source has been wider than the target for tooWide.
func (w *width) exceeds(now time.Time, sourceKbps, targetKbps int) bool {
	if sourceKbps <= targetKbps {
		w.since = time.Time{}
		return false
	}
	if w.since.IsZero() {
		w.since = now
	}
	return now.Sub(w.since) >= tooWide
}
