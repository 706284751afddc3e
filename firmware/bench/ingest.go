package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"studiobox/encoder/unit"
	"studiobox/uplink/ingesttest"
	"studiobox/uplink/linktest"
	"studiobox/uplink/rivals/gcc"
)

// ingest is the far end at work: it records what the box publishes.
type ingest struct {
	address string // where the box publishes to
	cancel  context.CancelFunc
	done    chan error
}

// openIngest opens the far end that the job's rule talks to.
func openIngest(j job, link *linktest.Line, rec *record) (*ingest, error) {
	address := net.JoinHostPort(link.FarAddr(), linkPort)
	if j.rule == gccRule {
		return openReceiver(address, link, rec)
	}
	listener, err := link.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	if j.line.ingestKbps > 0 {
		listener = &slowListener{Listener: listener, pace: &pacer{kbps: j.line.ingestKbps}}
	}
	cfg := ingesttest.Config{Listener: listener, UDP: j.transport == overUDP, ListenPacket: link.ListenPacket}
	if j.transport == overTLS {
		certificate, _, err := ingesttest.SelfSigned(link.FarAddr())
		if err != nil {
			return nil, errors.Join(err, listener.Close())
		}
		cfg.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}
	server := ingesttest.New(cfg)
	server.OnMedia = func(string, unit.Media) { rec.announced() }
	var missed atomic.Uint64 // packets, up to the last unit
	server.OnUnit = func(_ string, u *unit.Unit) {
		lost := server.Stats().LostPackets
		rec.put(u, missed.Swap(lost) != lost)
	}
	in := start(server.Run)
	select {
	case <-server.Ready():
		in.address = server.URL("live")
		return in, nil
	case err := <-in.done:
		in.cancel()
		return nil, err
	}
}

// openReceiver opens GCC's far end.
func openReceiver(address string, link *linktest.Line, rec *record) (*ingest, error) {
	conn, err := link.ListenPacket("udp", address)
	if err != nil {
		return nil, err
	}
	receiver := gcc.NewReceiver(conn)
	rec.announced()
	receiver.OnUnit = func(u *unit.Unit, _ time.Time, decodable bool) { rec.put(u, !decodable) }
	in := start(func(ctx context.Context) error {
		defer conn.Close()
		return receiver.Run(ctx)
	})
	in.address = address
	return in, nil
}

// start runs a far end until close.
func start(run func(context.Context) error) *ingest {
	ctx, cancel := context.WithCancel(context.Background())
	in := &ingest{cancel: cancel, done: make(chan error, 1)}
	go func() { in.done <- run(ctx) }()
	return in
}

// close ends it and tells how it went.
func (in *ingest) close() error {
	in.cancel()
	return <-in.done
}
