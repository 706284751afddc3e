package publish_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"studiobox/encoder/unit"
	"studiobox/uplink/ingesttest"
	"studiobox/uplink/linktest"
	"studiobox/uplink/publish"
)

// encoder is a source like a live encoder: a picture 30 times a second, a key
// unit every two seconds and whenever one is asked for.
type encoder struct {
	asked atomic.Bool

	mu    sync.Mutex
	made  []time.Time // when picture n was
	keyOf []int       // the key unit that picture n needs
}

// film puts pictures until the test ends.
func (e *encoder) film(tb testing.TB, p *publish.Publisher, kbps int) {
	const frame = time.Second / 30
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	tb.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		ticker := time.NewTicker(frame)
		defer ticker.Stop()
		begin, last := time.Now(), 0
		for n := 0; ; n++ {
			key := e.asked.Swap(false) || n-last >= 60 || n == 0
			size := kbps * 1000 / 8 / 30
			if key {
				last = n
				size *= 3
			}
			e.mu.Lock()
			e.made, e.keyOf = append(e.made, time.Now()), append(e.keyOf, last)
			e.mu.Unlock()
			p.Put(picture264(n, time.Since(begin), key, size))
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
		}
	}()
}

// firstFresh is the arrival of the first picture that was made after the given
// moment and can be decoded; zero when there is none.
func (e *encoder) firstFresh(units []*unit.Unit, after time.Time) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	last, key := -1, -1
	for _, u := range units {
		n := numberOf(u)
		switch {
		case u.Key:
			key = n
		case n != last+1:
			key = -1
		}
		last = n
		if key >= 0 && key == e.keyOf[n] && e.made[n].After(after) {
			return u.Captured
		}
	}
	return time.Time{}
}

// between counts the pictures among units that were made between two moments.
func (e *encoder) between(units []*unit.Unit, from, to time.Time) (count int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, u := range units {
		if made := e.made[numberOf(u)]; made.After(from) && made.Before(to) {
			count++
		}
	}
	return count
}

// outage is one kind of blackout on a line of 4 Mbit/s, 40 ms each way.
type outage struct {
	lasts  time.Duration
	lost   bool // packets are lost instead of held in the queue
	tls    bool
	single bool // the ingest refuses a second publisher
	sleepy bool // retransmissions back off without bound
}

func (o outage) String() string {
	kind, scheme := "held", "rtsp"
	if o.lost {
		kind = "lost"
	}
	if o.tls {
		scheme = "rtsps"
	}
	return fmt.Sprintf("%v/%s/%s", o.lasts, kind, scheme)
}

// scene is a publisher on an emulated line, kept alive as the box does it.
type scene struct {
	*studio
	encoder encoder
	line    *linktest.Line
	fails   atomic.Int32 // ends of Run
	dials   atomic.Int32 // under way
	first   atomic.Value // the first connection
	dark0   time.Time    // when the line failed last, and when it came back
	back    time.Time
}

func newScene(t *testing.T, o outage) *scene {
	t.Helper()
	if err := linktest.Available(); err != nil {
		t.Skip("needs an emulated line: ", err)
	}
	direction := linktest.Direction{Kbps: 4000, Delay: 40 * time.Millisecond}
	line, err := linktest.New(linktest.Config{Up: direction, Down: direction, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- line.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done; line.Close() })
	listener, err := line.Listen("tcp", line.FarAddr()+":8554")
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{line: line}
	cfg := setup{ingest: ingesttest.Config{Listener: listener, SingleSession: o.single}, publish: publish.Config{Dial: s.dial}}
	if o.tls {
		certificate, pool, err := ingesttest.SelfSigned(line.FarAddr())
		if err != nil {
			t.Fatal(err)
		}
		cfg.ingest.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
		cfg.publish.TLS = &tls.Config{RootCAs: pool}
	}
	s.studio = newStudio(t, cfg)
	s.publisher.OnKeyNeeded = func() { s.encoder.asked.Store(true) }
	s.publisher.SetMedia(media264())
	s.publisher.SetPacing(6000)
	s.encoder.film(t, s.publisher, 3000)
	s.keep()
	if o.sleepy {
		await(t, "recording", 10*time.Second, func() bool { return s.publisher.Stats().Connected })
		s.tire(s.first.Load().(*net.TCPConn))
	}
	return s
}

// dial counts the attempts under way and keeps the first connection.
func (s *scene) dial(ctx context.Context, network, address string) (net.Conn, error) {
	s.dials.Add(1)
	defer s.dials.Add(-1)
	conn, err := s.line.Dial(ctx, network, address)
	if err == nil {
		s.first.CompareAndSwap(nil, conn)
	}
	return conn, err
}

// tire gives a connection the kernel's own bound on its back-off, 120 s.
func (s *scene) tire(conn *net.TCPConn) {
	const rtoMax = 44 // TCP_RTO_MAX_MS; unknown before Linux 6.15, which is as well
	s.onSocket(conn, func(fd int) { _ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, rtoMax, 120_000) })
}

func (s *scene) onSocket(conn *net.TCPConn, f func(fd int)) {
	raw, err := conn.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { f(int(fd)) })
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// awaitRetransmission returns when the first connection has just sent the same
// once more, and will not for at least eight times its first timeout of 200 ms
// or more.
func (s *scene) awaitRetransmission() {
	backoff := func() (n int) {
		s.onSocket(s.first.Load().(*net.TCPConn), func(fd int) {
			if info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
				n = int(info.Backoff)
			}
		})
		return n
	}
	before := max(backoff(), 2)
	await(s.t, "a retransmission", 20*time.Second, func() bool { return backoff() > before })
	time.Sleep(50 * time.Millisecond) // it is lost too
}

// keep runs the publisher again and again with firmware/run's back-off.
func (s *scene) keep() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	s.t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		for failures := 0; ; {
			born := time.Now()
			err := s.publisher.Run(ctx)
			if ctx.Err() != nil {
				return
			}
			s.t.Log("session ended: ", err)
			if time.Since(born) > 10*time.Second {
				failures = 0
			}
			limit := min(250*time.Millisecond<<failures, 1200*time.Millisecond)
			failures = min(failures+1, 5)
			s.fails.Add(1)
			select {
			case <-time.After(rand.N(limit)):
			case <-ctx.Done():
				return
			}
		}
	}()
}

func (s *scene) dark(o outage, on bool) {
	if !o.lost {
		s.line.SetBlackout(on)
		return
	}
	loss := linktest.Loss{}
	if on {
		loss.Random = 1
	}
	if err := s.line.SetLoss(loss, loss); err != nil {
		s.t.Error(err)
	}
}

// black lets the line fail once and returns how long after its return the first
// fresh picture came in.
func (s *scene) black(o outage) time.Duration {
	s.t.Helper()
	before := len(s.got())
	await(s.t, "media", 20*time.Second, func() bool { return len(s.got()) > before+60 })
	time.Sleep(rand.N(300 * time.Millisecond))
	s.dark(o, true)
	s.dark0 = time.Now()
	time.Sleep(o.lasts)
	if o.sleepy {
		s.awaitRetransmission()
	}
	s.dark(o, false)
	back := time.Now()
	s.back = back
	var fresh time.Time
	await(s.t, "a fresh picture", o.lasts+20*time.Second, func() bool {
		fresh = s.encoder.firstFresh(s.got(), back)
		return !fresh.IsZero()
	})
	return fresh.Sub(back)
}

// TestAConnectionThatSleepsOnIsReplaced lets the first connection back off as
// far as a kernel before 6.15 does, and the line come back when the connection
// has just stirred in vain: it sleeps on for more than two seconds.
func TestAConnectionThatSleepsOnIsReplaced(t *testing.T) {
	for name, o := range map[string]outage{
		"rtsp":                               {},
		"rtsps":                              {tls: true},
		"an ingest that takes one publisher": {single: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o.lasts, o.lost, o.sleepy = time.Second, true, true
			s := newScene(t, o)
			took := s.black(o)
			t.Logf("a fresh picture %v after the line", took)
			if stats := s.publisher.Stats(); stats.Sessions != 2 || s.fails.Load() != 0 || took > 6*time.Second {
				t.Errorf("after %v: %d sessions, Run ended %d times", took, stats.Sessions, s.fails.Load())
			}
		})
	}
}

func TestAConnectionThatWakesFirstIsKeptAndSendsNothingStale(t *testing.T) {
	o := outage{lasts: 2 * time.Second}
	s := newScene(t, o)
	took := s.black(o)
	t.Logf("a fresh picture %v after the line", took)
	if stats := s.publisher.Stats(); stats.Sessions != 1 || s.fails.Load() != 0 || took > 5*time.Second {
		t.Errorf("after %v: %d sessions, Run ended %d times", took, stats.Sessions, s.fails.Load())
	}
	// What the kernel held and the unit under way could not be recalled; of the
	// rest nothing was made before the line came back.
	if stale := s.encoder.between(s.got(), s.dark0.Add(500*time.Millisecond), s.back.Add(-publish.DefaultMaxAge/4-100*time.Millisecond)); stale > 1 {
		t.Errorf("%d pictures of the blackout were sent after it", stale)
	}
	time.Sleep(time.Second) // the search is over
	if n := s.dials.Load(); n > 0 {
		t.Errorf("%d attempts to connect go on", n)
	}
}

// TestBlackoutFigures prints how long after a blackout the first fresh picture
// comes in, many times over.
func TestBlackoutFigures(t *testing.T) {
	if os.Getenv("STUDIOBOX_BENCH") == "" {
		t.Skip("set STUDIOBOX_BENCH=1: takes minutes of a quiet machine")
	}
	for _, secure := range []bool{false, true} {
		for _, lost := range []bool{false, true} {
			for _, seconds := range []int{1, 2, 3, 5, 10, 30} {
				o := outage{lasts: time.Duration(seconds) * time.Second, lost: lost, tls: secure}
				t.Run(o.String(), func(t *testing.T) {
					t.Parallel()
					s := newScene(t, o)
					var took []time.Duration
					for range max(2, min(6, 30/seconds)) {
						took = append(took, s.black(o).Round(time.Millisecond))
					}
					slices.Sort(took)
					t.Logf("FIGURE median %v, worst %v of %v; %d sessions, Run ended %d times", took[len(took)/2], took[len(took)-1], took, s.publisher.Stats().Sessions, s.fails.Load())
				})
			}
		}
	}
}
