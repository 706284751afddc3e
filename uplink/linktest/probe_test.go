package linktest

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// arrival is a datagram as the far end's kernel saw it, which is when the line
// delivered it and not when somebody got round to reading it.
type arrival struct {
	number int
	sent   time.Time // as the datagram says
	at     time.Time
}

// ipUDP is the number of bytes that IPv4 and UDP put before a payload.
const ipUDP = 28

// receive takes datagrams at the far end until the wait for one takes too long.
func receive(t *testing.T, conn net.PacketConn, patience time.Duration) []arrival {
	t.Helper()
	var all []arrival
	data, control := make([]byte, mtu), make([]byte, 128)
	for {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		_, oobn, _, _, err := conn.(*net.UDPConn).ReadMsgUDP(data, control)
		if os.IsTimeout(err) {
			return all
		}
		if err != nil {
			t.Error(err)
			return all
		}
		all = append(all, arrival{
			number: int(binary.BigEndian.Uint64(data)),
			sent:   time.Unix(0, int64(binary.BigEndian.Uint64(data[8:]))),
			at:     stamp(t, control[:oobn]),
		})
	}
}

// stamp is the kernel's time of reception, socket(7), SO_TIMESTAMPNS.
func stamp(t *testing.T, control []byte) time.Time {
	t.Helper()
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil || len(messages) != 1 {
		t.Fatalf("no time stamp: %v", err)
	}
	seconds := binary.NativeEndian.Uint64(messages[0].Data)
	return time.Unix(int64(seconds), int64(binary.NativeEndian.Uint64(messages[0].Data[8:])))
}

// datagrams is a pair of sockets over the line, near and far.
func datagrams(t *testing.T, line *Line) (net.Conn, net.PacketConn) {
	t.Helper()
	far, err := line.ListenPacket("udp", line.FarAddr()+":0")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := far.(*net.UDPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20)
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	}); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	near, err := line.Dial(t.Context(), "udp", far.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

// send offers numbered IP packets of the given size at a steady rate.
func send(conn net.Conn, kbps, size int, lasting time.Duration) {
	payload, sent := make([]byte, size-ipUDP), 0
	for began := time.Now(); time.Since(began) < lasting; time.Sleep(ms) {
		for due := int(time.Since(began).Seconds() * float64(kbps) * 1000 / 8 / float64(size)); sent < due; sent++ {
			binary.BigEndian.PutUint64(payload, uint64(sent))
			binary.BigEndian.PutUint64(payload[8:], uint64(time.Now().UnixNano()))
			_, _ = conn.Write(payload)
		}
	}
}

// sendReceive sends and returns what arrived, in order of arrival.
func sendReceive(t *testing.T, line *Line, kbps, size int, lasting time.Duration) []arrival {
	t.Helper()
	near, far := datagrams(t, line)
	var sending sync.WaitGroup
	sending.Go(func() { send(near, kbps, size, lasting) })
	all := receive(t, far, 2*time.Second)
	sending.Wait()
	if len(all) == 0 {
		t.Fatal("nothing arrived")
	}
	return all
}

// delays are the one-way delays of the arrivals, sorted.
func delays(all []arrival) []time.Duration {
	var d []time.Duration
	for _, a := range all {
		d = append(d, a.at.Sub(a.sent))
	}
	slices.Sort(d)
	return d
}

func percentiles(sorted []time.Duration) string {
	at := func(p int) time.Duration { return sorted[(len(sorted)-1)*p/100].Round(10 * time.Microsecond) }
	return fmt.Sprintf("least %v, p50 %v, p95 %v, p99 %v, most %v", at(0), at(50), at(95), at(99), at(100))
}
