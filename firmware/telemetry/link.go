package telemetry

import (
	"context"
	"errors"
	"net"
	"net/url"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"studiobox/provisioning/contract"
)

// Reasons why a message was not published.
var (
	errNotOpen = errors.New("the connection is not open")
	errNoAck   = errors.New("the broker does not acknowledge")
)

// How soon a silent connection counts as dead. Address translators of mobile
// lines forget a connection after a few minutes without a packet.
const (
	keepAlive   = 45 * time.Second
	pingTimeout = 10 * time.Second
)

// link is a wire made of one client of the MQTT library.
type link struct {
	client mqtt.Client
	box    contract.Topic
	ack    time.Duration

	alive context.Context // its end is the connection's
	lose  context.CancelCauseFunc
}

// dial connects once, within its time limit. When it fails nothing is left.
func (r *Reporter) dial(ctx context.Context, will contract.State) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, r.pace.dial)
	defer cancel()
	l := &link{box: contract.Topic{Tenant: r.cfg.Tenant, Box: r.cfg.Box}, ack: r.pace.ack}
	l.alive, l.lose = context.WithCancelCause(context.Background())
	var keep func() bool // takes the socket out of the time limit's hands
	options := r.options(l, will)
	options.SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
		conn, err := r.broker.open(ctx, r.cfg.TLS)
		if err != nil {
			return nil, err
		}
		keep = context.AfterFunc(ctx, func() { conn.Close() })
		return &impatient{conn, r.pace.write}, nil
	})
	l.client = mqtt.NewClient(options)
	token := l.client.Connect()
	<-token.Done() // bounded by ctx, which ends dialling and closes the socket
	if err := token.Error(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	if !keep() {
		l.close()
		return nil, context.Cause(ctx)
	}
	return l, nil
}

// options sets the library up for one connection.
func (r *Reporter) options(l *link, will contract.State) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions()
	o.AddBroker(r.broker.String())
	o.SetClientID(r.cfg.Box)
	o.SetUsername(r.cfg.User)
	o.SetPassword(r.cfg.Password)
	o.SetProtocolVersion(4)   // or each refusal would be followed by a login with MQTT 3.1
	o.SetCleanSession(true)   // nothing waits at the broker that could come before we are ready
	o.SetAutoReconnect(false) // see the package comment
	o.SetConnectRetry(false)  // the same
	o.SetOrderMatters(false)  // a slow handler must not stop the client
	o.SetKeepAlive(keepAlive)
	o.SetPingTimeout(pingTimeout)
	o.SetWriteTimeout(r.pace.write)
	o.SetConnectTimeout(r.pace.dial)
	state := l.topic(contract.KindState)
	o.SetBinaryWill(state, will.Encode(), contract.KindState.QoS(), contract.KindState.Retained())
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { l.lose(err) })
	return o
}

// topic is where this box publishes a kind.
func (l *link) topic(kind contract.Kind) string {
	topic := l.box
	topic.Kind = kind
	return topic.String()
}

// publish sends one message; see wire.
func (l *link) publish(ctx context.Context, kind contract.Kind, payload []byte) error {
	if !l.client.IsConnectionOpen() {
		return errNotOpen
	}
	token := l.client.Publish(l.topic(kind), kind.QoS(), kind.Retained(), payload)
	timer := time.NewTimer(l.ack)
	defer timer.Stop()
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errNoAck
	}
}

func (l *link) lost() <-chan struct{} { return l.alive.Done() }

func (l *link) cause() error { return context.Cause(l.alive) }

// leave is how long the broker's side of a goodbye may take.
const leave = 250 * time.Millisecond

// close says goodbye, if there is still anybody to say it to, and ends the
// client's goroutines.
func (l *link) close() {
	l.client.Disconnect(uint(leave.Milliseconds()))
	l.lose(errNotOpen)
}

// impatient is a connection on which every write has a deadline. The library
// sets one for messages only: a ping into a dead line would block for ever.
type impatient struct {
	net.Conn
	within time.Duration
}

// Write writes or fails within the time.
func (c *impatient) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.within)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
