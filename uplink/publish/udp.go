package publish

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/headers"
	"github.com/pion/rtcp"

	"studiobox/uplink/link"
	"studiobox/uplink/rate"
)

const (
	// aliveInterval is how often an OPTIONS request keeps the RTSP connection
	// busy, so that its acknowledgements tell about the path.
	aliveInterval = 500 * time.Millisecond
	// reportPatience is how long media may go unconfirmed by a receiver
	// report. RFC 3550 has one every 5 s, gortsplib's server every 10 s.
	reportPatience = 15 * time.Second
)

// bindUDP takes our sockets and the ingest's ports for a track.
func (s *session) bindUDP(t *track, transport *headers.Transport) error {
	if len(s.sockets) < 2 || transport.ServerPorts == nil {
		return ErrTransport
	}
	remote := s.conn.RemoteAddr().(*net.TCPAddr).IP
	if transport.Source != nil {
		remote = *transport.Source
	}
	ip, ok := netip.AddrFromSlice(remote)
	if !ok {
		return ErrTransport
	}
	t.rtp, t.rtcp = s.sockets[0].(*net.UDPConn), s.sockets[1].(*net.UDPConn)
	t.rtpTo = netip.AddrPortFrom(ip.Unmap(), uint16(transport.ServerPorts[0]))
	t.rtcpTo = netip.AddrPortFrom(ip.Unmap(), uint16(transport.ServerPorts[1]))
	t.reports = link.NewReports(t.seq, int(t.rate))
	return nil
}

// heard takes in an RTCP packet from the ingest.
func (s *session) heard(packet rtcp.Packet) {
	now := time.Now()
	report, ok := packet.(*rtcp.ReceiverReport)
	if !ok {
		return
	}
	for _, block := range report.Reports {
		for _, t := range s.tracks {
			if t.ssrc == block.SSRC && t.reports != nil {
				t.reports.Heard(block, now)
			}
		}
	}
}

// lookUDP judges a path whose media is acknowledged by reports only, seconds
// apart: in between, the RTSP connection stands for it.
func (s *session) lookUDP(now time.Time) error {
	if now.Sub(s.alive) >= aliveInterval {
		s.alive = now
		if err := s.sayAlive(); err != nil {
			return explain("keepalive", err, true)
		}
	}
	confirmed, bytes, _ := s.reported()
	sample, ok := s.conn.socket.sample()
	s.publisher.mu.Lock()
	defer s.publisher.mu.Unlock()
	s.acks.observe(now, bytes, false)
	if ok && s.pulse.observe(now, sample.Acked, sample.Outstanding() > 0) >= deadAfter {
		return ErrDead
	}
	switch {
	case now.Sub(confirmed) <= reportPatience:
		s.publisher.acked(confirmed)
		if s.pulse.last.After(confirmed) {
			s.publisher.acked(s.pulse.last)
		}
	case now.Sub(s.start) > reportPatience && s.carried > 0:
		return fmt.Errorf("%w (no report of media over UDP for %.0f s; a firewall may stop it: set the transport to tcp)",
			ErrDead, reportPatience.Seconds())
	}
	return nil
}

// reported is when a report last confirmed new media, how much in all up to the
// last packet that came in, and how much of that came in.
func (s *session) reported() (at time.Time, upTo, delivered uint64) {
	for _, t := range s.tracks {
		if advanced := t.reports.Advanced(); advanced.After(at) {
			at = advanced
		}
		sample := t.reports.Sample()
		upTo += sample.Acked
		delivered += sample.Delivered
	}
	return at, upTo, delivered
}

// sayAlive sends an OPTIONS request beside the library, which cannot send one
// while recording; the answer is for nobody.
func (s *session) sayAlive() error {
	request := base.Request{
		Method: base.Options,
		URL:    s.publisher.url.CloneWithoutCredentials(),
		Header: base.Header{
			"CSeq":    s.nextRequest(),
			"Session": base.HeaderValue{s.id()},
		},
	}
	message, err := request.Marshal()
	if err != nil {
		return err
	}
	_, err = s.conn.Write(message)
	return err
}

// asked sees every request of the library before it is sent. Once we send our
// own beside them, all must count in one row: ffmpeg's server insists.
func (s *session) asked(request *base.Request) {
	if s.requests.Load() == 0 {
		return
	}
	request.Header["CSeq"] = s.nextRequest()
}

// nextRequest is the CSeq of a request while recording.
func (s *session) nextRequest() base.HeaderValue {
	return base.HeaderValue{strconv.FormatInt(s.requests.Add(1), 10)}
}

// observeUDP fills in what the reports say; the video track stands for both.
func (s *session) observeUDP(o *rate.Observation) {
	_, o.Acked, o.Delivered = s.reported()
	video := s.tracks[0].reports.Sample()
	o.RTT, o.MinRTT, o.Loss = video.RTT, video.MinRTT, video.Loss
}
