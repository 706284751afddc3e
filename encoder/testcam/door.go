package testcam

import (
	"net"
	"sync"
)

// door is a listener that can be shut and opened again at the same address
// while a server goes on accepting from it.
type door struct {
	listen func(network, address string) (net.Listener, error)

	mu      sync.Mutex
	address string // where to listen; resolved by the first opening
	inner   net.Listener
	closed  bool
	changed chan struct{} // closed and replaced when inner or closed changes
}

func newDoor(listen func(network, address string) (net.Listener, error), address string) *door {
	return &door{listen: listen, address: address, changed: make(chan struct{})}
}

// open listens, if it does not yet.
func (d *door) open() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inner != nil || d.closed {
		return nil
	}
	inner, err := d.listen("tcp", d.address)
	if err != nil {
		return err
	}
	d.address, d.inner = inner.Addr().String(), inner
	d.announce()
	return nil
}

// shut stops listening until the next open.
func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inner != nil {
		_ = d.inner.Close() // it is gone whatever this says
		d.inner = nil
		d.announce()
	}
}

func (d *door) isShut() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.inner == nil
}

func (d *door) announce() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// Accept waits for the next connection, and through the times when the door is
// shut.
func (d *door) Accept() (net.Conn, error) {
	for {
		d.mu.Lock()
		inner, closed, changed := d.inner, d.closed, d.changed
		d.mu.Unlock()
		if closed {
			return nil, net.ErrClosed
		}
		if inner == nil {
			<-changed
			continue
		}
		conn, err := inner.Accept()
		if err == nil {
			return conn, nil
		}
		d.mu.Lock()
		failed := d.inner == inner
		d.mu.Unlock()
		if failed {
			return nil, err
		}
	}
}

// Close ends Accept for good. Closing twice does no harm.
func (d *door) Close() error {
	d.shut()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.closed = true
		d.announce()
	}
	return nil
}

// Addr is the address that was last listened on, nil before the first.
func (d *door) Addr() net.Addr {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inner == nil {
		return nil
	}
	return d.inner.Addr()
}

// reachable is the address for clients on this machine.
func (d *door) reachable() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	host, port, err := net.SplitHostPort(d.address)
	if err != nil {
		return d.address
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
