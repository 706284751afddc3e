package swarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// mqtt311 is the protocol level of MQTT 3.1.1.
const mqtt311 = 4

// largest is the longest packet that a simulated box takes, in bytes.
const largest = 16 << 10

var (
	errTooLong = errors.New("the broker sends a packet that no box wants")
	errRefused = errors.New("the broker refuses")
)

// line is one connection to the broker. It reads with a deadline and keeps what
// has come of a packet until the rest comes, so that one goroutine can both wait
// for the broker and do what is due.
type line struct {
	conn  net.Conn
	write time.Duration
	in    []byte // received and not yet decoded
	meter *Meter
}

// send writes one packet.
func (l *line) send(pk packets.Packet) error {
	pk.ProtocolVersion = mqtt311
	var buf bytes.Buffer
	var err error
	switch pk.FixedHeader.Type {
	case packets.Connect:
		err = pk.ConnectEncode(&buf)
	case packets.Publish:
		err = pk.PublishEncode(&buf)
	case packets.Subscribe:
		err = pk.SubscribeEncode(&buf)
	case packets.Puback:
		err = pk.PubackEncode(&buf)
	case packets.Pingreq:
		err = pk.PingreqEncode(&buf)
	case packets.Disconnect:
		err = pk.DisconnectEncode(&buf)
	}
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if err := l.conn.SetWriteDeadline(time.Now().Add(l.write)); err != nil {
		return err
	}
	n, err := l.conn.Write(buf.Bytes())
	l.meter.up.Add(uint64(n))
	return err
}

// receive waits until a whole packet is there or the time has come; ok is false
// when it has, or ctx has ended. Who ends ctx also ends the wait, with a read
// deadline in the past.
func (l *line) receive(ctx context.Context, until time.Time) (pk packets.Packet, ok bool, err error) {
	if pk, ok, err = l.next(); ok || err != nil {
		return pk, ok, err
	}
	if err := l.conn.SetReadDeadline(until); err != nil {
		return pk, false, err
	}
	for ctx.Err() == nil {
		var chunk [512]byte
		n, err := l.conn.Read(chunk[:])
		l.meter.down.Add(uint64(n))
		l.in = append(l.in, chunk[:n]...)
		if pk, ok, wrong := l.next(); ok || wrong != nil {
			return pk, ok, wrong
		}
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			return pk, false, nil
		}
		if err != nil {
			return pk, false, err
		}
	}
	return pk, false, nil
}

// next decodes the first packet of what has come.
func (l *line) next() (pk packets.Packet, ok bool, err error) {
	if len(l.in) < 2 {
		return pk, false, nil
	}
	rest := bytes.NewReader(l.in[1:])
	length, used, err := packets.DecodeLength(rest)
	if err != nil {
		if len(l.in) < 5 {
			return pk, false, nil // the length itself has not come whole
		}
		return pk, false, err
	}
	if length > largest {
		return pk, false, errTooLong
	}
	whole := 1 + used + length
	if len(l.in) < whole {
		return pk, false, nil
	}
	pk, err = decode(l.in[0], bytes.Clone(l.in[1+used:whole]))
	if left := l.in[whole:]; len(left) > 0 {
		l.in = append(l.in[:0], left...)
	} else {
		l.in = nil // most of the time a box hears nothing: it keeps no memory for that
	}
	return pk, err == nil, err
}

func decode(first byte, body []byte) (pk packets.Packet, err error) {
	pk.ProtocolVersion = mqtt311
	if err := pk.FixedHeader.Decode(first); err != nil {
		return pk, err
	}
	pk.FixedHeader.Remaining = len(body)
	switch pk.FixedHeader.Type {
	case packets.Connack:
		err = pk.ConnackDecode(body)
	case packets.Publish:
		err = pk.PublishDecode(body)
	case packets.Puback:
		err = pk.PubackDecode(body)
	case packets.Suback:
		err = pk.SubackDecode(body)
	case packets.Pingresp:
	default:
		err = fmt.Errorf("packet type %d is none that a broker sends to a box", pk.FixedHeader.Type)
	}
	return pk, err
}
