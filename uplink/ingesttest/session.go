package ingesttest

import (
	"errors"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"studiobox/encoder/unit"
)

// session is one publisher on one path.
type session struct {
	server *Server
	path   string
	media  unit.Media
	tracks []*track
	clock  clock

	// Guarded by Server.mu.
	recording bool
	name      string // RTSP session id
	conn      *gortsplib.ServerConn
}

// track is one elementary stream of a session.
type track struct {
	kind   unit.Track
	media  *description.Media
	format format.Format
	depack depacketizer
	line   *timeline
	key    keyframes // video only
}

// depacketizer gives the units that a packet completes; nil while more is
// needed.
type depacketizer func(*rtp.Packet) ([]piece, error)

// piece is one unit's payload, with its offset in the packet's own time.
type piece struct {
	nalus [][]byte
	frame []byte
	after time.Duration
}

// newSession prepares the first video and the first audio track that the box
// knows; further tracks are taken and thrown away.
func newSession(s *Server, path string, desc *description.Session) (*session, error) {
	made := &session{server: s, path: path}
	for _, media := range desc.Medias {
		for _, f := range media.Formats {
			kind, known, depack := open(f)
			if depack == nil || made.has(kind) {
				continue
			}
			t := &track{kind: kind, media: media, format: f, depack: depack, line: &timeline{rate: int64(f.ClockRate())}}
			if kind == unit.Video {
				made.media.Video = known
				t.key = keyframes{codec: known.Codec, vps: known.VPS, sps: known.SPS, pps: known.PPS}
			} else {
				made.media.Audio = &known
			}
			made.tracks = append(made.tracks, t)
			break
		}
	}
	if !made.has(unit.Video) {
		return nil, errors.New("no video track that this ingest knows")
	}
	return made, nil
}

func (s *session) has(kind unit.Track) bool {
	for _, t := range s.tracks {
		if t.kind == kind {
			return true
		}
	}
	return false
}

// listen binds the tracks to the packets of the RTSP session.
func (s *session) listen(rtsp *gortsplib.ServerSession) {
	for _, t := range s.tracks {
		rtsp.OnPacketRTP(t.media, t.format, func(packet *rtp.Packet) { s.packet(t, packet) })
		rtsp.OnPacketRTCP(t.media, func(packet rtcp.Packet) {
			if report, ok := packet.(*rtcp.SenderReport); ok {
				s.clock.report(t.line, report)
			}
		})
	}
}

func (s *session) packet(t *track, packet *rtp.Packet) {
	now := time.Now()
	pieces, err := t.depack(packet)
	if err != nil {
		s.server.countBad()
		return
	}
	for _, piece := range pieces {
		u := &unit.Unit{
			Track:    t.kind,
			PTS:      s.clock.pts(t.line, packet.Timestamp, now) + piece.after,
			Captured: now,
			NALUs:    piece.nalus,
			Frame:    piece.frame,
		}
		if t.kind == unit.Video {
			u.NALUs, u.Key = t.key.look(piece.nalus)
		}
		s.server.deliver(s.path, u)
	}
}

func (s *Server) deliver(path string, u *unit.Unit) {
	s.mu.Lock()
	if u.Track == unit.Video {
		s.stats.VideoUnits++
	} else {
		s.stats.AudioUnits++
	}
	s.stats.Bytes += uint64(u.Size())
	s.stats.LastUnit = u.Captured
	s.meter.add(u.Captured, u.Size(), u.Track == unit.Video)
	s.mu.Unlock()
	if s.OnUnit != nil {
		s.OnUnit(path, u)
	}
}
