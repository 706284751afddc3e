package gcc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/pion/rtcp"

	"studiobox/encoder/unit"
	"studiobox/uplink/rate"
)

// Sender carries H.264 to a Receiver and tells the encoder what rate GCC allows.
// Its func fields are set before Run; both are called from goroutines of Run,
// one at a time each, and must not block.
type Sender struct {
	// OnTarget is told the rate that packets may have from now on, in kbit/s
	// with their RTP headers, within the limits; first at the start of Run.
	OnTarget func(kbps int)
	// OnKeyNeeded is told when the receiver asks for a key picture.
	OnKeyNeeded func()

	conn   net.Conn
	limits rate.Limits

	mu      sync.Mutex
	line    *sendLine // nil outside Run
	packets rtph264.Encoder
	stats   SenderStats
}

// SenderStats are the sender's figures; counters never fall.
type SenderStats struct {
	// TargetKbps is as OnTarget was told; State is the estimator's own word:
	// increase, decrease or hold.
	TargetKbps int
	State      string
	// SentPackets and SentBytes went to the socket, repeats and RTP headers
	// included; FailedPackets did not get through it.
	SentPackets, SentBytes, FailedPackets uint64
	// Units were taken in, Dropped came while nothing ran.
	Units, Dropped uint64
	// Feedback, NACKs, PLIs and Reports are RTCP packets that came in;
	// BadFeedback are datagrams that pion did not understand.
	Feedback, NACKs, PLIs, Reports, BadFeedback uint64
	// Loss is the fraction lost in the last receiver report, 0 to 1.
	Loss float64
}

// NewSender sends over a connected datagram socket, which stays the caller's to
// close after Run.
func NewSender(conn net.Conn, limits rate.Limits) (*Sender, error) {
	limits = sane(limits)
	s := &Sender{conn: conn, limits: limits, packets: rtph264.Encoder{
		PayloadType: payloadType, SSRC: new(uint32), PayloadMaxSize: payloadMost, PacketizationMode: 1,
	}}
	*s.packets.SSRC = ssrc
	s.stats.TargetKbps = limits.StartKbps
	if err := s.packets.Init(); err != nil {
		return nil, fmt.Errorf("gcc sender: %w", err)
	}
	return s, nil
}

// sane puts limits in order: 1 <= floor <= start <= ceiling.
func sane(l rate.Limits) rate.Limits {
	l.FloorKbps = max(1, l.FloorKbps)
	l.CeilingKbps = max(l.FloorKbps, l.CeilingKbps)
	l.StartKbps = min(max(l.FloorKbps, l.StartKbps), l.CeilingKbps)
	return l
}

// Put takes a picture apart and leaves its packets to the pacer. It never
// blocks. Sound is not carried.
func (s *Sender) Put(u *unit.Unit) {
	if u.Track != unit.Video || len(u.NALUs) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.line == nil {
		s.stats.Dropped++
		return
	}
	packets, err := s.packets.Encode(u.NALUs)
	if err != nil {
		s.stats.Dropped++
		return
	}
	s.stats.Units++
	for _, p := range packets {
		p.Timestamp = toTicks(u.PTS)
		if _, err := s.line.packets.Write(&p.Header, p.Payload, nil); err != nil {
			s.stats.FailedPackets++
		}
	}
}

// Run sends and listens until ctx ends, which is no error, or the socket fails.
// It can be called once.
func (s *Sender) Run(ctx context.Context) error {
	line, err := newSendLine(s.conn, s.limits)
	if err != nil {
		return fmt.Errorf("gcc sender: %w", err)
	}
	s.setLine(line)
	s.tell(s.limits.StartKbps)
	ctx, cancel := context.WithCancel(ctx)
	var telling sync.WaitGroup
	telling.Go(func() { s.follow(ctx, line) })
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetReadDeadline(time.Unix(1, 0)) })
	err = s.listen(ctx, line)
	cancel()
	stop()
	telling.Wait()
	s.setLine(nil)
	if err = errors.Join(err, line.close()); err != nil {
		return fmt.Errorf("gcc sender: %w", err)
	}
	return nil
}

func (s *Sender) setLine(line *sendLine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if line == nil {
		s.addLine()
	}
	s.line = line
}

// follow tells each new target.
func (s *Sender) follow(ctx context.Context, line *sendLine) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-line.changed:
			s.tell(line.targetKbps())
		}
	}
}

func (s *Sender) tell(kbps int) {
	kbps = min(max(kbps, s.limits.FloorKbps), s.limits.CeilingKbps)
	s.mu.Lock()
	s.stats.TargetKbps = kbps
	s.mu.Unlock()
	if s.OnTarget != nil {
		s.OnTarget(kbps)
	}
}

// listen reads RTCP until the socket fails or ctx ends.
func (s *Sender) listen(ctx context.Context, line *sendLine) error {
	var datagram [datagramMost]byte
	for {
		n, err := s.conn.Read(datagram[:])
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, syscall.ECONNREFUSED):
			continue // nobody listens at the far end yet
		case err != nil:
			return err
		}
		packets, err := line.hear(datagram[:n])
		if s.count(packets, err) && s.OnKeyNeeded != nil {
			s.OnKeyNeeded()
		}
	}
}

// count keeps the figures and tells whether a key picture is asked for.
func (s *Sender) count(packets []rtcp.Packet, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.stats.BadFeedback++
		return false
	}
	key := false
	for _, packet := range packets {
		switch packet := packet.(type) {
		case *rtcp.TransportLayerCC:
			s.stats.Feedback++
		case *rtcp.TransportLayerNack:
			s.stats.NACKs++
		case *rtcp.PictureLossIndication:
			s.stats.PLIs++
			key = true
		case *rtcp.ReceiverReport:
			s.stats.Reports++
			for _, report := range packet.Reports {
				s.stats.Loss = float64(report.FractionLost) / 256
			}
		}
	}
	return key
}

// Stats are the present figures.
func (s *Sender) Stats() SenderStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.line != nil {
		s.addLine()
	}
	return s.stats
}

// addLine takes over what the line counted.
func (s *Sender) addLine() {
	s.stats.State = s.line.state()
	s.stats.SentPackets, s.stats.SentBytes = s.line.sent.Load(), s.line.bytes.Load()
	s.stats.FailedPackets = s.line.failed.Load()
}
