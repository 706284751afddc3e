package broker_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"studiobox/provisioning/contract"
)

// raw speaks MQTT packet by packet.
type raw struct {
	*testing.T
	conn *tls.Conn
}

func (r raw) send(pk packets.Packet) {
	r.Helper()
	var buf bytes.Buffer
	pk.ProtocolVersion = 4
	encode := pk.SubscribeEncode
	if pk.FixedHeader.Type == packets.Connect {
		encode = pk.ConnectEncode
	}
	if err := encode(&buf); err != nil {
		r.Fatal(err)
	}
	if _, err := r.conn.Write(buf.Bytes()); err != nil {
		r.Fatal(err)
	}
}

// until reads packets until one of a type and returns its body.
func (r raw) until(kind byte) []byte {
	r.Helper()
	for {
		var head [2]byte // all of them are short
		if _, err := io.ReadFull(r.conn, head[:]); err != nil {
			r.Fatal(err)
		}
		body := make([]byte, head[1])
		if _, err := io.ReadFull(r.conn, body); err != nil {
			r.Fatal(err)
		}
		if head[0]>>4 == kind {
			return body
		}
	}
}

func TestASubscriptionIsGrantedWhileMessagesOfTheSameNumberAreUnderWay(t *testing.T) {
	e := newEmbedded(t)
	conn, err := tls.Dial("tcp", strings.TrimPrefix(e.accounts(), "ssl://"), e.trust())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	r := raw{t, conn}
	r.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connect}, Connect: packets.ConnectParams{
		ProtocolName: []byte("MQTT"), Clean: true, ClientIdentifier: "console-1", Keepalive: 60,
		UsernameFlag: true, Username: []byte("console"), PasswordFlag: true, Password: []byte(password),
	}})
	r.until(packets.Connack)
	subscribe := func(id uint16, kind contract.Kind) byte {
		r.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: id,
			Filters: packets.Subscriptions{{Filter: topic("+", "+", kind), Qos: 1}}})
		return r.until(packets.Suback)[2]
	}
	if code := subscribe(1, contract.KindEvent); code > 2 {
		t.Fatalf("the first subscription is refused with %#x", code)
	}
	for range 5 { // nobody acknowledges these: the broker's numbers 1 to 5 are taken
		e.inject(t, topic("b-0001", mine, contract.KindEvent), "x")
	}
	r.until(packets.Publish)
	if code := subscribe(3, contract.KindAck); code > 2 {
		t.Errorf("the second subscription is refused with %#x", code)
	}
}
