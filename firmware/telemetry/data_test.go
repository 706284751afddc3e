package telemetry

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"studiobox/firmware/health"
	"studiobox/firmware/telemetry/spool"
	"studiobox/provisioning/contract"
)

// usualSnapshot is a box between two shows with one small trouble.
func usualSnapshot() *health.Snapshot {
	return &health.Snapshot{
		Version:    "1.0.0",
		Session:    health.SessionPart{State: "idle"},
		Camera:     health.CameraPart{FPS: 29.97, Lost: 1207},
		Encoder:    health.EncoderPart{Height: 1080, Kbps: 5980, Restarts: 3},
		Uplink:     health.UplinkPart{AckedKbps: 5920, QueueMs: 118, RTTMs: 134, Reconnects: 12},
		Board:      health.BoardPart{Model: "Raspberry Pi 4 Model B", CPUPercent: 41.4, MemPercent: 56.6, TempC: 63.44, DiskFreeMB: 11800},
		Conditions: []health.Condition{{Code: "clock_unsynced"}},
	}
}

// socketTo is this process's connection to the address.
func socketTo(t *testing.T, addr string) (fd int) {
	t.Helper()
	_, text, _ := net.SplitHostPort(addr)
	port, _ := strconv.Atoi(text)
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		fd, _ := strconv.Atoi(e.Name())
		peer, err := unix.Getpeername(fd)
		if at, ok := peer.(*unix.SockaddrInet4); err == nil && ok && at.Port == port {
			return fd
		}
	}
	t.Fatal("no connection to " + addr)
	return 0
}

// wireCost is what one message takes on the wire: bytes beneath TLS, both ways,
// and TCP segments, acknowledgements included.
type wireCost struct{ bytes, segments, messages float64 }

// header is that of a segment: IPv4 20, TCP 20, its time stamps 12 bytes.
const header = 52

// each is a message's cost in bytes.
func (c wireCost) each() float64 { return (c.bytes + header*c.segments) / c.messages }

// onTheWire is the cost up to now of the one connection that the station has.
func (s *station) onTheWire(t *testing.T, addr string) wireCost {
	t.Helper()
	info, err := unix.GetsockoptTCPInfo(socketTo(t, addr), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		t.Fatal(err)
	}
	stats := s.Stats()
	return wireCost{float64(stats.BytesUp + stats.BytesDown), float64(info.Segs_out + info.Segs_in), float64(stats.Published)}
}

// costOf measures what happens on one connection at a pace, from its first
// moments to the n-th time. done counts the times, given the bytes up.
func costOf(t *testing.T, p pace, n int, done func(s Stats) int) (begin, each wireCost) {
	t.Helper()
	a := newAuthority(t)
	b := newMosquitto(t, false)
	b.secure(t, a.issue(t, "broker", inAnHour(), loopback()), a)
	running(t, b)
	cfg := Config{Broker: "ssl://" + b.addr(), Listen: true, TLS: &tls.Config{RootCAs: a.pool, Certificates: []tls.Certificate{a.issue(t, box, inAnHour())}}}
	s := reportAs(t, cfg, p, usualSnapshot())
	eventually(t, "connected", func() bool { return s.Stats().Subscribed && s.Stats().Published >= 3 })
	<-time.After(100 * time.Millisecond) // for the last acknowledgement
	begin = s.onTheWire(t, b.addr())
	before := done(s.Stats())
	eventually(t, fmt.Sprint(n, " times"), func() bool { return done(s.Stats())-before >= n })
	<-time.After(50 * time.Millisecond)
	end, after := s.onTheWire(t, b.addr()), done(s.Stats())
	s.end()
	return begin, wireCost{end.bytes - begin.bytes, end.segments - begin.segments, float64(after - before)}
}

func TestHealthEveryMinuteCostsLessThanEighteenMegabytesAMonth(t *testing.T) {
	published := func(s Stats) int { return int(s.Published) }
	n := count(25, 10)

	quick := quickPace()
	quick.idle = 100 * time.Millisecond // more than TCP waits before it acknowledges
	begin, health := costOf(t, quick, n, published)

	quick = quickPace()
	quick.repeat = 100 * time.Millisecond
	_, state := costOf(t, quick, n, published)

	quick = quickPace()
	quick.ping = time.Second
	const pingUp = 24 // two bytes, and TLS
	base := uint64(0)
	_, ping := costOf(t, quick, count(4, 2), func(s Stats) int {
		if base == 0 {
			base = s.BytesUp
		}
		return int(s.BytesUp-base) / pingUp
	})

	pace := realPace()
	const month = 30 * 24 * time.Hour
	times := func(every time.Duration) float64 { return float64(month / every) }
	// What a state's acknowledgement brings puts the next ping off.
	pings := times(pace.repeat) * float64((pace.repeat-1)/pace.ping)
	total := health.each()*times(pace.idle) + state.each()*times(pace.repeat) + ping.each()*pings + 30*(begin.bytes+header*begin.segments)
	largest := total + float64(contract.MaxHealth-len(healthOf(usualSnapshot(), 8812, time.Now()).Encode()))*times(pace.idle)
	t.Logf("health of %d bytes: %.0f on the wire, %.0f with headers of TCP/IP; state %.0f; ping %.0f; connecting %.0f",
		len(healthOf(usualSnapshot(), 8812, time.Now()).Encode()), health.bytes/health.messages, health.each(), state.each(), ping.each(), begin.bytes+header*begin.segments)
	t.Logf("a month: %.1f MB (health %.1f, states %.1f, pings %.1f, one connection a day %.1f); were each health message as large as it may be: %.1f MB",
		total/1e6, health.each()*times(pace.idle)/1e6, state.each()*times(pace.repeat)/1e6, ping.each()*pings/1e6, 30*(begin.bytes+header*begin.segments)/1e6, largest/1e6)
	if total > 18e6 {
		t.Errorf("%.1f MB a month, want at most 18", total/1e6)
	}
}

func TestTheKernelIsPatientWithAnIdleLineAndNotWithADeadOne(t *testing.T) {
	b := newMosquitto(t, false)
	running(t, b)
	s := report(t, Config{Broker: "tcp://" + b.addr()}, quickPace())
	eventually(t, "connected", func() bool { return s.Stats().Published >= 3 })
	fd := socketTo(t, b.addr())
	if probes, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE); err != nil || probes != 0 {
		t.Errorf("the kernel probes an idle line (%d, %v), which costs as much as health", probes, err)
	}
	if ms, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT); err != nil || ms != 30_000 {
		t.Errorf("the kernel waits %d ms for a dead line (%v)", ms, err)
	}
}

func TestTheBytesOfADayAreToldOnTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // begins at midnight (UTC)
		sp := keep(t, spool.Limits{})
		time.Sleep(22 * time.Hour)
		p := newTape()
		r, end := dialling(t, Config{Spool: sp}, func() (wire, error) { return p, nil })
		r.traffic.add(time.Now(), 1000, 200)
		time.Sleep(time.Hour)
		r.traffic.add(time.Now(), 30, 4)
		if got := r.Stats(); got.BytesToday != 1234 || got.BytesUp != 1030 || got.BytesDown != 204 {
			t.Errorf("before midnight: %+v", got)
		}
		time.Sleep(2 * time.Hour)
		r.traffic.add(time.Now(), 5, 0)
		if got := r.Stats(); got.BytesToday != 5 || got.BytesUp != 1035 {
			t.Errorf("after midnight: %+v", got)
		}
		got := dets(t, p.of(contract.KindEvent))
		if want := "day=2000-01-01 up=1030 down=204 s=7200"; len(got) != 1 || got[0] != want {
			t.Errorf("told: %q, want: %s", got, want)
		}
		end()
	})
}

func TestADayWithoutAnyTrafficAndAMonthWithoutAListenerAreKept(t *testing.T) {
	var u traffic
	begun := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for day := range 40 {
		u.add(begun.AddDate(0, 0, day), day, 0)
	}
	over := u.ended(begun.AddDate(0, 0, 40))
	if len(over) != 31 || over[30].up != 39 || over[0].up != 9 || over[30].seconds != 86400 {
		t.Errorf("%d days, first %s, last %s", len(over), over[0], over[len(over)-1])
	}
	if again := u.ended(begun.AddDate(0, 0, 40)); len(again) != 0 {
		t.Errorf("told twice: %v", again)
	}
}

func TestTheBrokerIsPromisedLessSilenceThanTheLibraryPings(t *testing.T) {
	for _, c := range []struct{ idle, want time.Duration }{
		{0, 90 * time.Second}, {15 * time.Second, 90 * time.Second}, {time.Minute, 90 * time.Second},
		{5 * time.Minute, 4 * time.Minute}, {2 * time.Hour, 4 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newTape()
			r, end := dialling(t, Config{}, func() (wire, error) { time.Sleep(time.Second); return p, nil })
			r.SetPace(c.idle, time.Time{})
			if got := r.promise(); got != c.want {
				t.Errorf("at a pace of %s the promise is %s, want %s", c.idle, got, c.want)
			}
			time.Sleep(6 * time.Hour)
			p.mu.Lock()
			for i := 1; i < len(p.said); i++ {
				if gap := p.said[i].at.Sub(p.said[i-1].at); gap > c.want {
					t.Errorf("at a pace of %s the broker heard nothing for %s", c.idle, gap)
					break
				}
			}
			p.mu.Unlock()
			end()
		})
	}
}
