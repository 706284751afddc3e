package publish

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"studiobox/encoder/unit"
	"studiobox/uplink/ingesttest"
	"studiobox/uplink/link"
	"studiobox/uplink/rate"
)

// seeker is a publisher with a scout, and a session that uses its hands.
func seeker(t *testing.T, cfg Config) *session {
	t.Helper()
	p, err := New(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return newSession(p)
}

// openIngest runs an ingest to the end of the test.
func openIngest(t *testing.T, cfg ingesttest.Config) *ingesttest.Server {
	t.Helper()
	server := ingesttest.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	<-server.Ready()
	return server
}

func TestAScoutGoesNoFurtherThanOPTIONS(t *testing.T) {
	ingest := openIngest(t, ingesttest.Config{})
	s := seeker(t, Config{URL: ingest.URL("live")})
	s.scout.seek(t.Context(), ingest.Addr())
	found, err := s.scout.wait(t.Context())
	if err != nil || found == nil || !found.conn.answered.Load() {
		t.Fatalf("found %v, %v", found, err)
	}
	if stats := ingest.Stats(); stats.Sessions != 0 || stats.Connections != 1 {
		t.Errorf("the ingest has met %+v", stats)
	}
	media := unit.Media{Video: unit.Format{Codec: unit.H265}}
	if found, err = found.publisher.connect(t.Context(), media, found); err != nil {
		t.Fatal(err)
	}
	defer found.drop()
	if stats := ingest.Stats(); stats.Sessions != 1 || stats.Connections != 1 {
		t.Errorf("the found connection was not used: %+v", stats)
	}
}

func TestAScoutIsDoneWithAnIngestThatRefuses(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	var dials atomic.Int32
	s := seeker(t, Config{URL: "rtsp://" + address + "/live", Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		return new(net.Dialer).DialContext(ctx, network, address)
	}})
	s.scout.seek(t.Context(), address)
	if found, err := s.second(t.Context(), ErrClosed); found != nil || !errors.Is(err, ErrRefused) {
		t.Errorf("found %v, %v", found, err)
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("knocked %d times at a closed door", n)
	}
}

// TestAScoutKnocksAtASteadyPaceAndLeavesNothingBehind dials into the void: each
// attempt hangs until it is given up.
func TestAScoutKnocksAtASteadyPaceAndLeavesNothingBehind(t *testing.T) {
	var dials, pending, named atomic.Int32
	s := seeker(t, Config{URL: "rtsp://ingest.invalid/live", Dial: func(ctx context.Context, _, address string) (net.Conn, error) {
		dials.Add(1)
		if address == "ingest.invalid:554" {
			named.Add(1)
		}
		pending.Add(1)
		defer pending.Add(-1)
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	began := time.Now()
	s.scout.seek(t.Context(), "192.0.2.1:554")
	time.Sleep(3 * time.Second)
	if most := int32(stepTimeout/knockEvery) + 1; pending.Load() > most {
		t.Errorf("%d attempts under way, at most %d may be", pending.Load(), most)
	}
	s.scout.stop()
	if n, most := dials.Load(), int32(time.Since(began)/knockEvery)+1; n < 6 || n > most || named.Load() != n/askName {
		t.Errorf("%d attempts in %v, %d of them by name", n, time.Since(began), named.Load())
	}
	if n := pending.Load(); n != 0 {
		t.Errorf("%d attempts outlive the search", n)
	}
}

func TestWhatAScoutHasFoundIsDroppedWhenTheFirstConnectionWakes(t *testing.T) {
	ingest := openIngest(t, ingesttest.Config{})
	s := seeker(t, Config{URL: ingest.URL("live")})
	s.publisher.queue.broken = false
	var asked atomic.Int32
	s.publisher.OnKeyNeeded = func() { asked.Add(1) }
	now := time.Now()
	s.scout.seek(t.Context(), ingest.Addr())
	<-s.scout.done
	found := s.scout.session
	s.publisher.Put(&unit.Unit{Track: unit.Video, Key: true, NALUs: [][]byte{{0x65, 1}}})
	s.publisher.Put(&unit.Unit{Track: unit.Video, NALUs: [][]byte{{0x41, 1}}})
	for i := range s.publisher.queue.entries {
		s.publisher.queue.entries[i].at -= 2 * rate.Overdue // they have waited
	}
	s.mark = 100_000
	for _, step := range []struct {
		after   time.Duration
		acked   uint64
		want    error
		seeking bool
	}{
		{0, 10_000, nil, true},                             // heard again
		{50 * time.Millisecond, 50_000, errReplaced, true}, // but still mending: the second is sooner
		{100 * time.Millisecond, 100_000, nil, true},       // mended, but not for long
		{relapse - time.Millisecond, 100_000, nil, true},   // until it has proved itself
		{relapse + time.Millisecond, 100_000, nil, false},  // the second one is not needed
	} {
		s.acks.acked = step.acked
		if err := s.seek(t.Context(), now.Add(step.after), 0); !errors.Is(err, step.want) || s.scout.seeking() != step.seeking {
			t.Errorf("%v after the line was heard: %v, still seeking: %v", step.after, err, s.scout.seeking())
		}
	}
	if err := found.client.Wait(); err == nil {
		t.Error("the second connection is still open")
	}
	if n := asked.Load(); n != 1 || !s.publisher.queue.empty() {
		t.Errorf("asked for %d key units, %d stale pictures are left", n, len(s.publisher.queue.entries))
	}
}

func TestASecondConnectionTakesOverFromOneThatIsSilentOrBroken(t *testing.T) {
	ingest := openIngest(t, ingesttest.Config{})
	for name, c := range map[string]struct {
		cause error
		taken bool
	}{
		"silent": {errReplaced, true}, "broken": {ErrClosed, true}, "dead": {ErrDead, false}, "other media": {ErrMediaChanged, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := seeker(t, Config{URL: ingest.URL("live")})
			s.scout.seek(t.Context(), ingest.Addr())
			<-s.scout.done
			next, err := s.second(t.Context(), c.cause)
			if (next != nil) != c.taken || c.taken == (err != nil) || !c.taken && !errors.Is(err, c.cause) {
				t.Errorf("second session: %v, %v", next != nil, err)
			}
			if next != nil {
				next.drop()
			}
		})
	}
	s := seeker(t, Config{URL: ingest.URL("live")})
	if next, err := s.second(t.Context(), ErrClosed); next != nil || !errors.Is(err, ErrClosed) {
		t.Errorf("without a search: %v, %v", next != nil, err)
	}
}

func TestAKernelIsBelievedOnlyWhenItsFiguresAgree(t *testing.T) {
	good := link.Sample{Kernel: true, Acked: 5 << 20, Unacked: 30_000, Busy: time.Second, RTT: time.Millisecond, Cwnd: 14_480}
	alter := func(f func(*link.Sample)) link.Sample { s := good; f(&s); return s }
	for name, c := range map[string]struct {
		sample  link.Sample
		written uint64
		want    bool
	}{
		"agrees":                    {good, 5<<20 + 30_000, true},
		"asked in the middle of it": {good, 5<<20 + 90_000, true},
		"nothing yet":               {link.Sample{Kernel: true}, 2000, true},
		"no count":                  {alter(func(s *link.Sample) { s.Acked = 0 }), 5<<20 + 30_000, false},
		"too high a count":          {good, 1 << 20, false},
		"no busy time":              {alter(func(s *link.Sample) { s.Busy = 0 }), 5<<20 + 30_000, false},
		"no round trip":             {alter(func(s *link.Sample) { s.RTT = 0 }), 5<<20 + 30_000, false},
		"no window":                 {alter(func(s *link.Sample) { s.Cwnd = 0 }), 5<<20 + 30_000, false},
	} {
		if got := believable(c.sample, c.written); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	s := observed(t).session.conn.socket
	if sample, ok := s.sample(); !ok || !sample.Kernel || sample.Cwnd == 0 {
		t.Errorf("a good kernel gives %+v", sample)
	}
	s.written.Add(10 << 20) // more than the kernel has seen
	if sample, ok := s.sample(); !ok || sample.Kernel || sample.Cwnd != 0 || sample.Delivered != 0 || sample.Acked < 10<<20 {
		t.Errorf("a kernel that contradicts itself gives %+v", sample)
	}
}

// TestAConnectionWithoutKernelFiguresIsJudgedByItsQueueAndSaysSo steps the
// controller with what a connection through a proxy shows.
func TestAConnectionWithoutKernelFiguresIsJudgedByItsQueueAndSaysSo(t *testing.T) {
	ingest := openIngest(t, ingesttest.Config{})
	s := seeker(t, Config{URL: ingest.URL("live"), Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return struct{ net.Conn }{conn}, err
	}})
	p := s.publisher
	p.SetMedia(unit.Media{Video: unit.Format{Codec: unit.H264}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	defer func() { cancel(); <-done }()
	for end := time.Now().Add(5 * time.Second); !p.Stats().Connected; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no connection")
		}
	}
	o := p.Observe(time.Now())
	if o.Kernel || o.Cwnd != 0 || o.InFlight != 0 || o.Delivered != 0 || !o.Connected {
		t.Fatalf("%+v", o)
	}
	controller := rate.New(rate.Limits{FloorKbps: 300, CeilingKbps: 6000, StartKbps: 1000})
	reasons := map[rate.Reason]bool{}
	for range 200 {
		o.Now += 50 * time.Millisecond
		o.Produced += 1 << 16
		reasons[controller.Step(o).Reason] = true
	}
	if !reasons[rate.NoKernelStats] {
		t.Errorf("reasons %v", reasons)
	}
}
