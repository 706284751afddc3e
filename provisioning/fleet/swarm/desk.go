package swarm

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"studiobox/provisioning/contract"
)

// DeskConfig says where a desk stands.
type DeskConfig struct {
	Broker         string      // tcp://host:port or ssl://host:port
	TLS            *tls.Config // for ssl://; nil: the system's authorities
	User, Password string
}

// Desk is somebody at the broker who hands over one signed message and hears
// what the box answers.
type Desk struct{ line *line }

// Sit connects. Ctx bounds it.
func Sit(ctx context.Context, cfg DeskConfig) (*Desk, error) {
	address, secure, err := parseBroker(cfg.Broker)
	if err != nil {
		return nil, err
	}
	conn, err := open(ctx, address, secure, cfg.TLS)
	if err != nil {
		return nil, fmt.Errorf("broker %s: %w", cfg.Broker, err)
	}
	d := &Desk{line: &line{conn: conn, write: 5 * time.Second, meter: newMeter()}}
	hello := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connect}, Connect: packets.ConnectParams{
		ProtocolName: []byte("MQTT"), ClientIdentifier: "desk-" + rand.Text()[:12], Clean: true, Keepalive: 60,
		UsernameFlag: true, Username: []byte(cfg.User), PasswordFlag: true, Password: []byte(cfg.Password),
	}}
	pk, err := d.ask(ctx, hello, packets.Connack)
	if err == nil && pk.ReasonCode != 0 {
		err = fmt.Errorf("broker %s refuses the account %q (code %d)", cfg.Broker, cfg.User, pk.ReasonCode)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return d, nil
}

// Leave ends the connection.
func (d *Desk) Leave() {
	_ = d.line.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}})
	d.line.conn.Close()
}

// Wish hands wished settings over; the broker keeps them for the box.
func (d *Desk) Wish(ctx context.Context, topic contract.Topic, sealed []byte) error {
	return d.publish(ctx, topic, sealed)
}

func (d *Desk) publish(ctx context.Context, topic contract.Topic, payload []byte) error {
	_, err := d.ask(ctx, packets.Packet{
		TopicName: topic.String(), Payload: payload, PacketID: 2,
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: topic.Kind.QoS(), Retain: topic.Kind.Retained()},
	}, packets.Puback)
	return err
}

// ask sends a packet and waits for the one that answers it.
func (d *Desk) ask(ctx context.Context, pk packets.Packet, answer byte) (packets.Packet, error) {
	if err := d.line.send(pk); err != nil {
		return packets.Packet{}, err
	}
	return d.await(ctx, answer)
}

var errSilent = errors.New("no answer in time")

// await waits for a packet of a type, and passes over others.
func (d *Desk) await(ctx context.Context, kind byte) (packets.Packet, error) {
	until, bounded := ctx.Deadline()
	if !bounded {
		until = time.Now().Add(time.Minute)
	}
	for {
		pk, ok, err := d.line.receive(ctx, until)
		switch {
		case err != nil:
			return pk, err
		case !ok:
			return pk, errSilent
		case pk.FixedHeader.Type == kind:
			return pk, nil
		}
	}
}
