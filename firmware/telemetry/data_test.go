package telemetry

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
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
	usual := len(healthOf(usualSnapshot(), 8812, time.Now()).Encode())
	largest := total + float64(contract.MaxHealth-usual)*times(pace.idle)
	const budget = 18e6
	t.Logf("health of %d bytes: %.0f on the wire, %.0f with headers of TCP/IP; state %.0f; ping %.0f; connecting %.0f",
		usual, health.bytes/health.messages, health.each(), state.each(), ping.each(), begin.bytes+header*begin.segments)
	t.Logf("a month: %.1f MB (health %.1f, states %.1f, pings %.1f, one connection a day %.1f); were each health message as large as it may be: %.1f MB",
		total/1e6, health.each()*times(pace.idle)/1e6, state.each()*times(pace.repeat)/1e6, ping.each()*pings/1e6, 30*(begin.bytes+header*begin.segments)/1e6, largest/1e6)
	t.Logf("the budget of %.0f MB is kept with messages of up to %.0f bytes on average", budget/1e6, float64(usual)+(budget-total)/times(pace.idle))
	if total > budget {
		t.Errorf("%.1f MB a month, want at most 18", total/1e6)
	}
	// A month in which each message names as many conditions as fit is over the
	// budget; the README says by how much.
	if largest > 19.6e6 {
		t.Errorf("%.1f MB in a month of the largest messages, want at most 19.6", largest/1e6)
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
		r.traffic.add(r.traffic.now(), 1000, 200)
		time.Sleep(time.Hour)
		r.traffic.add(r.traffic.now(), 30, 4)
		if got := r.Stats(); got.BytesToday != 1234 || got.BytesUp != 1030 || got.BytesDown != 204 {
			t.Errorf("before midnight: %+v", got)
		}
		time.Sleep(2 * time.Hour)
		r.traffic.add(r.traffic.now(), 5, 0)
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

// days collects what a traffic tells of days that are over.
func days() (t *traffic, over *[]string) {
	over = &[]string{}
	return &traffic{over: func(u usage) { *over = append(*over, u.String()) }}, over
}

// at is a moment that the clock of the wall calls so, that long after the start.
func at(wall string, run time.Duration) moment {
	t, err := time.Parse(time.DateTime, wall)
	if err != nil {
		panic(err)
	}
	return moment{t, run}
}

func TestAClockThatIsSetEndsADayAndChangesNoSeconds(t *testing.T) {
	for name, c := range map[string]struct {
		at   []moment
		want []string
	}{
		"a box without a clock finds the time": {
			[]moment{at("2026-01-05 03:00:00", 0), at("2026-01-05 03:00:20", 20*time.Second), at("2026-11-30 10:00:00", 21*time.Second), at("2026-11-30 10:00:09", 30*time.Second)},
			[]string{"day=2026-01-05 up=2 down=0 s=20", "day=2026-11-30 up=2 down=0 s=10"},
		},
		"a step back over midnight": {
			[]moment{at("2026-11-30 00:00:05", 0), at("2026-11-30 00:00:10", 5*time.Second), at("2026-11-29 23:59:50", 6*time.Second), at("2026-11-29 23:59:55", 11*time.Second)},
			[]string{"day=2026-11-30 up=2 down=0 s=5", "day=2026-11-29 up=2 down=0 s=6"},
		},
		"a step within a day": {
			[]moment{at("2026-11-30 01:00:00", 0), at("2026-11-30 09:00:00", time.Second)},
			[]string{"day=2026-11-30 up=2 down=0 s=1"},
		},
		"midnight": {
			[]moment{at("2026-11-29 23:59:00", 0), at("2026-11-30 00:00:30", 90*time.Second)},
			[]string{"day=2026-11-29 up=1 down=0 s=60", "day=2026-11-30 up=1 down=0 s=30"},
		},
	} {
		u, over := days()
		for _, now := range c.at {
			u.add(now, 1, 0)
		}
		if got := append(*over, u.day.String()); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}

func TestEachOfManyDaysIsToldOnce(t *testing.T) {
	u, over := days()
	for day := range 40 {
		u.add(moment{time.Date(2026, 11, 21+day, 12, 0, 0, 0, time.UTC), time.Duration(day) * 24 * time.Hour}, day, 0)
	}
	if got := *over; len(got) != 39 || got[38] != "day=2026-12-29 up=38 down=0 s=86400" {
		t.Errorf("%d days, last %s", len(got), got[len(got)-1])
	}
}

func TestADayOutlivesTheProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // begins at midnight (UTC)
		path := filepath.Join(t.TempDir(), "events.db")
		life := func(hours int) []string {
			sp := keepIn(t, path, spool.Limits{})
			defer sp.end()
			p := newTape()
			r, end := dialling(t, Config{Spool: sp.Spool}, func() (wire, error) { return p, nil })
			r.traffic.add(r.traffic.now(), 100, 10)
			time.Sleep(time.Duration(hours) * time.Hour)
			r.Stats() // as the conductor asks at each step
			time.Sleep(time.Minute)
			end()
			return dets(t, p.of(contract.KindEvent))
		}
		told := life(3)
		time.Sleep(time.Hour) // switched off
		told = append(told, life(5)...)
		time.Sleep(24 * time.Hour) // over midnight
		told = append(told, life(1)...)
		if want := []string{"day=2000-01-01 up=200 down=20 s=28920"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

func TestAPowerCutTakesTenMinutesFromADayAtMost(t *testing.T) {
	kept, saves := usage{}, 0
	u := traffic{keep: func(now usage) { kept, saves = now, saves+1 }}
	for minute := range 24 * 60 {
		u.add(moment{time.Date(2026, 11, 21, 0, minute, 0, 0, time.UTC), time.Duration(minute) * time.Minute}, 1, 0)
		if u.day.Up-kept.Up > 10 {
			t.Fatalf("at minute %d, %d are remembered of %d", minute, kept.Up, u.day.Up)
		}
	}
	if saves > 150 {
		t.Errorf("%d writes a day wear the card", saves)
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
			r.SetPace(c.idle, time.Unix(0, 0)) // the app's word for no burst
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

func TestASlowPaceSavesStatesToo(t *testing.T) {
	for name, when := range map[string]time.Duration{"wished before": 0, "wished while connected": time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newTape()
				r, end := dialling(t, Config{}, func() (wire, error) { time.Sleep(time.Second); return p, nil })
				time.Sleep(when)
				r.SetPace(time.Hour, time.Unix(0, 0))
				time.Sleep(renewWithin + time.Minute)
				before := len(p.of(contract.KindState))
				time.Sleep(24 * time.Hour)
				// Three quarters of four minutes between two of them.
				if states := len(p.of(contract.KindState)) - before; states > 24*60/3 {
					t.Errorf("%d states in a day on which health is wished every hour", states)
				}
				end()
			})
		})
	}
}

func TestTheBrokerIsPromisedWhatTheSessionKeeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := New(Config{Broker: "tcp://nowhere", Tenant: tenant, Box: box}, newStudio(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		p, told := newTape(), time.Duration(0)
		r.dialer = func(_ context.Context, _ contract.State, promise func() time.Duration) (wire, error) {
			told = promise()
			r.SetPace(time.Hour, time.Unix(0, 0)) // between CONNECT and the birth
			return p, nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_ = r.once(ctx)
		said := p.of(contract.KindState)
		for i := 1; i < len(said); i++ {
			if gap := said[i].at.Sub(said[i-1].at); gap > told {
				t.Errorf("the broker heard nothing for %s, and was promised %s", gap, told)
			}
		}
	})
}
