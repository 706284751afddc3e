package telemetry

import (
	"context"
	"net"
	"net/url"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"studiobox/provisioning/contract"
)

// link is a wire made of one client of the MQTT library.
type link struct {
	client mqtt.Client
	socket net.Conn // beneath the client
	box    contract.Topic

	alive context.Context // its end is the connection's
	lose  context.CancelCauseFunc
}

// dial connects once, within its time limit. When it fails nothing is left. It asks
// for the promise once there is somebody to give it to.
func (r *Reporter) dial(ctx context.Context, will contract.State, promise func() time.Duration) (wire, error) {
	ctx, cancel := context.WithTimeout(ctx, r.pace.dial)
	defer cancel()
	l := &link{box: contract.Topic{Tenant: r.cfg.Tenant, Box: r.cfg.Box}}
	l.alive, l.lose = context.WithCancelCause(context.Background())
	var keep func() bool // takes the socket out of the time limit's hands
	options := r.options(l, will)
	options.SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
		conn, err := r.broker.open(ctx, r.cfg.TLS, &r.traffic)
		if err != nil {
			return nil, err
		}
		keep = context.AfterFunc(ctx, func() { conn.Close() })
		l.socket = newSocket(conn, r.pace.write, promise(), r.dropped)
		return l.socket, nil
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
	o.SetKeepAlive(r.pace.ping)
	o.SetPingTimeout(r.pace.ack)
	o.SetWriteTimeout(r.pace.write)
	o.SetConnectTimeout(r.pace.dial)
	// In order, the one goroutine that reads calls the handler, which never
	// blocks: a flood is dropped as fast as it is read. Without order, the
	// library makes a goroutine for each message and gathers them.
	o.SetOrderMatters(true)
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { r.take(m.Topic(), m.Payload(), m.Retained()) })
	state := l.topic(contract.KindState)
	o.SetBinaryWill(state, will.Encode(), contract.KindState.QoS(), contract.KindState.Retained())
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { l.lose(err) })
	return o
}

// topic is where a kind of this box's messages travels.
func (l *link) topic(kind contract.Kind) string {
	topic := l.box
	topic.Kind = kind
	return topic.String()
}

// send publishes; see wire. The library calls a message sent that it throws away
// while it is not connected.
func (l *link) send(kind contract.Kind, payload []byte) receipt {
	if !l.client.IsConnectionOpen() {
		return failed{errNotOpen}
	}
	return l.client.Publish(l.topic(kind), kind.QoS(), kind.Retained(), payload)
}

// listen subscribes; see wire.
func (l *link) listen() receipt {
	if !l.client.IsConnectionOpen() {
		return failed{errNotOpen}
	}
	filters := map[string]byte{}
	for _, kind := range contract.FleetKinds() {
		filters[l.topic(kind)] = kind.QoS()
	}
	token := l.client.SubscribeMultiple(filters, nil)
	if s, ok := token.(*mqtt.SubscribeToken); ok {
		return granted{s}
	}
	return token
}

// granted is a receipt that knows a refusal, which the library holds for a
// success.
type granted struct{ *mqtt.SubscribeToken }

// Error tells also what the broker did not grant.
func (g granted) Error() error {
	if err := g.SubscribeToken.Error(); err != nil {
		return err
	}
	denied := ""
	for topic, qos := range g.Result() {
		if qos > 2 && (denied == "" || topic < denied) {
			denied = topic
		}
	}
	if denied != "" {
		return &notGranted{denied}
	}
	return nil
}

func (l *link) lost() <-chan struct{} { return l.alive.Done() }

func (l *link) cause() error { return context.Cause(l.alive) }

// leave is how long the broker's side of a goodbye may take.
const leave = 250 * time.Millisecond

// close also ends the client's goroutines.
func (l *link) close() {
	l.client.Disconnect(uint(leave.Milliseconds()))
	l.lose(errNotOpen)
}

// drop closes the socket under the client, which then has nobody left to say
// goodbye to. A goodbye would make the broker throw the will away, and leave a box
// that has gone "on" for as long as it stays away.
func (l *link) drop() {
	l.socket.Close()
	select {
	case <-l.lost():
	case <-time.After(leave):
	}
	l.close()
}
