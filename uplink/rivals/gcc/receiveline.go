package gcc

import (
	"errors"
	"net"
	"sync/atomic"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// receiveLine is pion's chain at the receiver, over a socket. It answers to
// whoever sent the first packet of the stream.
type receiveLine struct {
	conn   net.PacketConn
	peer   atomic.Pointer[net.Addr]
	chain  *interceptor.Chain
	stream interceptor.RTPReader
	rtcp   interceptor.RTCPWriter

	datagram []byte // that stream reads next
	scratch  [datagramMost]byte
}

// newReceiveLine starts pion's goroutines; close ends them.
func newReceiveLine(conn net.PacketConn) (*receiveLine, error) {
	feedback, err1 := twcc.NewSenderInterceptor(twcc.SendInterval(feedbackEvery))
	holes, err2 := nack.NewGeneratorInterceptor(
		nack.GeneratorSize(nackHistory), nack.GeneratorInterval(nackEvery), nack.GeneratorMaxNacksPerPacket(nackMost))
	reports, err3 := report.NewReceiverInterceptor(report.ReceiverInterval(reportEvery))
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	var parts []interceptor.Interceptor
	for _, factory := range []interceptor.Factory{feedback, holes, reports} {
		part, err := factory.NewInterceptor("")
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	l := &receiveLine{conn: conn, chain: interceptor.NewChain(parts)}
	l.rtcp = l.chain.BindRTCPWriter(interceptor.RTCPWriterFunc(l.write))
	l.stream = l.chain.BindRemoteStream(stream(), interceptor.RTPReaderFunc(
		func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
			return copy(b, l.datagram), a, nil
		}))
	return l, nil
}

// hear hands a datagram to pion and gives the stream's packet in it, nil when
// it is something else.
func (l *receiveLine) hear(datagram []byte, from net.Addr) *rtp.Packet {
	packet := &rtp.Packet{}
	if packet.Unmarshal(append([]byte(nil), datagram...)) != nil ||
		packet.SSRC != ssrc || packet.PayloadType != payloadType || len(packet.Payload) == 0 {
		return nil
	}
	if l.peer.Load() == nil {
		l.peer.Store(&from)
	}
	l.datagram = datagram
	if _, _, err := l.stream.Read(l.scratch[:], interceptor.Attributes{}); err != nil {
		return nil
	}
	return packet
}

// send sends RTCP of our own. Like all of it, it may get lost.
func (l *receiveLine) send(packet rtcp.Packet) {
	_, _ = l.rtcp.Write([]rtcp.Packet{packet}, nil)
}

// write puts RTCP on the wire, once there is somebody to send it to.
func (l *receiveLine) write(packets []rtcp.Packet, _ interceptor.Attributes) (int, error) {
	peer := l.peer.Load()
	if peer == nil {
		return 0, nil
	}
	raw, err := rtcp.Marshal(packets)
	if err != nil {
		return 0, err
	}
	_, _ = l.conn.WriteTo(raw, *peer)
	return len(raw), nil
}

func (l *receiveLine) close() error { return l.chain.Close() }
