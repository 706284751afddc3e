package broker

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"
)

// hello is how long a client may take for TLS and for its first packet. Without
// a limit, whoever opens connections and says nothing could hold all of them.
const hello = 20 * time.Second

// door is a listener that knows its connections, so that none outlives it.
type door struct {
	Door
	guard *guard
	hello time.Duration

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	closed bool
	guests sync.WaitGroup
}

func newDoor(d Door, g *guard) *door {
	return &door{Door: d, guard: g, hello: hello, open: map[net.Conn]struct{}{}}
}

// ID names the listener for the library.
func (d *door) ID() string { return d.Name }

// Address is where it listens.
func (d *door) Address() string { return d.Listener.Addr().String() }

// Protocol is what it listens to.
func (d *door) Protocol() string { return d.Listener.Addr().Network() }

// Init has nothing to do: the listener came open.
func (d *door) Init(*slog.Logger) error { return nil }

// Serve lets clients in until the door is shut.
func (d *door) Serve(establish listeners.EstablishFn) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			if d.pause() {
				continue // out of file descriptors, for example: that passes
			}
			return
		}
		if !d.enter(conn) {
			conn.Close()
			return
		}
		go d.welcome(conn, establish)
	}
}

// pause waits a little after a failed Accept; false when the door is shut.
func (d *door) pause() bool {
	time.Sleep(50 * time.Millisecond)
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.closed
}

// enter notes a connection; false when the door is shut.
func (d *door) enter(conn net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.open[conn] = struct{}{}
	d.guests.Add(1)
	return true
}

func (d *door) leave(conn net.Conn) {
	conn.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, conn)
	d.guests.Done()
}

// welcome shakes hands and hands the connection to the library until its end.
func (d *door) welcome(conn net.Conn, establish listeners.EstablishFn) {
	defer d.leave(conn)
	if err := conn.SetDeadline(time.Now().Add(d.hello)); err != nil {
		return
	}
	client := conn
	if d.TLS != nil {
		secure := tls.Server(conn, d.TLS)
		if err := secure.HandshakeContext(context.Background()); err != nil { // bounded by the deadline
			d.guard.refused(d.Name, conn, "TLS: "+err.Error())
			return
		}
		client = secure
	}
	defer d.guard.gone(client)
	_ = establish(d.Name, client) // its error is how the connection ended, which is none of ours
}

// Close is the library's wish to end; see shut.
func (d *door) Close(listeners.CloseFn) { d.shut() }

// shut ends all connections and waits until nobody is left.
func (d *door) shut() {
	d.mu.Lock()
	d.closed = true
	for conn := range d.open {
		conn.Close()
	}
	d.mu.Unlock()
	d.Listener.Close()
	d.guests.Wait()
}
