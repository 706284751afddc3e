package gcc

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/cc"
	"github.com/pion/interceptor/pkg/gcc"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"studiobox/uplink/rate"
)

// sendLine is pion's chain at the sender, over a socket. A packet passes the
// memory for repeats, then gets its transport-wide number, then is paced; so a
// repeat has a number of its own and is paced too.
type sendLine struct {
	conn      net.Conn
	chain     *interceptor.Chain
	estimator cc.BandwidthEstimator
	packets   interceptor.RTPWriter
	feedback  interceptor.RTCPReader
	changed   chan struct{} // the estimator has a new target

	datagram []byte // that feedback reads next
	scratch  [datagramMost]byte

	shut        atomic.Bool
	sent, bytes atomic.Uint64
	failed      atomic.Uint64
}

// newSendLine starts pion's goroutines; close ends them. The pacer's is the
// only one that is not waited for: it ends at its next tick, within 5 ms, and
// finds the line shut.
func newSendLine(conn net.Conn, limits rate.Limits) (*sendLine, error) {
	l := &sendLine{conn: conn, changed: make(chan struct{}, 1)}
	estimate, err := l.estimation(limits)
	if err != nil {
		return nil, err
	}
	numbers, err := (&twcc.HeaderExtensionInterceptorFactory{}).NewInterceptor("")
	if err != nil {
		return nil, errors.Join(err, estimate.Close())
	}
	repeats, err := nack.NewResponderInterceptor(nack.ResponderSize(resendHistory))
	if err != nil {
		return nil, errors.Join(err, estimate.Close())
	}
	memory, err := repeats.NewInterceptor("")
	if err != nil {
		return nil, errors.Join(err, estimate.Close())
	}
	l.chain = interceptor.NewChain([]interceptor.Interceptor{estimate, numbers, memory})
	l.packets = l.chain.BindLocalStream(stream(), interceptor.RTPWriterFunc(l.write))
	l.feedback = l.chain.BindRTCPReader(interceptor.RTCPReaderFunc(
		func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
			return copy(b, l.datagram), a, nil
		}))
	return l, nil
}

// estimation is the estimator with its pacer.
func (l *sendLine) estimation(limits rate.Limits) (interceptor.Interceptor, error) {
	factory, err := cc.NewInterceptor(func() (cc.BandwidthEstimator, error) {
		return gcc.NewSendSideBWE(
			gcc.SendSideBWEInitialBitrate(limits.StartKbps*1000),
			gcc.SendSideBWEMinBitrate(limits.FloorKbps*1000),
			gcc.SendSideBWEMaxBitrate(limits.CeilingKbps*1000),
		)
	})
	if err != nil {
		return nil, err
	}
	factory.OnNewPeerConnection(func(_ string, estimator cc.BandwidthEstimator) { l.estimator = estimator })
	estimate, err := factory.NewInterceptor("")
	if err != nil {
		return nil, err
	}
	// Each call comes from a goroutine of its own, in any order: the value is
	// asked for where it is used.
	l.estimator.OnTargetBitrateChange(func(int) {
		select {
		case l.changed <- struct{}{}:
		default:
		}
	})
	return estimate, nil
}

// targetKbps is the estimator's target. Its loss part may go below the floor
// that was given.
func (l *sendLine) targetKbps() int { return l.estimator.GetTargetBitrate() / 1000 }

// state is the estimator's own word for what it does.
func (l *sendLine) state() string {
	state, _ := l.estimator.GetStats()["state"].(string)
	return state
}

// write puts a packet on the wire. A datagram that the socket does not take,
// or that nobody listens for yet, is a loss like any other.
func (l *sendLine) write(header *rtp.Header, payload []byte, _ interceptor.Attributes) (int, error) {
	size := header.MarshalSize() + len(payload)
	if l.shut.Load() {
		return size, nil
	}
	packet := rtp.Packet{Header: *header, Payload: payload}
	raw, err := packet.Marshal()
	if err != nil {
		return 0, fmt.Errorf("RTP packet: %w", err)
	}
	if _, err := l.conn.Write(raw); err != nil {
		l.failed.Add(1)
		return size, nil
	}
	l.sent.Add(1)
	l.bytes.Add(uint64(size))
	return size, nil
}

// hear hands a datagram of RTCP to pion and gives what was in it.
func (l *sendLine) hear(datagram []byte) ([]rtcp.Packet, error) {
	l.datagram = datagram
	n, attributes, err := l.feedback.Read(l.scratch[:], interceptor.Attributes{})
	if err != nil {
		return nil, err
	}
	return attributes.GetRTCPPackets(l.scratch[:n])
}

func (l *sendLine) close() error {
	l.shut.Store(true)
	return l.chain.Close()
}
