package publish_test

import (
	"context"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"studiobox/uplink/ingesttest"
	"studiobox/uplink/publish"
	"studiobox/uplink/rate"
)

// watchFor collects observations every 50 ms, as the rate controller does.
func watchFor(s *studio, d time.Duration) (seen []rate.Observation) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		seen = append(seen, s.publisher.Observe(time.Now()))
	}
	return seen
}

func TestASlowIngestShowsAsReceiverLimited(t *testing.T) {
	s, _, _ := live(t, setup{ingest: ingesttest.Config{ReadBuffer: 16 << 10}}, 4000)
	s.ingest.Limit(1000)
	time.Sleep(time.Second) // buffers fill
	seen := watchFor(s, 2*time.Second)
	first, last := seen[0], seen[len(seen)-1]
	if !last.Kernel || !last.Connected {
		t.Fatalf("observation %+v", last)
	}
	if limited := last.ReceiverLimited - first.ReceiverLimited; limited < time.Second {
		t.Errorf("receiver-limited for %v of %v", limited, last.Now-first.Now)
	}
	if busy := last.Busy - first.Busy; busy < 1800*time.Millisecond {
		t.Errorf("busy for %v of %v", busy, last.Now-first.Now)
	}
	kbps := float64(last.Acked-first.Acked) * 8 / 1000 / (last.Now - first.Now).Seconds()
	if kbps < 600 || kbps > 1300 {
		t.Errorf("%.0f kbit/s acknowledged of an ingest that reads 1000", kbps)
	}
	if last.QueueAge < 300*time.Millisecond || last.QueueAge > publish.DefaultMaxAge+500*time.Millisecond {
		t.Errorf("the queue is %v old", last.QueueAge)
	}
	if !s.publisher.MediaAcked(time.Now(), 2*time.Second) {
		t.Error("a slow ingest does not count as one that acknowledges")
	}
}

func TestAFastIngestShowsAShortQueueAndNoLimit(t *testing.T) {
	s, _, _ := live(t, setup{}, 3000)
	s.publisher.Stats() // from here on it measures the loss
	seen := watchFor(s, 1500*time.Millisecond)
	if loss := s.publisher.Stats().Loss; loss < 0 || loss > 0.01 {
		t.Errorf("a line within this machine lost %.3f", loss)
	}
	first, last := seen[0], seen[len(seen)-1]
	kbps := float64(last.Acked-first.Acked) * 8 / 1000 / (last.Now - first.Now).Seconds()
	if kbps < 2400 || kbps > 3900 {
		t.Errorf("%.0f kbit/s acknowledged of about 3100", kbps)
	}
	var waited []time.Duration
	for _, o := range seen {
		waited = append(waited, o.QueueAge)
		if o.ReceiverLimited-first.ReceiverLimited > 100*time.Millisecond {
			t.Fatalf("receiver-limited: %+v", o)
		}
	}
	young := 0
	for _, age := range waited {
		if age < 20*time.Millisecond {
			young++
		}
	}
	if young < len(waited)*8/10 {
		t.Errorf("queue ages %v", waited)
	}
	if last.RTT == 0 || last.MinRTT == 0 {
		t.Errorf("no round trip: %+v", last)
	}
	if stats := s.publisher.Stats(); stats.AckedKbps < 2000 || stats.AckedKbps > 4500 {
		t.Errorf("%d kbit/s in the figures", stats.AckedKbps)
	}
}

func TestNothingCountsAsAcknowledgedBeforeMediaIs(t *testing.T) {
	s := newStudio(t, setup{})
	s.publisher.SetMedia(media264())
	s.start()
	await(t, "recording", 3*time.Second, func() bool { return s.publisher.Stats().Connected })
	time.Sleep(300 * time.Millisecond)
	if stats := s.publisher.Stats(); !stats.LastAck.IsZero() || stats.AckedBytes != 0 || s.publisher.MediaAcked(time.Now(), time.Hour) {
		t.Errorf("the handshake counts as media: %+v", stats)
	}
	s.publisher.Put(picture264(0, 0, true, 1000))
	await(t, "the first picture acknowledged", time.Second, func() bool { return s.publisher.MediaAcked(time.Now(), time.Second) })
	if bytes := s.publisher.Stats().AckedBytes; bytes < 1000 || bytes > 1500 {
		t.Errorf("%d bytes acknowledged", bytes)
	}
}

func TestAKeyUnitIsPacedOut(t *testing.T) {
	for name, cfg := range map[string]setup{
		"tcp": {publish: publish.Config{Dial: ethernet}},
		"udp": {ingest: ingesttest.Config{UDP: true}, publish: publish.Config{Transport: "udp"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t, cfg)
			s.publisher.SetMedia(media264())
			s.publisher.SetPacing(4000)
			s.start()
			await(t, "recording", 3*time.Second, func() bool { return s.publisher.Stats().Connected })
			at := time.Now()
			s.publisher.Put(picture264(0, 0, true, 250_000)) // 2 Mbit at 4 Mbit/s
			await(t, "the picture", 3*time.Second, func() bool { return len(s.got()) == 1 })
			if took := time.Since(at); took < 300*time.Millisecond || took > 2*time.Second {
				t.Errorf("500 ms worth of picture took %v", took)
			}
		})
	}
}

// ethernet dials with the segment size of a real line. Loopback's 64 kB
// segments meet delayed acknowledgements that no line has.
func ethernet(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		if closed := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, 1400) }); closed != nil {
			return closed
		}
		return err
	}}
	return dialer.DialContext(ctx, network, address)
}

func TestUDPCountsAsAcknowledgedOnlyByReports(t *testing.T) {
	if testing.Short() {
		t.Skip("needs 12 s: the ingest reports every 10 s")
	}
	t.Parallel()
	s, _, _ := live(t, setup{ingest: ingesttest.Config{UDP: true}, publish: publish.Config{Transport: "udp"}}, 1000)
	time.Sleep(time.Second)
	if s.publisher.MediaAcked(time.Now(), time.Hour) {
		t.Error("UDP media counts as acknowledged before any report")
	}
	await(t, "a receiver report", 12*time.Second, func() bool { return s.publisher.MediaAcked(time.Now(), 2*time.Second) })
	time.Sleep(3 * time.Second)
	if !s.publisher.MediaAcked(time.Now(), 2*time.Second) {
		t.Error("between two reports the answers on the RTSP connection do not stand in")
	}
	o := s.publisher.Observe(time.Now())
	if o.Kernel || o.Loss != 0 || o.RTT <= 0 || o.RTT > 50*time.Millisecond {
		t.Errorf("observation %+v", o)
	}
	if sent := float64(1000+64) / 8 * 1000 * 10; float64(o.Acked) < sent/2 || float64(o.Acked) > sent*2 {
		t.Errorf("%d bytes reported", o.Acked)
	}
}

func TestTwoHundredSessionsLeaveNothingBehind(t *testing.T) {
	s := newStudio(t, setup{})
	s.publisher.SetMedia(mediaWithSound())
	cycle := func(n int) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.publisher.Run(ctx) }()
		await(t, "recording", 3*time.Second, func() bool { return s.publisher.Stats().Connected })
		s.publisher.Put(picture264(n, time.Duration(n)*time.Second, true, 3000))
		switch n % 4 {
		case 0:
			s.ingest.Reset()
		case 1:
			s.ingest.DropAll()
		}
		if n%4 < 2 {
			if err := <-done; err == nil {
				t.Fatal("a broken session ends without an error")
			}
			cancel()
			return
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	for n := range 8 {
		cycle(n)
	}
	settle := func() (int, int) {
		runtime.GC()
		time.Sleep(100 * time.Millisecond)
		return runtime.NumGoroutine(), openFiles(t)
	}
	goroutines, files := settle()
	for n := range 200 {
		cycle(n)
	}
	if g, f := settle(); g > goroutines+2 || f > files+2 {
		t.Errorf("goroutines %d -> %d, open files %d -> %d", goroutines, g, files, f)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("needs /proc to count open files: ", err)
	}
	return len(entries)
}

func TestAConnectionThatIsNoSocketStillCarriesAndIsSeenDead(t *testing.T) {
	cfg := setup{ingest: ingesttest.Config{ReadBuffer: 16 << 10}}
	cfg.publish.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return struct{ net.Conn }{conn}, err
	}
	s, ended, _ := live(t, cfg, 8000)
	if o := s.publisher.Observe(time.Now()); o.Kernel || !o.Connected {
		t.Errorf("observation %+v", o)
	}
	if s.publisher.MediaAcked(time.Now(), time.Hour) {
		t.Error("media counts as acknowledged although nobody can know")
	}
	s.ingest.Stall(true)
	select {
	case err := <-ended:
		t.Log(err)
	case <-time.After(8 * time.Second):
		t.Error("a dead peer is not noticed")
	}
}
