package linktest

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Host is one end of the line: a network namespace with its own kernel
// sockets. Addresses must be numbers, since a namespace has no resolver.
type Host struct {
	ns      *namespace
	tun     int
	address netip.Prefix
}

// newHost makes a namespace that reaches the line through a TUN device.
func newHost(address string) (*Host, error) {
	ns, err := newNamespace()
	if err != nil {
		return nil, err
	}
	h := &Host{ns: ns, address: netip.MustParsePrefix(address)}
	err = ns.do(func() (err error) {
		h.tun, err = openTUN(h.address)
		return err
	})
	if err != nil {
		ns.close()
		return nil, err
	}
	return h, nil
}

// Addr is the host's address on the line, without a port.
func (h *Host) Addr() string { return h.address.Addr().String() }

// Do runs fn on a thread inside the host's namespace; a process that fn
// starts lives there. Goroutines that fn starts do not.
func (h *Host) Do(fn func() error) error { return h.ns.do(fn) }

// DialContext connects from this host, as a net.Dialer would.
func (h *Host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if err := literal(address); err != nil {
		return nil, err
	}
	var conn net.Conn
	err := h.Do(func() (err error) {
		conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
		return err
	})
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// Listen accepts connections on this host.
func (h *Host) Listen(network, address string) (net.Listener, error) {
	if err := literal(address); err != nil {
		return nil, err
	}
	var listener net.Listener
	err := h.Do(func() (err error) {
		listener, err = net.Listen(network, address)
		return err
	})
	return listener, err
}

// ListenPacket opens a datagram socket on this host.
func (h *Host) ListenPacket(network, address string) (net.PacketConn, error) {
	if err := literal(address); err != nil {
		return nil, err
	}
	var conn net.PacketConn
	err := h.Do(func() (err error) {
		conn, err = net.ListenPacket(network, address)
		return err
	})
	return conn, err
}

func (h *Host) close() {
	unix.Close(h.tun)
	h.ns.close()
}

// literal refuses names: looking one up would leave the host's thread.
func literal(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("line: %w", err)
	}
	if _, err := netip.ParseAddr(host); host != "" && err != nil {
		return fmt.Errorf("line: %q is not a numeric address; names cannot be looked up on an emulated line", host)
	}
	return nil
}
