package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
)

// demoBroker is an MQTT broker on loopback that lets everybody in.
type demoBroker struct {
	server   *mqtt.Server
	listener net.Listener
}

func newDemoBroker() (*demoBroker, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("demo broker: %w", err)
	}
	server := mqtt.New(&mqtt.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := server.AddHook(new(auth.AllowHook), nil); err != nil {
		return nil, fmt.Errorf("demo broker: %w", err)
	}
	if err := server.AddListener(listeners.NewNet("loopback", listener)); err != nil {
		return nil, fmt.Errorf("demo broker: %w", err)
	}
	return &demoBroker{server: server, listener: listener}, nil
}

func (b *demoBroker) url() string { return "tcp://" + b.listener.Addr().String() }

// Run serves until ctx ends.
func (b *demoBroker) Run(ctx context.Context) error {
	if err := b.server.Serve(); err != nil {
		return fmt.Errorf("demo broker: %w", err)
	}
	<-ctx.Done()
	if err := b.server.Close(); err != nil {
		return fmt.Errorf("demo broker: %w", err)
	}
	return nil
}
