package link

import (
	"fmt"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// neededInfo is how much of tcp_info a kernel must fill in before capacity can
// be judged by it: everything up to and with tcpi_rwnd_limited (Linux 4.10).
const neededInfo = unsafe.Offsetof(unix.TCPInfo{}.Rwnd_limited) + unsafe.Sizeof(unix.TCPInfo{}.Rwnd_limited)

// Meter asks the kernel about one TCP socket, again and again, and allocates
// nothing for it. It may be used from any goroutine.
type Meter struct {
	conn syscall.RawConn
	ask  func(fd uintptr)

	mu     sync.Mutex
	sample Sample
	err    error
}

// NewMeter makes a meter for a socket.
func NewMeter(conn syscall.RawConn) *Meter {
	m := &Meter{conn: conn}
	m.ask = func(fd uintptr) { m.sample, m.err = read(int(fd)) }
	return m
}

// Read is the present state. On a kernel that knows less, what is missing stays
// zero and Sample.Kernel false; an error means that the socket is closed or no
// TCP socket.
func (m *Meter) Read() (Sample, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.control(); err != nil {
		return Sample{}, fmt.Errorf("link figures: %w", err)
	}
	return m.sample, nil
}

func (m *Meter) control() error {
	if err := m.conn.Control(m.ask); err != nil {
		return err
	}
	return m.err
}

// Read asks once.
func Read(conn syscall.RawConn) (Sample, error) { return NewMeter(conn).Read() }

func read(fd int) (Sample, error) {
	info, size, err := tcpInfo(fd)
	if err != nil {
		return Sample{}, err
	}
	sample := fromInfo(&info, size)
	// The ioctls are exact and older than tcp_info's counters: SIOCOUTQ counts
	// all that is not acknowledged, SIOCOUTQNSD what was never sent.
	if outstanding, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ); err == nil {
		unsent, err := unix.IoctlGetInt(fd, unix.SIOCOUTQNSD)
		if err != nil {
			unsent = sample.Unsent
		}
		sample.Unsent = min(unsent, outstanding)
		sample.Unacked = outstanding - sample.Unsent
	}
	sample.Delivered = delivered(&info, sample)
	return sample, nil
}

// tcpInfo also returns how many bytes the kernel filled in: an older kernel
// knows a shorter struct, and leaves the rest as it was.
func tcpInfo(fd int) (info unix.TCPInfo, size uintptr, err error) {
	length := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&length)), 0)
	if errno != 0 {
		return unix.TCPInfo{}, 0, errno
	}
	return info, uintptr(length), nil
}

func fromInfo(info *unix.TCPInfo, size uintptr) Sample {
	return Sample{
		Kernel:          size >= neededInfo,
		Acked:           info.Bytes_acked,
		Unsent:          int(info.Notsent_bytes),
		Unacked:         int(info.Unacked) * int(info.Snd_mss), // packets; the ioctls know better
		Heard:           time.Duration(info.Last_ack_recv) * time.Millisecond,
		PeerWindow:      int(info.Snd_wnd),
		Cwnd:            int(info.Snd_cwnd) * int(info.Snd_mss),
		RTT:             microseconds(uint64(info.Rtt)),
		MinRTT:          minRTT(info.Min_rtt),
		Busy:            microseconds(info.Busy_time),
		ReceiverLimited: microseconds(info.Rwnd_limited),
		SenderLimited:   microseconds(info.Sndbuf_limited),
		Retrans:         info.Bytes_retrans,
		DeliveryRate:    info.Delivery_rate,
	}
}

// delivered adds to the acknowledged bytes what the peer holds behind a hole:
// tcpi_sacked segments, of the mean size of those under way. tcpi_delivered
// counts both and never falls, but in segments, and ours are of all sizes
// (each write ends one): at a guessed size its error grows without bound,
// while this one is gone as soon as the hole is filled. A receiver without
// selective acknowledgements lets tcpi_sacked count duplicate ones, which mean
// the same.
func delivered(info *unix.TCPInfo, s Sample) uint64 {
	if s.Acked == 0 || info.Unacked == 0 {
		return s.Acked
	}
	sacked := min(info.Sacked, info.Unacked)
	return s.Acked + uint64(s.Unacked)*uint64(sacked)/uint64(info.Unacked)
}

func microseconds(n uint64) time.Duration { return time.Duration(n) * time.Microsecond }

// minRTT takes the kernel's "no sample yet" (all ones) for unknown.
func minRTT(us uint32) time.Duration {
	if us == ^uint32(0) {
		return 0
	}
	return microseconds(uint64(us))
}
