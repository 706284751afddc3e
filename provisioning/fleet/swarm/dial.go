package swarm

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
)

// parseBroker reads tcp://host:port, ssl://host:port or their synonyms mqtt://
// and mqtts://.
func parseBroker(text string) (address string, secure bool, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return "", false, fmt.Errorf("broker %q cannot be understood; write for example tcp://127.0.0.1:1883", text)
	}
	port := "1883"
	switch u.Scheme {
	case "tcp", "mqtt":
	case "ssl", "mqtts":
		secure, port = true, "8883"
	default:
		return "", false, fmt.Errorf("broker %q must begin with tcp:// or ssl://", text)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	return net.JoinHostPort(u.Hostname(), port), secure, nil
}

// open connects, with TLS where the broker has it.
func open(ctx context.Context, address string, secure bool, trust *tls.Config) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil || !secure {
		return conn, err
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if trust != nil {
		cfg = trust.Clone()
	}
	if cfg.ServerName == "" {
		cfg.ServerName, _, _ = net.SplitHostPort(address)
	}
	client := tls.Client(conn, cfg)
	if err := client.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return client, nil
}
