package link

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// neededInfo is how much of tcp_info a kernel must fill in before capacity can
// be judged by it: everything up to and with tcpi_rwnd_limited (Linux 4.10).
const neededInfo = unsafe.Offsetof(unix.TCPInfo{}.Rwnd_limited) + unsafe.Sizeof(unix.TCPInfo{}.Rwnd_limited)

// Read asks the kernel about a TCP socket. On a kernel that knows less, what
// is missing stays zero and Sample.Kernel false; an error means that the
// socket is closed or no TCP socket.
func Read(conn syscall.RawConn) (Sample, error) {
	var (
		sample Sample
		err    error
	)
	if closed := conn.Control(func(fd uintptr) { sample, err = read(int(fd)) }); closed != nil {
		return Sample{}, fmt.Errorf("link figures: %w", closed)
	}
	if err != nil {
		return Sample{}, fmt.Errorf("link figures: %w", err)
	}
	return sample, nil
}

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
		RTT:             microseconds(uint64(info.Rtt)),
		MinRTT:          minRTT(info.Min_rtt),
		Busy:            microseconds(info.Busy_time),
		ReceiverLimited: microseconds(info.Rwnd_limited),
		SenderLimited:   microseconds(info.Sndbuf_limited),
		Retrans:         info.Bytes_retrans,
		DeliveryRate:    info.Delivery_rate,
	}
}

func microseconds(n uint64) time.Duration { return time.Duration(n) * time.Microsecond }

// minRTT takes the kernel's "no sample yet" (all ones) for unknown.
func minRTT(us uint32) time.Duration {
	if us == ^uint32(0) {
		return 0
	}
	return microseconds(uint64(us))
}
