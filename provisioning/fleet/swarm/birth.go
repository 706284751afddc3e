package swarm

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"studiobox/provisioning/contract"
)

var errDial = errors.New("cannot connect")

// session is one connection, from dialling to its end.
func (b *box) session(ctx context.Context) error {
	conn, err := b.dial(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errDial, err)
	}
	defer conn.Close()
	wake := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer wake()
	s := &session{box: b, line: &line{conn: conn, write: b.cfg.Pace.Write, meter: b.meter}}
	s.boot = fmt.Sprintf("%08x", b.rng.Uint32())
	if err := s.connect(ctx); err != nil {
		return err
	}
	b.meter.begun()
	defer b.meter.connected.Add(-1)
	for i := range b.events {
		b.events[i].sent = false
	}
	err = s.serve(ctx)
	if errors.Is(err, errCut) {
		reset(conn)
	}
	return err
}

// dial connects, with TLS where the broker has it.
func (b *box) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.Pace.Dial)
	defer cancel()
	trust := b.cfg.TLS
	if b.secure && b.cfg.Paper != nil {
		paper, err := b.cfg.Paper.For(b.who.ID)
		if err != nil {
			return nil, err
		}
		if trust = new(tls.Config); b.cfg.TLS != nil {
			trust = b.cfg.TLS.Clone()
		}
		trust.Certificates = []tls.Certificate{paper}
	}
	return open(ctx, b.address, b.secure, trust)
}

// reset makes the end of a connection sudden, as a cut line does: the broker
// hears no goodbye, and publishes the will.
func reset(conn net.Conn) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
		tcp.Close() // before TLS could say goodbye
	}
}

// connect says hello and waits for the broker's answer.
func (s *session) connect(ctx context.Context) error {
	will := contract.Will(s.boot).Encode()
	hello := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connect}, Connect: packets.ConnectParams{
		ProtocolName: []byte("MQTT"), ClientIdentifier: s.who.ID, Clean: true, Keepalive: uint16(s.cfg.Pace.KeepAlive.Seconds()),
		WillFlag: true, WillTopic: s.topic(contract.KindState), WillPayload: will,
		WillQos: contract.KindState.QoS(), WillRetain: contract.KindState.Retained(),
	}}
	if err := s.line.send(hello); err != nil {
		return fmt.Errorf("%w: %w", errDial, err)
	}
	pk, ok, err := s.line.receive(ctx, time.Now().Add(s.cfg.Pace.Dial))
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errDial, err)
	case !ok:
		return fmt.Errorf("%w: %w", errDial, errNoAck)
	case pk.FixedHeader.Type != packets.Connack || pk.ReasonCode != 0:
		return fmt.Errorf("%w with code %d", errRefused, pk.ReasonCode)
	}
	return nil
}
