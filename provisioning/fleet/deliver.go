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

// brokerWithin is how long a broker that is there takes to connect and to
// acknowledge; sayAfter is when somebody who waits for a box is told so.
const (
	brokerWithin = 15 * time.Second
	sayAfter     = 10 * time.Second
)

// delivery is where a signed message goes: a file, the terminal, or the box.
type delivery struct {
	Out      string `placeholder:"FILE" help:"Write the signed message here; without --out and --send it goes to the terminal."`
	Send     string `placeholder:"URL" help:"Hand it to this broker, tcp:// or ssl://, and wait for the box's answer."`
	User     string `default:"console" help:"Account at the broker."`
	Password string `env:"STUDIOFLEET_BROKER_PASSWORD" help:"Its password; better in ${env}."`
	CA       string `name:"ca" placeholder:"FILE.pem" help:"Authority of the broker's certificate."`
}

// parcel is what was signed, and for whom.
type parcel struct {
	topic  contract.Topic
	id     string    // of a command
	ends   time.Time // of a command
	sealed []byte
}

// deliver brings the message where it was told to.
func (d delivery) deliver(env *environment, p parcel) error {
	if d.Out != "" {
		if err := writeFile(d.Out, 0o644, func(w io.Writer) error { _, err := w.Write(append(p.sealed, '\n')); return err }); err != nil {
			return err
		}
	}
	if d.Send == "" {
		if d.Out == "" {
			_, err := fmt.Fprintf(env.out, "%s\n", p.sealed)
			return err
		}
		return nil
	}
	trust, err := trustOf(d.CA)
	if err != nil {
		return fmt.Errorf("--ca: %w", err)
	}
	ctx, cancel := context.WithTimeout(env.ctx, brokerWithin)
	defer cancel()
	desk, err := swarm.Sit(ctx, swarm.DeskConfig{Broker: d.Send, TLS: trust, User: d.User, Password: d.Password})
	if err != nil {
		return fmt.Errorf("--send: %w", err)
	}
	defer desk.Leave()
	if p.topic.Kind == contract.KindWant {
		return desk.Wish(ctx, p.topic, p.sealed)
	}
	return d.order(env, desk, p)
}

// order hands a command over, and says how it goes.
func (d delivery) order(env *environment, desk *swarm.Desk, p parcel) error {
	box := p.topic.Box
	waits := time.AfterFunc(sayAfter, func() {
		fmt.Fprintf(env.errOut, "box %s has not answered yet; the command is sent again until %s, or until Ctrl-C\n", box, p.ends.UTC().Format("15:04:05 UTC"))
	})
	defer waits.Stop()
	ack, err := desk.Give(env.ctx, swarm.Order{Topic: p.topic, ID: p.id, Sealed: p.sealed, Ends: p.ends, Accepted: func() {
		waits.Stop()
		fmt.Fprintf(env.errOut, "box %s has begun\n", box)
	}})
	if err != nil {
		return fmt.Errorf("--send: %w", err)
	}
	if ack.St == contract.AckRefused || ack.St == contract.AckFailed {
		return fmt.Errorf("box %s answers: %s (%s)", box, ack.St, ack.Why)
	}
	fmt.Fprintf(env.out, "box %s answers: %s\n", box, ack.St)
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
