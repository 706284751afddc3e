package inbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"studiobox/provisioning/contract"
)

var (
	errClosed = errors.New("the connection is closed")
	errNoAck  = errors.New("it does not acknowledge")
)

const (
	keepAlive   = 30 * time.Second
	pingTimeout = 10 * time.Second
	leave       = 250 * time.Millisecond // for a goodbye
)

// session is how a connection presents itself to the broker.
type session struct {
	client string
	clean  bool // the broker keeps nothing beyond the connection
	manual bool // whoever has taken a message acknowledges it
	// take gets each message, also those that the broker kept and sends before
	// anything is asked for. It must not wait.
	take func(*link, mqtt.Message)
}

// link is one connection.
type link struct {
	client  mqtt.Client
	present bool // the broker had kept the session
	ack     time.Duration
	alive   context.Context // its end is the connection's
	lose    context.CancelCauseFunc
}

// dial connects once, within its time limit. When it fails nothing is left.
func (i *Inbox) dial(ctx context.Context, s session) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, i.pace.dial)
	defer cancel()
	l := &link{ack: i.pace.ack}
	l.alive, l.lose = context.WithCancelCause(context.Background())
	var keep func() bool // takes the socket out of the time limit's hands
	options := i.options(l, s)
	options.SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
		conn, err := i.broker.open(ctx, i.cfg.TLS)
		if err != nil {
			return nil, err
		}
		keep = context.AfterFunc(ctx, func() { conn.Close() })
		return &impatient{conn, i.pace.write}, nil
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
	if connect, ok := token.(*mqtt.ConnectToken); ok {
		l.present = connect.SessionPresent()
	}
	return l, nil
}

// options sets the library up for one connection.
func (i *Inbox) options(l *link, s session) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions()
	o.AddBroker(i.broker.String())
	o.SetClientID(s.client)
	o.SetUsername(i.cfg.User)
	o.SetPassword(i.cfg.Password)
	o.SetProtocolVersion(4) // or each refusal would be followed by a login with MQTT 3.1
	o.SetCleanSession(s.clean)
	o.SetAutoAckDisabled(s.manual)
	o.SetAutoReconnect(false) // each connection is a client of its own
	o.SetConnectRetry(false)
	o.SetOrderMatters(true) // take does not wait, and a box's messages stay in order
	o.SetKeepAlive(keepAlive)
	o.SetPingTimeout(pingTimeout)
	o.SetWriteTimeout(i.pace.write)
	o.SetConnectTimeout(i.pace.dial)
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { l.lose(err) })
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { s.take(l, m) })
	return o
}

// subscribe asks for filters; granted is false when the broker refuses one.
func (l *link) subscribe(ctx context.Context, filters map[string]byte) (granted bool, err error) {
	token, ok := l.client.SubscribeMultiple(filters, nil).(*mqtt.SubscribeToken)
	if !ok {
		return false, errClosed
	}
	if err := l.await(ctx, token); err != nil {
		return false, err
	}
	const refused = 0x80 // which the library does not take for an error
	for _, code := range token.Result() {
		if code >= refused {
			return false, nil
		}
	}
	return true, nil
}

// unsubscribe ends a subscription.
func (l *link) unsubscribe(ctx context.Context, filter string) error {
	return l.await(ctx, l.client.Unsubscribe(filter))
}

// publish sends one message.
func (l *link) publish(ctx context.Context, topic contract.Topic, payload []byte) error {
	if !l.client.IsConnectionOpen() {
		return ErrAway
	}
	err := l.await(ctx, l.client.Publish(topic.String(), topic.Kind.QoS(), topic.Kind.Retained(), payload))
	if err != nil {
		return fmt.Errorf("inbox: %s was not published: %w", topic.Kind, err)
	}
	return nil
}

// publishable refuses what a console does not publish.
func publishable(topic contract.Topic, payload []byte) error {
	if err := errors.Join(contract.CheckTenant(topic.Tenant), contract.CheckBox(topic.Box)); err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	most := contract.MaxCommand
	switch topic.Kind {
	case contract.KindCmd:
	case contract.KindWant:
		most = contract.MaxWant
	default:
		return fmt.Errorf("inbox: a console publishes no %q", topic.Kind)
	}
	if len(payload) == 0 || len(payload) > most {
		return fmt.Errorf("inbox: a %s of %d bytes; want 1 to %d", topic.Kind, len(payload), most)
	}
	return nil
}

// await waits for the broker's word.
func (l *link) await(ctx context.Context, token mqtt.Token) error {
	timer := time.NewTimer(l.ack)
	defer timer.Stop()
	select {
	case <-token.Done():
		if err := token.Error(); err != nil {
			return err
		}
		// The library calls what was under way at a loss done, too.
		return context.Cause(l.alive)
	case <-l.alive.Done():
		return context.Cause(l.alive)
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errNoAck
	}
}

// close ends the connection and the client's goroutines.
func (l *link) close() {
	l.client.Disconnect(uint(leave.Milliseconds()))
	l.lose(errClosed)
}

// impatient is a connection on which every write has a deadline; the library
// sets none for pings.
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
