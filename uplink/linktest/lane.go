package linktest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// lane is one direction at work: it reads packets from one TUN device and
// writes them to the other when the pipe says that they have come through.
type lane struct {
	way      Way
	from, to int // TUN descriptors
	wake     int // eventfd: something was changed from outside
	onTick   func(Tick)

	mu    sync.Mutex
	pipe  *pipe
	began time.Time // zero until Run
	ended bool
}

func newLane(way Way, pipe *pipe, from, to int, onTick func(Tick)) (*lane, error) {
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	return &lane{way: way, pipe: pipe, from: from, to: to, wake: wake, onTick: onTick}, nil
}

// run moves packets until quit, on a thread of its own.
func (l *lane) run(began time.Time) error {
	l.mu.Lock()
	l.began = began
	l.mu.Unlock()
	return onOwnThread(func() error {
		urgent()
		return l.loop()
	})
}

// loop sleeps in ppoll, whose nanosecond timeout is finer than the run time's
// timers (1 ms through epoll).
func (l *lane) loop() error {
	var ticks ticker
	for {
		next, ended, err := l.move()
		if ended || err != nil {
			return err
		}
		l.tick(&ticks)
		if err := l.sleep(min(next, ticks.next())); err != nil {
			return err
		}
	}
}

// move takes in what has arrived and puts out what is due; next is when to
// look again if nothing arrives.
func (l *lane) move() (next time.Duration, ended bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return 0, true, nil
	}
	if err := l.takeIn(); err != nil {
		return 0, false, err
	}
	if err := l.putOut(); err != nil {
		return 0, false, err
	}
	return l.pipe.next(), false, nil
}

// takeIn reads all waiting packets. Only IPv4 counts: the kernel's own IPv6
// housekeeping would use up time and losses of the line.
func (l *lane) takeIn() error {
	var packet [mtu]byte
	for {
		n, err := unix.Read(l.from, packet[:])
		switch {
		case errors.Is(err, unix.EAGAIN):
			return nil
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return fmt.Errorf("read packet: %w", err)
		}
		if n > 0 && packet[0]>>4 == 4 {
			l.pipe.offer(l.now(), packet[:n])
		}
	}
}

func (l *lane) putOut() error {
	for now := l.now(); ; {
		data := l.pipe.take(now)
		if data == nil {
			return nil
		}
		_, err := unix.Write(l.to, data)
		l.pipe.recycle(data)
		// A full socket buffer of the receiver is not seen here; ENOBUFS
		// and ENOMEM are a loss like any other.
		if err != nil && !errors.Is(err, unix.ENOBUFS) && !errors.Is(err, unix.ENOMEM) && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("write packet: %w", err)
		}
	}
}

// sleep waits for a packet, a change or a time.
func (l *lane) sleep(until time.Duration) error {
	timeout := unix.NsecToTimespec(int64(max(0, until-l.now())))
	fds := [...]unix.PollFd{{Fd: int32(l.from), Events: unix.POLLIN}, {Fd: int32(l.wake), Events: unix.POLLIN}}
	if _, err := unix.Ppoll(fds[:], &timeout, nil); err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("wait for packets: %w", err)
	}
	if fds[1].Revents != 0 {
		var count [8]byte
		_, _ = unix.Read(l.wake, count[:]) // only empties it
	}
	return nil
}

// now is the time on the line, 0 before Run.
func (l *lane) now() time.Duration {
	if l.began.IsZero() {
		return 0
	}
	return time.Since(l.began)
}

// change alters the pipe between two packets, with effect from now on.
func (l *lane) change(alter func(*pipe)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pipe.advance(l.now())
	alter(l.pipe)
	l.notify()
}

// quit ends run.
func (l *lane) quit() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.notify()
}

// notify wakes the sleeper; the lane must be locked.
func (l *lane) notify() {
	if l.wake >= 0 {
		_, _ = unix.Write(l.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // fails only when already pending
	}
}

func (l *lane) counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pipe.counts
}

func (l *lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	unix.Close(l.wake)
	l.wake = -1
}
