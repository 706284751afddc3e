package fleet

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
	"studiobox/provisioning/fleet/swarm"
)

// answerWithin is how long a box that is there takes for its answer.
const answerWithin = 15 * time.Second

// delivery is where a signed message goes: a file, the terminal, or the box.
type delivery struct {
	Out      string `placeholder:"FILE" help:"Write the signed message here; without --out and --send it goes to the terminal."`
	Send     string `placeholder:"URL" help:"Hand it to this broker, tcp:// or ssl://, and wait for the box's answer."`
	User     string `default:"console" help:"Account at the broker."`
	Password string `env:"STUDIOFLEET_BROKER_PASSWORD" help:"Its password; better in ${env}."`
	CA       string `name:"ca" placeholder:"FILE.pem" help:"Authority of the broker's certificate."`
}

// deliver brings the message where it was told to.
func (d delivery) deliver(env *environment, topic contract.Topic, id string, sealed []byte) error {
	if d.Out != "" {
		if err := writeFile(d.Out, 0o644, func(w io.Writer) error { _, err := w.Write(append(sealed, '\n')); return err }); err != nil {
			return err
		}
	}
	if d.Send == "" {
		if d.Out == "" {
			_, err := fmt.Fprintf(env.out, "%s\n", sealed)
			return err
		}
		return nil
	}
	trust, err := trustOf(d.CA)
	if err != nil {
		return fmt.Errorf("--ca: %w", err)
	}
	ctx, cancel := context.WithTimeout(env.ctx, answerWithin)
	defer cancel()
	desk, err := swarm.Sit(ctx, swarm.DeskConfig{Broker: d.Send, TLS: trust, User: d.User, Password: d.Password})
	if err != nil {
		return fmt.Errorf("--send: %w", err)
	}
	defer desk.Leave()
	if topic.Kind == contract.KindWant {
		return desk.Wish(ctx, topic, sealed)
	}
	ack, err := desk.Order(ctx, topic, id, sealed)
	if err != nil {
		return fmt.Errorf("--send: %w", err)
	}
	if ack.St == contract.AckRefused || ack.St == contract.AckFailed {
		return fmt.Errorf("box %s answers: %s (%s)", topic.Box, ack.St, ack.Why)
	}
	fmt.Fprintf(env.out, "box %s answers: %s\n", topic.Box, ack.St)
	return nil
}

func trimmed(sealed []byte) []byte { return bytes.TrimSpace(sealed) }

// readKeys reads the keys to sign with.
func readKeys(paths []string) ([]seal.Key, error) {
	var keys []seal.Key
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		key, err := seal.ParseKey(trimmed(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// readRing reads a ring of public keys.
func readRing(path string) (*seal.Keyring, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	ring, err := seal.ParseKeyring(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ring, nil
}
