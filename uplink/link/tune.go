package link

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// How a socket that carries live media is set.
const (
	// LeastUnsent and MostUnsent bound TCP_NOTSENT_LOWAT, in bytes. What the
	// kernel holds unsent can be neither aged nor dropped, so it gets no more
	// than bridges the time until the sender runs again.
	LeastUnsent = 4 << 10
	MostUnsent  = 32 << 10
	// firstUnsent stands until the rate is known.
	firstUnsent = 16 << 10
	// unsentTime is how much of the paced rate may lie unsent in the kernel.
	unsentTime = 60 * time.Millisecond

	// userTimeout is when the kernel gives up by itself. The publisher decides
	// that long before; this is for a process that hangs. It lies beyond the
	// outages that a connection may survive.
	userTimeout = 90 * time.Second

	// mostSilence bounds the time between two retransmissions. Linux doubles
	// it up to 120 s, so that a connection sleeps on for as long again as an
	// outage has lasted. 1 s is the least that the kernel takes.
	mostSilence = time.Second
	// tcpRTOMax is TCP_RTO_MAX_MS of linux/tcp.h (Linux 6.15).
	tcpRTOMax = 44
)

// Tune sets a TCP socket for live media: little unsent backlog in the kernel,
// no Nagle delay, the congestion control of that name ("" is BBR where the
// kernel offers it), short silence after an outage, and an end to a dead
// connection. Only the limit on the backlog is indispensable; an error names
// what the kernel refused, and the connection can be used all the same.
func Tune(conn syscall.RawConn, congestion string) error {
	return control(conn, func(fd int) error {
		// Older kernels do not know it, and back off for longer.
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, tcpRTOMax, int(mostSilence.Milliseconds()))
		return errors.Join(
			setCongestion(fd, congestion),
			named("TCP_NOTSENT_LOWAT", unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, firstUnsent)),
			named("TCP_NODELAY", unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)),
			named("TCP_USER_TIMEOUT", unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(userTimeout.Milliseconds()))),
			named("SO_KEEPALIVE", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)),
		)
	})
}

// setCongestion takes BBR by itself where it can. Absent or not allowed (EPERM
// without CAP_NET_ADMIN when an administrator restricts the list), the default
// does; a wish that is not granted is an error.
func setCongestion(fd int, name string) error {
	if name == "" {
		_ = unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, "bbr")
		return nil
	}
	return named("TCP_CONGESTION "+name, unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, name))
}

// RenewEvery is how often to Renew: BBR's least round trip is 10 s old at the
// most (bbr_min_rtt_win_sec).
const RenewEvery = 8 * time.Second

// Renew makes BBR begin anew, and does nothing to another congestion control.
// Left alone, BBR sends four packets a round trip for 200 ms every 10 s, to
// measure the least round trip (ProbeRTT); at 4 Mbit/s 100 kB of live video
// pile up in that time. The kernel's own measurement of the least round trip,
// its window and SO_MAX_PACING_RATE outlast the change.
func Renew(conn syscall.RawConn) error {
	if Congestion(conn) != "bbr" {
		return nil
	}
	return control(conn, func(fd int) error {
		// The same name again would change nothing; reno is always there.
		return errors.Join(setCongestion(fd, "reno"), setCongestion(fd, "bbr"))
	})
}

// Compete chooses between CUBIC, which holds its own against the long transfers
// that keep a line's queue full, and BBR, which there gives way: it sends two
// least round trips' worth at a time, while a round trip takes four. Where the
// kernel has no CUBIC, Reno does.
func Compete(conn syscall.RawConn, yes bool) error {
	return control(conn, func(fd int) error {
		if !yes {
			return setCongestion(fd, "bbr")
		}
		if setCongestion(fd, "cubic") == nil {
			return nil
		}
		return setCongestion(fd, "reno")
	})
}

// Pace sets the rate above which the kernel spreads packets out instead of
// sending them in a burst, and the backlog that goes with it. 0 kbit/s lifts
// the limit.
func Pace(conn syscall.RawConn, kbps int) error {
	rate, unsent := -1, firstUnsent // -1 is the kernel's "unlimited"
	if kbps > 0 {
		rate = kbps * 1000 / 8
		unsent = min(max(rate*int(unsentTime/time.Millisecond)/1000, LeastUnsent), MostUnsent)
	}
	return control(conn, func(fd int) error {
		return errors.Join(
			named("SO_MAX_PACING_RATE", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE, rate)),
			named("TCP_NOTSENT_LOWAT", unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent)),
		)
	})
}

// Congestion names the congestion control that the socket uses, "" when the
// kernel does not say.
func Congestion(conn syscall.RawConn) string {
	var name string
	_ = conn.Control(func(fd uintptr) {
		name, _ = unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	})
	return name
}

func control(conn syscall.RawConn, set func(fd int) error) error {
	var err error
	if closed := conn.Control(func(fd uintptr) { err = set(int(fd)) }); closed != nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("socket options: %w", err)
	}
	return nil
}

func named(option string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", option, err)
	}
	return nil
}
