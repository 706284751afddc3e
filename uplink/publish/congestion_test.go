package publish_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"studiobox/uplink/ingesttest"
	"studiobox/uplink/link"
	"studiobox/uplink/linktest"
	"studiobox/uplink/publish"
	"studiobox/uplink/rate"
)

// steady carries a fixed rate over a line of 4 Mbit/s and returns what was seen
// every 10 ms after the first two seconds, and the connection.
func steady(t *testing.T, congestion string, kbps int, up linktest.Direction, lasts time.Duration) (seen []rate.Observation, conn *net.TCPConn) {
	t.Helper()
	if err := linktest.Available(); err != nil {
		t.Skip("SKIPPED LOUDLY, needs an emulated line: ", err)
	}
	line, err := linktest.New(linktest.Config{Up: up, Down: linktest.Direction{Delay: up.Delay}, Seed: 7})
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
	s := newStudio(t, setup{
		ingest: ingesttest.Config{Listener: listener},
		publish: publish.Config{Congestion: congestion, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			made, err := line.Dial(ctx, network, address)
			if err == nil {
				conn = made.(*net.TCPConn)
			}
			return made, err
		}},
	})
	var e encoder
	s.publisher.OnKeyNeeded = func() { e.asked.Store(true) }
	s.publisher.SetMedia(media264())
	s.publisher.SetPacing(kbps * 3 / 2)
	e.film(t, s.publisher, kbps)
	s.start()
	await(t, "media", 10*time.Second, func() bool { return len(s.got()) > 60 })
	for end := time.Now().Add(lasts); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		seen = append(seen, s.publisher.Observe(time.Now()))
	}
	return seen, conn
}

// ages are the sorted ages of the queue.
func ages(seen []rate.Observation) (sorted []time.Duration) {
	for _, o := range seen {
		sorted = append(sorted, o.QueueAge)
	}
	slices.Sort(sorted)
	return sorted
}

// goodput is the kbit/s delivered between the first and the last observation.
func goodput(seen []rate.Observation) float64 {
	first, last := seen[0], seen[len(seen)-1]
	return float64(last.Delivered-first.Delivered) * 8 / 1000 / (last.Now - first.Now).Seconds()
}

func TestEitherCongestionControlKeepsTheQueueShortBelowTheLinesRate(t *testing.T) {
	for _, congestion := range []string{"bbr", "cubic"} {
		t.Run(congestion, func(t *testing.T) {
			t.Parallel()
			up := linktest.Direction{Kbps: 4000, Delay: 40 * time.Millisecond, Queue: 300 * time.Millisecond}
			seen, conn := steady(t, congestion, 3000, up, 8*time.Second)
			raw, err := conn.SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			var name string
			var info *unix.TCPInfo
			if err := raw.Control(func(fd uintptr) {
				name, _ = unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION)
				info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
			}); err != nil {
				t.Fatal(err)
			}
			if err != nil || name != congestion || info.Max_pacing_rate != 4500*1000/8 {
				t.Errorf("%s is used and paced at %d bytes/s, %v", name, info.Max_pacing_rate, err)
			}
			sorted := ages(seen)
			median := sorted[len(sorted)/2]
			t.Logf("queue age median %v, p95 %v; %.0f kbit/s delivered", median, sorted[len(sorted)*95/100], goodput(seen))
			if median > 100*time.Millisecond {
				t.Errorf("the queue is %v old", median)
			}
			var most uint64
			for _, o := range seen {
				if !o.Kernel || o.Cwnd == 0 || o.Delivered < most || o.Delivered < o.Acked || o.Delivered > o.Acked+1<<20 {
					t.Fatalf("observation %+v after %d were delivered", o, most)
				}
				most = o.Delivered
			}
		})
	}
}

func TestOnACrowdedLineTheConnectionCompetesUntilItIsAlone(t *testing.T) {
	var dialled atomic.Pointer[net.TCPConn]
	s := newStudio(t, setup{publish: publish.Config{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		made, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil {
			dialled.Store(made.(*net.TCPConn))
		}
		return made, err
	}}})
	s.publisher.SetMedia(media264())
	s.start()
	await(t, "a session", 10*time.Second, func() bool { return s.publisher.Observe(time.Now()).Connected })
	raw, err := dialled.Load().SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	alone := link.Congestion(raw)
	if alone == "cubic" {
		t.Skip("SKIPPED LOUDLY, this kernel offers no BBR to change from")
	}
	for _, step := range []struct {
		crowded bool
		want    string
	}{{true, "cubic"}, {false, alone}} {
		s.publisher.SetCrowded(step.crowded)
		await(t, step.want, 5*time.Second, func() bool { return link.Congestion(raw) == step.want })
	}
}

func TestDeliveredGoesOnWhileALostPacketHoldsUpTheAcknowledgements(t *testing.T) {
	up := linktest.Direction{Kbps: 4000, Delay: 60 * time.Millisecond, Loss: linktest.Loss{Random: 0.04}}
	seen, _ := steady(t, "", 2500, up, 6*time.Second)
	ahead, rose := 0, 0
	for i, o := range seen[1:] {
		if o.Delivered > o.Acked {
			ahead++
		}
		if last := seen[i]; o.Acked == last.Acked && o.Delivered > last.Delivered {
			rose++
		}
	}
	t.Logf("of %d observations %d are ahead of the acknowledgements, %d rose while those stood", len(seen), ahead, rose)
	if ahead < len(seen)/20 || rose < len(seen)/50 {
		t.Errorf("delivered is no more than acknowledged: ahead %d, rose %d of %d", ahead, rose, len(seen))
	}
}

// TestCongestionFigures prints what either congestion control makes of a line
// that loses packets, and what BBR's search for the least round trip looks like.
func TestCongestionFigures(t *testing.T) {
	if os.Getenv("STUDIOBOX_BENCH") == "" {
		t.Skip("set STUDIOBOX_BENCH=1: takes a minute of a quiet machine")
	}
	for _, congestion := range []string{"bbr", "cubic"} {
		for _, loss := range []float64{0, 0.02, 0.05} {
			up := linktest.Direction{Kbps: 4000, Delay: 40 * time.Millisecond, Loss: linktest.Loss{Random: loss}}
			seen, _ := steady(t, congestion, 3800, up, 20*time.Second)
			sorted := ages(seen)
			t.Logf("FIGURE %s, loss %.0f %%: %.0f kbit/s of 4000, queue age median %v p95 %v max %v; %s", congestion, 100*loss,
				goodput(seen), sorted[len(sorted)/2], sorted[len(sorted)*95/100], sorted[len(sorted)-1], windows(seen))
		}
	}
	up := linktest.Direction{Kbps: 4000, Delay: 40 * time.Millisecond}
	seen, _ := steady(t, "bbr", 3000, up, 22*time.Second)
	for i, o := range seen[1:] {
		if o.Cwnd != seen[i].Cwnd {
			t.Logf("at %v: cwnd %d, in flight %d, queue %v", o.Now.Round(time.Millisecond), o.Cwnd, o.InFlight, o.QueueAge.Round(time.Millisecond))
		}
	}
}

// windows tells how smooth the delivery was and what held it back: kbit/s in
// stretches of 200 ms, and the share of observations with the window full.
func windows(seen []rate.Observation) string {
	var kbps []float64
	full := 0
	for i, o := range seen {
		if o.InFlight > o.Cwnd*8/10 {
			full++
		}
		if i >= 20 && i%20 == 0 {
			kbps = append(kbps, goodput(seen[i-20:i+1]))
		}
	}
	slices.Sort(kbps)
	return fmt.Sprintf("200 ms windows: least %.0f, p10 %.0f, median %.0f, p90 %.0f; window full %d %%",
		kbps[0], kbps[len(kbps)/10], kbps[len(kbps)/2], kbps[len(kbps)*9/10], 100*full/len(seen))
}
