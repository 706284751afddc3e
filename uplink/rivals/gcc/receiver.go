package gcc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"studiobox/encoder/unit"
)

// tick is how often the receiver looks at the time when nothing arrives.
const tick = 10 * time.Millisecond

// Receiver is the far end: it puts packets in order, has lost ones sent again,
// and gives out pictures. Its func field is set before Run.
type Receiver struct {
	// OnUnit is told of each whole picture, in decoding order, at the moment
	// from which a decoder could have it: not before the pictures in front of
	// it came or were given up. decodable is false after a picture that was
	// given up, until the next key picture. It runs on Run's goroutine.
	OnUnit func(u *unit.Unit, at time.Time, decodable bool)

	conn  net.PacketConn
	order *order
	clock clock
	nalus rtph264.Decoder
	asked time.Time // when a key picture was last asked for

	mu    sync.Mutex
	stats ReceiverStats
}

// ReceiverStats are the receiver's figures; counters never fall.
type ReceiverStats struct {
	// Packets came in, Bytes with their RTP headers; Late ones were of no use
	// any more: repeats of what had come, or too late.
	Packets, Bytes, Late uint64
	// Units were given out, Undecodable of them after a lost one.
	Units, Undecodable uint64
	// Holes and Missing are gaps, and packets in them, that were given up.
	Holes, Missing uint64
	// PLIs is how often a key picture was asked for.
	PLIs uint64
}

// NewReceiver receives on a socket, which stays the caller's to close after Run.
func NewReceiver(conn net.PacketConn) *Receiver {
	r := &Receiver{conn: conn}
	r.order = newOrder(r.picture)
	return r
}

// Run receives until ctx ends, which is no error, or the socket fails. It can
// be called once.
func (r *Receiver) Run(ctx context.Context) error {
	if err := r.nalus.Init(); err != nil {
		return fmt.Errorf("gcc receiver: %w", err)
	}
	line, err := newReceiveLine(r.conn)
	if err != nil {
		return fmt.Errorf("gcc receiver: %w", err)
	}
	err = errors.Join(r.receive(ctx, line), line.close())
	if err != nil {
		return fmt.Errorf("gcc receiver: %w", err)
	}
	return nil
}

func (r *Receiver) receive(ctx context.Context, line *receiveLine) error {
	var datagram [datagramMost]byte
	for ctx.Err() == nil {
		if err := r.conn.SetReadDeadline(time.Now().Add(tick)); err != nil {
			return err
		}
		n, from, err := r.conn.ReadFrom(datagram[:])
		now := time.Now()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
		case err != nil:
			return err
		default:
			if packet := line.hear(datagram[:n], from); packet != nil {
				r.order.push(packet, now)
				r.count(n)
			}
		}
		r.order.advance(now)
		r.ask(line, now)
	}
	return nil
}

// ask asks for a key picture when one is needed, at most each 500 ms.
func (r *Receiver) ask(line *receiveLine, now time.Time) {
	if !r.order.asking || now.Sub(r.asked) < pliEvery {
		return
	}
	r.asked = now
	line.send(&rtcp.PictureLossIndication{SenderSSRC: ssrc + 1, MediaSSRC: ssrc})
	r.mu.Lock()
	r.stats.PLIs++
	r.mu.Unlock()
}

// picture makes a unit of a whole picture's packets.
func (r *Receiver) picture(packets []*rtp.Packet, now time.Time, broken bool) (key bool) {
	var nalus [][]byte
	for _, p := range packets {
		found, err := r.nalus.Decode(p)
		if err == nil {
			nalus = append(nalus, found...)
		} else if !errors.Is(err, rtph264.ErrMorePacketsNeeded) {
			return false
		}
	}
	for _, nalu := range nalus {
		key = key || len(nalu) > 0 && nalu[0]&naluType == naluIDR
	}
	u := &unit.Unit{PTS: r.clock.pts(packets[0].Timestamp), Captured: now, Track: unit.Video, Key: key, NALUs: nalus}
	decodable := key || !broken
	r.mu.Lock()
	r.stats.Units++
	if !decodable {
		r.stats.Undecodable++
	}
	r.mu.Unlock()
	if r.OnUnit != nil {
		r.OnUnit(u, now, decodable)
	}
	return key
}

func (r *Receiver) count(bytes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Packets++
	r.stats.Bytes += uint64(bytes)
	r.stats.Late, r.stats.Holes, r.stats.Missing = r.order.late, r.order.given, r.order.missing
}

// Stats are the present figures.
func (r *Receiver) Stats() ReceiverStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stats
}

// clock turns RTP times into PTS from the first picture on.
type clock struct {
	begun   bool
	last    uint32
	elapsed int64
}

func (c *clock) pts(stamp uint32) time.Duration {
	if !c.begun {
		c.begun, c.last = true, stamp
	}
	c.elapsed += int64(int32(stamp - c.last)) // modulo 2^32
	c.last = stamp
	return fromTicks(c.elapsed)
}
