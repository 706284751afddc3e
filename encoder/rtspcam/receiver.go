package rtspcam

import (
	"log/slog"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"studiobox/encoder/unit"
)

// receiver turns the packets of one connection into units. Over UDP each port
// has its own goroutine; the mutex puts them in line, so that the sink gets one
// unit at a time.
type receiver struct {
	epoch   time.Time
	sink    unit.Sink
	onMedia func(unit.Media)
	tally   *tally
	log     *slog.Logger

	mutex    sync.Mutex
	timeline *timeline
	media    unit.Media

	syntax       syntax
	sets         parameters
	depacketiser depacketiser
	needKey      bool      // nothing may go out before the next key picture
	skipLeading  bool      // leading pictures of this key picture refer to lost ones
	pictured     bool      // a picture has come
	lastPicture  time.Time // or when the connection began
	lastKey      time.Time // or when the connection began

	audio *audioTrack
}

// newReceiver makes a receiver for the tracks of an offer.
func newReceiver(o *offer, c *Camera, now time.Time) *receiver {
	r := &receiver{
		epoch:       c.cfg.Epoch,
		sink:        c.sink,
		onMedia:     c.OnMedia,
		tally:       &c.tally,
		log:         c.log,
		timeline:    newTimeline(o.video.ClockRate(), o.audioRate(), c.floor),
		syntax:      o.syntax,
		sets:        o.sets,
		needKey:     true,
		lastPicture: now,
		lastKey:     now,
		audio:       o.audio,
	}
	r.media = unit.Media{Video: o.sets.format()}
	if o.audio != nil {
		format := o.audio.format
		r.media.Audio = &format
	}
	r.depacketiser = depacketiser{syntax: o.syntax, deliver: r.picture, damage: r.damaged}
	return r
}

// videoPacket takes the next RTP packet of the picture.
func (r *receiver) videoPacket(pkt *rtp.Packet) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.depacketiser.push(pkt)
}

// damaged is told by the depacketiser that later pictures can be broken.
func (r *receiver) damaged(lost int) {
	if lost > 0 {
		r.tally.lost(lost)
	} else {
		r.tally.corrupt()
	}
	r.needKey = true
}

// picture takes a whole access unit.
func (r *receiver) picture(nalus [][]byte, timestamp uint32) {
	seen := r.look(nalus)
	if !seen.picture {
		return // parameter sets or SEI on their own
	}
	now := time.Now()
	pts := r.timeline.video(timestamp, now.Sub(r.epoch), seen.key)
	r.pictured, r.lastPicture = true, now
	r.tally.picture(now, pts, seen.size, seen.key)
	if seen.key {
		r.lastKey = now
	}
	if !r.passes(seen) {
		r.tally.dropped()
		return
	}
	if seen.key {
		nalus = r.sets.lead(nalus, r.syntax)
	}
	r.send(&unit.Unit{PTS: pts, Captured: now, Track: unit.Video, Key: seen.key, NALUs: nalus})
}

// content is what an access unit consists of.
type content struct {
	picture, key, leading bool
	size                  int
}

// look sums up an access unit and learns its parameter sets.
func (r *receiver) look(nalus [][]byte) (seen content) {
	news := false
	for _, nalu := range nalus {
		seen.size += len(nalu)
		switch k := r.syntax.kind(nalu); {
		case k.set():
			news = r.sets.learn(k, nalu) || news
		case k.slice():
			seen.picture = true
			seen.key = seen.key || k == keySlice
			seen.leading = seen.leading || k == leadingSlice
		}
	}
	if news && r.sets.complete() {
		r.media.Video = r.sets.format()
		r.announce()
	}
	return seen
}

// passes tells whether a picture can be decoded from what went out before it.
func (r *receiver) passes(seen content) bool {
	switch {
	case r.needKey:
		if !seen.key || !r.sets.complete() {
			return false
		}
		r.needKey = false
		r.skipLeading = true
	case seen.leading:
		return !r.skipLeading
	default:
		r.skipLeading = false
	}
	return true
}

// announce tells what the camera sends.
func (r *receiver) announce() {
	r.tally.media(r.media)
	if r.onMedia != nil {
		r.onMedia(r.media)
	}
}

func (r *receiver) send(u *unit.Unit) {
	r.tally.forwarded(u)
	r.sink.Put(u)
}

// audioPacket takes the next RTP packet of the sound.
func (r *receiver) audioPacket(pkt *rtp.Packet) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	lost, ok := r.audio.take(pkt)
	if lost > 0 {
		r.tally.lost(lost)
	}
	if !ok {
		r.tally.corrupt()
	}
	if len(r.audio.frames) == 0 {
		return
	}
	now := time.Now()
	arrival := now.Sub(r.epoch)
	for i, frame := range r.audio.frames {
		pts := r.timeline.audio(pkt.Timestamp+uint32(i)*r.audio.frameTicks, arrival)
		r.send(&unit.Unit{PTS: pts, Captured: now, Track: unit.Audio, Frame: frame})
	}
}

// control takes an RTCP packet of a track.
func (r *receiver) control(track unit.Track, pkt rtcp.Packet) {
	report, ok := pkt.(*rtcp.SenderReport)
	if !ok {
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.timeline.reported(track, report.NTPTime, report.RTPTime)
	r.tally.synced(r.timeline.aligned)
}

// highest is the highest PTS that was given out.
func (r *receiver) highest() time.Duration {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.timeline.highest()
}
