package telemetry

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"studiobox/provisioning/contract"
)

func TestAWriteIntoADeadLineGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe() // nobody reads at the far end
		defer far.Close()
		defer near.Close()
		began := time.Now()
		_, err := newSocket(near, 2*time.Second, 0, nil).Write([]byte("ping"))
		if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took != 2*time.Second {
			t.Errorf("after %s: %v", took, err)
		}
	})
}

func TestTheLibraryIsSetUpSoThatItsTrapsStayShut(t *testing.T) {
	r, err := New(Config{Broker: "tcp://nowhere", Tenant: tenant, Box: box}, newStudio(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	o := r.options(&link{box: contract.Topic{Tenant: tenant, Box: box}}, contract.Will("00000000"))
	for trap, shut := range map[string]bool{
		"a store of files is not safe in a power cut":              o.Store == nil,
		"a session that is kept blocks before a handler is there":  o.CleanSession && o.DefaultPublishHandler != nil,
		"reconnecting by itself keeps the old will and no jitter":  !o.AutoReconnect && !o.ConnectRetry,
		"a refused login is repeated with MQTT 3.1":                o.ProtocolVersion == 4,
		"a goroutine for each message loses their order":           o.Order,
		"a write without a limit hangs on a dead line":             o.WriteTimeout > 0 && o.PingTimeout > 0 && o.ConnectTimeout > 0,
		"a ping every minute costs half as much as health":         time.Duration(o.KeepAlive)*time.Second > r.pace.repeat/3,
		"the client id must be the name in the certificate":        o.ClientID == box,
		"without a will the fleet side does not see a box vanish":  o.WillEnabled && o.WillRetained && o.WillQos == 1,
		"subscriptions that are resumed are not checked for leave": !o.ResumeSubs,
	} {
		if !shut {
			t.Errorf("%s", trap)
		}
	}
}

func TestTheFirstPacketCarriesThePromiseAndKeepsTheRest(t *testing.T) {
	hello := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	hello.ProtocolName, hello.ProtocolVersion, hello.ClientIdentifier, hello.Keepalive = "MQTT", 4, box, 450
	hello.WillFlag, hello.WillQos, hello.WillRetain, hello.WillTopic, hello.WillMessage = true, 1, true, "t", []byte("lost")
	hello.UsernameFlag, hello.PasswordFlag, hello.Username, hello.Password = true, true, goodUser, []byte(goodPassword)
	var text bytes.Buffer
	if err := hello.Write(&text); err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		s := newSocket(near, time.Minute, 90*time.Second, nil)
		if n, err := s.Write(text.Bytes()); n != text.Len() || err != nil {
			t.Errorf("%d of %d written, %v", n, text.Len(), err)
		}
		_, _ = s.Write([]byte{0xc0, 0}) // a ping, as it is
	}()
	first, err := packets.ReadPacket(far)
	if err != nil {
		t.Fatal(err)
	}
	hello.Keepalive = 90
	var got, want bytes.Buffer
	if err := errors.Join(first.Write(&got), hello.Write(&want)); err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("\n got %s\nwant %s (%v)", first, hello, err)
	}
	if second, err := packets.ReadPacket(far); err != nil || second.(*packets.PingreqPacket) == nil {
		t.Errorf("then came %v, %v", second, err)
	}
}

// feed is a connection that delivers bytes.
type feed struct {
	net.Conn
	io.Reader
}

func (f feed) Read(p []byte) (int, error) { return f.Reader.Read(p) }

func TestOnlyPacketsThatAreTooLargeArePassedOver(t *testing.T) {
	var all bytes.Buffer
	for _, size := range []int{0, 1, 100, 200, 20_000, largest - 9, largest, largest + 1, 3 << 20, 7} {
		p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
		p.TopicName, p.Payload = "t", make([]byte, size)
		if err := p.Write(&all); err != nil {
			t.Fatal(err)
		}
	}
	for name, way := range map[string]func(io.Reader) io.Reader{
		"at once": func(r io.Reader) io.Reader { return r }, "in halves": iotest.HalfReader, "byte by byte": iotest.OneByteReader,
	} {
		dropped := 0
		s := newSocket(feed{Reader: way(bytes.NewReader(all.Bytes()))}, 0, 0, func() { dropped++ })
		var sizes []int
		for {
			p, err := packets.ReadPacket(s)
			if err != nil {
				if !errors.Is(err, io.EOF) {
					t.Errorf("%s: %v", name, err)
				}
				break
			}
			sizes = append(sizes, len(p.(*packets.PublishPacket).Payload))
		}
		if len(sizes) != 7 || sizes[5] != largest-9 || sizes[6] != 7 || dropped != 3 {
			t.Errorf("%s: sizes %v, %d dropped", name, sizes, dropped)
		}
	}
	s := newSocket(feed{Reader: bytes.NewReader([]byte{0x30, 0xff, 0xff, 0xff, 0xff, 0xff})}, 0, 0, nil)
	if _, err := s.Read(make([]byte, 9)); err == nil {
		t.Error("a length without an end was taken")
	}
}
