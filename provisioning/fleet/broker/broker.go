// Package broker is an MQTT broker inside this program, for the demo, for tests
// and for a first pilot: every client has a name that is proven, and may do what
// the contract's access list says and nothing else.
package broker

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"

	mqtt "github.com/mochi-mqtt/server/v2"
)

// Config says who may come in, and where.
type Config struct {
	Doors []Door
	// Tenant tells whose box it is; false for a box that nobody knows. It is
	// asked at each connection, so that a box can change hands.
	Tenant   func(box string) (tenant string, known bool)
	Accounts []Account
}

// Door is one listener and how clients prove their names there.
type Door struct {
	Name     string // in log lines
	Listener net.Listener
	TLS      *tls.Config // nil: not encrypted, for loopback only
	Proof    Proof
}

// Proof is how a door learns who comes.
type Proof int

// The proofs.
const (
	// ByCertificate lets boxes in: the common name of the certificate, which TLS
	// has verified, is the box id and the client id.
	ByCertificate Proof = iota
	// ByPassword lets accounts in.
	ByPassword
	// ByWord lets accounts in by password, and believes a box that gives no user
	// name what its client id says: for loopback only.
	ByWord
)

// Account is a client that is no box.
type Account struct {
	Name, Password string
	Role           Role
}

// Role is what an account is for.
type Role string

// The roles.
const (
	RoleConsole Role = "console" // reads what boxes say, gives orders
	RoleMetrics Role = "metrics" // reads what boxes say
)

// Limits of the broker. The library's own would let a retained message go after
// a day, and cost 64 kB a client.
const (
	pendingWrites = 2048      // messages a client may lag behind: 16 kB of queue
	inflight      = 60_000    // unacknowledged messages a client may have: a census asks for several of each box at once
	largestPacket = 64 * 1024 // bytes
	netBuffer     = 1024      // bytes, each way; a health message has 300
)

// Broker is the broker. Only Run starts anything.
type Broker struct {
	server *mqtt.Server
	doors  []*door
}

// New wires a broker. The listeners of its doors are the broker's from then on.
func New(cfg Config, log *slog.Logger) (*Broker, error) {
	limits := mqtt.NewDefaultServerCapabilities()
	limits.MaximumMessageExpiryInterval = 0 // what is retained stays
	limits.MaximumClientWritesPending = pendingWrites
	limits.MaximumInflight = inflight
	limits.MaximumPacketSize = largestPacket
	limits.MinimumProtocolVersion = 4
	b := &Broker{server: mqtt.New(&mqtt.Options{
		Capabilities: limits, ClientNetWriteBufferSize: netBuffer, ClientNetReadBufferSize: netBuffer,
		SysTopicResendInterval: 10, Logger: slog.New(slog.DiscardHandler),
	})}
	guard := newGuard(cfg, log)
	for _, hook := range []mqtt.Hook{guard, new(census)} {
		if err := b.server.AddHook(hook, nil); err != nil {
			return nil, fmt.Errorf("broker: %w", err)
		}
	}
	for _, d := range cfg.Doors {
		door := newDoor(d, guard)
		b.doors = append(b.doors, door)
		if err := b.server.AddListener(door); err != nil {
			return nil, fmt.Errorf("broker: door %s: %w", d.Name, err)
		}
	}
	return b, nil
}

// Run serves until ctx ends; then all clients are gone and all doors closed.
func (b *Broker) Run(ctx context.Context) error {
	if err := b.server.Serve(); err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	<-ctx.Done()
	for _, d := range b.doors {
		d.shut() // before Close, which counts only the clients that it knows by then
	}
	if err := b.server.Close(); err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	return nil
}
