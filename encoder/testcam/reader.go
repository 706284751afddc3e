package testcam

import (
	"math/rand/v2"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/pion/rtp"

	"studiobox/encoder/unit"
)

// reader is one client that watches a stream.
type reader struct {
	stream *stream
	out    *gortsplib.ServerStream

	// The rest is guarded by stream.mu.
	video      *track
	packetiser *rtph264.Encoder
	audio      *track // nil without sound
	audioSeq   uint16
	started    bool // the first key frame has gone out
}

// newReader prepares a reader that has not joined yet.
func (s *stream) newReader() (*reader, error) {
	r := &reader{stream: s, out: &gortsplib.ServerStream{Server: s.server, Desc: s.desc}}
	if err := r.out.Initialize(); err != nil {
		return nil, err
	}
	packetiser, err := s.video.CreateEncoder()
	if err != nil {
		r.out.Close()
		return nil, err
	}
	r.packetiser = packetiser
	r.video = r.newTrack(s.desc.Medias[0], s.video)
	if s.audio != nil {
		r.audio = r.newTrack(s.desc.Medias[1], s.audio)
	}
	return r, nil
}

func (r *reader) newTrack(media *description.Media, f format.Format) *track {
	return &track{
		media:     media,
		ssrc:      r.out.Stats().Medias[media].Formats[f].LocalSSRC,
		clockRate: int64(f.ClockRate()),
		offset:    rand.Uint32(),
		reported:  -1,
	}
}

// sendVideo sends a unit, from the reader's first key frame on. Errors are the
// server's business: it closes what is broken.
func (r *reader) sendVideo(u *unit.Unit, wall time.Time) {
	if !r.started && !u.Key {
		return
	}
	r.started = true
	packets, err := r.packetiser.Encode(u.NALUs)
	if err != nil {
		return
	}
	r.report(r.video, u.PTS, wall)
	for _, packet := range packets {
		r.video.stamp(packet, u.PTS)
		_ = r.out.WritePacketRTPWithNTP(r.video.media, packet, wall)
	}
}

// sendAudio sends a packet of sound.
func (r *reader) sendAudio(payload []byte, payloadType uint8, pts time.Duration, wall time.Time) {
	r.report(r.audio, pts, wall)
	packet := &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: payloadType, SequenceNumber: r.audioSeq},
		Payload: payload,
	}
	r.audioSeq++
	r.audio.stamp(packet, pts)
	_ = r.out.WritePacketRTPWithNTP(r.audio.media, packet, wall)
}

func (r *reader) report(t *track, pts time.Duration, wall time.Time) {
	if report := t.report(pts, wall); report != nil {
		_ = r.out.WritePacketRTCP(t.media, report)
	}
}

// join makes the reader get what is filmed from now on.
func (r *reader) join() {
	r.stream.change(func(s *stream) { s.readers[r] = struct{}{} })
	r.stream.encoder.ForceKey()
}

// leave ends it. The stream goes on filming for a moment, for a client that
// comes straight back.
func (r *reader) leave() {
	r.stream.change(func(s *stream) {
		if _, joined := s.readers[r]; joined {
			delete(s.readers, r)
			s.warmUntil = time.Now().Add(linger)
		}
	})
	r.out.Close()
}
