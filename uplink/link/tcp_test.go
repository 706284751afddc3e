package link

import (
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pair is a loopback connection; the far end reads only when told to.
func pair(t *testing.T) (near, far *net.TCPConn, raw syscall.RawConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); accepted.Close() })
	near, far = conn.(*net.TCPConn), accepted.(*net.TCPConn)
	raw, err = near.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	return near, far, raw
}

func TestAcknowledgedAndOutstandingBytesAddUpToWhatWasWritten(t *testing.T) {
	near, far, raw := pair(t)
	before, err := Read(raw)
	if err != nil || !before.Kernel {
		t.Fatalf("%+v, %v", before, err)
	}
	_ = near.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	written, err := near.Write(make([]byte, 20<<20)) // more than any buffer takes
	if !os.IsTimeout(err) {
		t.Fatalf("wrote %d bytes: %v", written, err)
	}
	stuck, err := Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := int(stuck.Acked-before.Acked) + stuck.Outstanding(); got != written {
		t.Errorf("%d bytes acknowledged or outstanding of %d", got, written)
	}
	if stuck.Unsent == 0 || stuck.Busy == 0 || stuck.ReceiverLimited == 0 {
		t.Errorf("a peer that does not read leaves %+v", stuck)
	}
	if _, err := io.CopyN(io.Discard, far, int64(written)); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if done, _ := Read(raw); done.Outstanding() == 0 && int(done.Acked-before.Acked) == written {
			if done.RTT <= 0 || done.MinRTT <= 0 {
				t.Errorf("no round trip in %+v", done)
			}
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("bytes stay outstanding although the peer has read them")
}

func TestAnOldKernelsShortAnswerIsNoEvidence(t *testing.T) {
	info := unix.TCPInfo{Rtt: 40_000, Min_rtt: ^uint32(0), Unacked: 2, Snd_mss: 1400}
	old := fromInfo(&info, neededInfo-8)
	if old.Kernel {
		t.Error("tcp_info without rwnd_limited counts as complete")
	}
	if old.RTT != 40*time.Millisecond || old.MinRTT != 0 || old.Unacked != 2800 {
		t.Errorf("%+v", old)
	}
	if !fromInfo(&info, neededInfo).Kernel {
		t.Error("tcp_info up to rwnd_limited counts as incomplete")
	}
}

func TestWhatThePeerHoldsBehindAHoleIsDelivered(t *testing.T) {
	for name, c := range map[string]struct {
		acked           uint64
		unacked         int
		segments, sacks uint32
		want            uint64
	}{
		"nothing under way":              {9000, 0, 0, 0, 9000},
		"no hole":                        {9000, 10_000, 8, 0, 9000},
		"a hole, and small segments":     {9000, 10_000, 8, 6, 16_500},
		"more sacked than is under way":  {9000, 10_000, 8, 20, 19_000},
		"a kernel that does not say yet": {0, 10_000, 8, 6, 0},
	} {
		info := unix.TCPInfo{Unacked: c.segments, Sacked: c.sacks}
		if got := delivered(&info, Sample{Acked: c.acked, Unacked: c.unacked}); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestTheWindowIsInBytesAndThePeerIsHeard(t *testing.T) {
	s := fromInfo(&unix.TCPInfo{Snd_cwnd: 10, Snd_mss: 1448, Last_ack_recv: 80}, neededInfo)
	if s.Cwnd != 14_480 || s.Heard != 80*time.Millisecond {
		t.Errorf("%+v", s)
	}
}

func TestAWishForACongestionControlIsGrantedOrAnError(t *testing.T) {
	_, _, raw := pair(t)
	if err := Tune(raw, "reno"); err != nil || Congestion(raw) != "reno" {
		t.Errorf("%s is used, %v", Congestion(raw), err)
	}
	if err := Tune(raw, "no such thing"); err == nil || Congestion(raw) != "reno" {
		t.Errorf("%s is used, %v", Congestion(raw), err)
	}
}

func TestAClosedOrForeignSocketIsAnError(t *testing.T) {
	near, _, raw := pair(t)
	near.Close()
	if _, err := Read(raw); err == nil {
		t.Error("a closed socket is read")
	}
	if err := Tune(raw, ""); err == nil {
		t.Error("a closed socket is tuned")
	}
	packet, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer packet.Close()
	raw, err = packet.(*net.UDPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(raw); err == nil {
		t.Error("a UDP socket is read")
	}
}

func option(t *testing.T, raw syscall.RawConn, level, name int) (value int) {
	t.Helper()
	if err := raw.Control(func(fd uintptr) { value, _ = unix.GetsockoptInt(int(fd), level, name) }); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestTuneKeepsTheBacklogOutOfTheKernel(t *testing.T) {
	_, _, raw := pair(t)
	if err := Tune(raw, ""); err != nil {
		t.Fatal(err)
	}
	unsent := option(t, raw, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT)
	if unsent < LeastUnsent || unsent > MostUnsent {
		t.Errorf("TCP_NOTSENT_LOWAT %d", unsent)
	}
	if ms := option(t, raw, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT); ms != 90_000 {
		t.Errorf("TCP_USER_TIMEOUT %d", ms)
	}
	if Congestion(raw) == "" {
		t.Error("no congestion control")
	}
}

func TestPaceFollowsTheRate(t *testing.T) {
	_, _, raw := pair(t)
	for _, c := range []struct{ kbps, rate, unsent int }{
		{300, 37_500, LeastUnsent},
		{2000, 250_000, 15_000},
		{50_000, 6_250_000, MostUnsent},
		{0, -1, firstUnsent},
	} {
		if err := Pace(raw, c.kbps); err != nil {
			t.Fatal(err)
		}
		rate := int(int32(option(t, raw, unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE)))
		if unsent := option(t, raw, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT); rate != c.rate || unsent != c.unsent {
			t.Errorf("%d kbit/s: %d bytes/s, %d bytes unsent; want %d and %d", c.kbps, rate, unsent, c.rate, c.unsent)
		}
	}
}

func TestBBRBeginsAnewAndIsStillBBR(t *testing.T) {
	_, _, conn := pair(t)
	for _, name := range []string{"bbr", "cubic"} {
		if err := Tune(conn, name); err != nil {
			t.Skipf("SKIPPED LOUDLY: this kernel does not offer %s: %v", name, err)
		}
		if err := Renew(conn); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if have := Congestion(conn); have != name {
			t.Errorf("%s became %s", name, have)
		}
	}
}
