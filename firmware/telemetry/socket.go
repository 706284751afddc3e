package telemetry

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// socket is a connection to a broker as the library needs it.
type socket struct {
	net.Conn
	in      *bufio.Reader
	left    int           // bytes of the present packet that are still to be read
	within  time.Duration // limit of a write
	promise time.Duration // see below; 0 once it is given
	dropped func()        // called for each packet that is too large
}

// largest is how many bytes a packet may have. The library takes what the packet
// claims, up to 256 MB, from a memory that the picture needs.
const largest = 64 << 10

// newSocket puts the cures around a connection.
//
// The library has one number for two things: how long the broker may hear nothing
// before it publishes the will, and after how long without an answer the library
// pings. On a metered line pings cost more than health itself, and health is
// never answered. So the promise to the broker is written into the first packet
// here, and the library's own number is larger.
func newSocket(conn net.Conn, within, promise time.Duration, dropped func()) *socket {
	return &socket{Conn: conn, in: bufio.NewReader(conn), within: within, promise: promise, dropped: dropped}
}

// Write writes or fails within the time. The library sets a deadline for
// messages only: a ping into a dead line would block for ever.
func (s *socket) Write(p []byte) (int, error) {
	if err := s.SetWriteDeadline(time.Now().Add(s.within)); err != nil {
		return 0, err
	}
	if s.promise == 0 {
		return s.Conn.Write(p)
	}
	first, err := promising(p, s.promise)
	if err != nil {
		return 0, err
	}
	s.promise = 0
	if _, err := s.Conn.Write(first); err != nil {
		return 0, err
	}
	return len(p), nil
}

// promising is the CONNECT packet with another keep-alive time, in whole seconds.
func promising(packet []byte, every time.Duration) ([]byte, error) {
	read, err := packets.ReadPacket(bytes.NewReader(packet))
	if err != nil {
		return nil, err
	}
	connect, ok := read.(*packets.ConnectPacket)
	if !ok {
		return nil, fmt.Errorf("the MQTT library begins with %s, not with CONNECT", read)
	}
	connect.Keepalive = uint16(max(1, every/time.Second))
	var out bytes.Buffer
	err = connect.Write(&out)
	return out.Bytes(), err
}

// Read hands out packets and passes over those that are too large. Their sender
// gets no acknowledgement.
func (s *socket) Read(p []byte) (int, error) {
	for s.left == 0 {
		size, err := s.size()
		if err != nil {
			return 0, err
		}
		if size <= largest {
			s.left = size
			break
		}
		if _, err := s.in.Discard(size); err != nil {
			return 0, err
		}
		s.dropped()
	}
	n, err := s.in.Read(p[:min(len(p), s.left)])
	s.left -= n
	return n, err
}

// size is the length of the packet that comes next, header included: one byte of
// type, and then the length in up to four bytes of seven bits (MQTT 3.1.1, 2.2.3).
func (s *socket) size() (int, error) {
	length := 0
	for i := 1; i <= 4; i++ {
		head, err := s.in.Peek(1 + i)
		if err != nil {
			return 0, err
		}
		length |= int(head[i]&0x7f) << (7 * (i - 1))
		if head[i] < 0x80 {
			return 1 + i + length, nil
		}
	}
	return 0, fmt.Errorf("the broker does not speak MQTT")
}
