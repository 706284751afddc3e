package publish

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"time"
)

const (
	// interleavedPayload fills an Ethernet frame after IP, TCP, the
	// interleaved header and RTP, so that servers can relay it over UDP.
	interleavedPayload = 1440
	// datagramPayload survives tunnels, PPPoE and IPv6's least MTU of 1280.
	datagramPayload = 1200

	// interleavedBatch is how many bytes go to the kernel in one write: few
	// system calls and TLS records, yet little that can no longer be dropped.
	interleavedBatch = 8 << 10
	// interleavedHeader is "$", the channel and the length (RFC 2326, 10.12).
	interleavedHeader = 4

	// datagramPace is the rate of UDP packets until SetPacing says otherwise:
	// a key frame sent in one burst overflows the queues on the way.
	datagramPace = 20_000 // kbit/s
	// datagramBurst is what may go out at once, as a time at that rate.
	datagramBurst = 5 * time.Millisecond
)

// interleaved is RTP within the RTSP connection.
type interleaved struct {
	conn  *control
	batch []byte
}

func newInterleaved(conn *control) *interleaved {
	return &interleaved{conn: conn, batch: make([]byte, 0, interleavedBatch)}
}

func (w *interleaved) payload() int { return interleavedPayload }

func (w *interleaved) next(t *track, n int) ([]byte, error) { return w.room(t.channel, n) }

func (w *interleaved) room(channel byte, n int) ([]byte, error) {
	if len(w.batch)+interleavedHeader+n > cap(w.batch) {
		if err := w.flush(); err != nil {
			return nil, err
		}
	}
	start := len(w.batch)
	w.batch = w.batch[:start+interleavedHeader+n]
	message := w.batch[start:]
	message[0], message[1] = '$', channel
	binary.BigEndian.PutUint16(message[2:], uint16(n))
	return message[interleavedHeader:], nil
}

func (w *interleaved) flush() error {
	if len(w.batch) == 0 {
		return nil
	}
	_, err := w.conn.Write(w.batch)
	w.batch = w.batch[:0]
	return err
}

func (w *interleaved) report(t *track, packet []byte) error {
	room, err := w.room(t.channel+1, len(packet))
	if err == nil {
		copy(room, packet)
	}
	return err
}

// datagrams is RTP over UDP.
type datagrams struct {
	pace    *pacer
	packet  []byte
	pending int    // bytes of the packet that next gave out
	to      *track // of that packet
}

func newDatagrams(ctx context.Context, kbps func() int) *datagrams {
	return &datagrams{pace: &pacer{ctx: ctx, kbps: kbps}, packet: make([]byte, rtpHeaderBytes+datagramPayload)}
}

func (w *datagrams) payload() int { return datagramPayload }

func (w *datagrams) next(t *track, n int) ([]byte, error) {
	if err := w.flush(); err != nil {
		return nil, err
	}
	w.pending, w.to = n, t
	return w.packet[:n], nil
}

// flush sends the packet that is complete. A datagram that the kernel does not
// want is lost like one that the line loses: receiver reports tell.
func (w *datagrams) flush() error {
	if w.pending == 0 {
		return nil
	}
	n := w.pending
	w.pending = 0
	if err := w.pace.wait(n); err != nil {
		return err
	}
	_, err := w.to.rtp.WriteToUDPAddrPort(w.packet[:n], w.to.rtpTo)
	if errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (w *datagrams) report(t *track, packet []byte) error {
	_, err := t.rtcp.WriteToUDPAddrPort(packet, t.rtcpTo)
	if errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// pacer spreads datagrams out: the kernel paces TCP only.
type pacer struct {
	ctx   context.Context
	kbps  func() int
	clear time.Time // when all that was let through has passed at the rate
	timer *time.Timer
}

// wait returns when n more bytes may go.
func (p *pacer) wait(n int) error {
	rate := p.kbps()
	if rate <= 0 {
		rate = datagramPace
	}
	now := time.Now()
	if p.clear.Before(now) {
		p.clear = now
	}
	ahead := p.clear.Sub(now)
	p.clear = p.clear.Add(time.Duration(n) * 8 * time.Millisecond / time.Duration(rate))
	if ahead <= datagramBurst {
		return nil
	}
	if p.timer == nil {
		p.timer = time.NewTimer(ahead)
	} else {
		p.timer.Reset(ahead)
	}
	select {
	case <-p.timer.C:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}
