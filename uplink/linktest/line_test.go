package linktest

import (
	"context"
	"errors"
	"math"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// start makes a line and runs it to the end of the test.
func start(t *testing.T, cfg Config) *Line {
	t.Helper()
	line, err := New(cfg)
	if errors.Is(err, os.ErrPermission) || errors.Is(err, os.ErrNotExist) {
		t.Skipf("SKIPPED, needs root: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- line.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return line
}

// pair is a TCP connection over the line, as (near end, far end).
func pair(t *testing.T, line *Line) (*net.TCPConn, *net.TCPConn) {
	t.Helper()
	listener, err := line.Listen("tcp", line.FarAddr()+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	near, err := line.Dial(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near.(*net.TCPConn), far.(*net.TCPConn)
}

// pour writes zeros until the connection closes.
func pour(to net.Conn) {
	block := make([]byte, 16<<10)
	for {
		if _, err := to.Write(block); err != nil {
			return
		}
	}
}

// goodput reads for a while and returns kbit/s of payload.
func goodput(t *testing.T, from net.Conn, lasting time.Duration) float64 {
	t.Helper()
	began, bytes := time.Now(), 0
	block := make([]byte, 64<<10)
	_ = from.SetReadDeadline(began.Add(lasting))
	for time.Since(began) < lasting {
		n, err := from.Read(block)
		bytes += n
		if err != nil && !os.IsTimeout(err) {
			t.Fatal(err)
		}
	}
	return float64(bytes) * 8 / float64(time.Since(began)/time.Millisecond)
}

// payload is the share of a full packet that TCP carries (20 bytes of IP, 32
// of TCP with time stamps).
const payload = 1448.0 / 1500

func TestATCPTransferRunsAtTheLinesRate(t *testing.T) {
	for _, c := range []struct {
		kbps    int
		control string
	}{{1000, "cubic"}, {6000, "bbr"}, {6000, "cubic"}, {50000, "cubic"}} {
		line := start(t, Config{Up: Direction{Kbps: c.kbps, Delay: 10 * ms, Queue: time.Second}, Down: Direction{Delay: 10 * ms}})
		near_, far := pair(t, line)
		if err := setCongestion(near_, c.control); err != nil {
			t.Fatalf("%s: %v", c.control, err)
		}
		go pour(near_)
		goodput(t, far, time.Second) // slow start
		want := float64(c.kbps) * payload
		have := goodput(t, far, 2*time.Second)
		for range 2 { // TCP itself may pause, on a loaded machine more than elsewhere
			if math.Abs(have-want) > 0.05*want {
				have = goodput(t, far, 2*time.Second)
			}
		}
		near(t, c.control+" goodput", have, want, 0.05)
		line.Close()
	}
}

// roundTrips measures echoes of one datagram at a time.
func roundTrips(t *testing.T, line *Line, n int) []time.Duration {
	t.Helper()
	far, err := line.ListenPacket("udp", line.FarAddr()+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	go func() {
		var block [mtu]byte
		for {
			n, from, err := far.ReadFrom(block[:])
			if err != nil {
				return
			}
			_, _ = far.WriteTo(block[:n], from)
		}
	}()
	near, err := line.Dial(t.Context(), "udp", far.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	var trips []time.Duration
	for range n {
		began := time.Now()
		_, _ = near.Write([]byte("hello"))
		_ = near.SetReadDeadline(began.Add(2 * time.Second))
		if _, err := near.Read(make([]byte, 16)); err != nil {
			t.Fatal(err)
		}
		trips = append(trips, time.Since(began))
	}
	slices.Sort(trips)
	return trips
}

func TestARoundTripTakesBothDelays(t *testing.T) {
	line := start(t, Config{Up: Direction{Delay: 15 * ms}, Down: Direction{Delay: 25 * ms}})
	trips := roundTrips(t, line, 60)
	t.Logf("40 ms line: least %v, median %v, 95 %% %v", trips[0], trips[30], trips[57])
	if trips[0] < 40*ms {
		t.Errorf("least round trip %v is below the delay", trips[0])
	}
	if trips[6] > 42*ms { // a line that is slow is always slow, a busy machine is so at times
		t.Errorf("nine in ten round trips are above 40 ms by more than 2 ms: %v", trips[6])
	}
}

// flood sends datagrams of 1,000 bytes at 8 Mbit/s for a while.
func flood(t *testing.T, line *Line, lasting time.Duration, beside func()) {
	t.Helper()
	conn, err := line.Dial(t.Context(), "udp", line.FarAddr()+":9")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sent := 0
	for began := time.Now(); time.Since(began) < lasting; time.Sleep(ms) {
		for ; sent < int(time.Since(began)/ms); sent++ {
			_, _ = conn.Write(make([]byte, 1000)) // "refused" by the closed port
		}
		beside()
	}
}

func TestTheKernelSeesAStandingQueueOfTheBoundAsked(t *testing.T) {
	var mu sync.Mutex
	longest := time.Duration(0)
	line := start(t, Config{
		Up: Direction{Kbps: 4000, Delay: 5 * ms, Queue: 200 * ms}, Down: Direction{Delay: 5 * ms},
		OnTick: func(tick Tick) {
			mu.Lock()
			defer mu.Unlock()
			longest = max(longest, tick.Queue)
		},
	})
	near, _ := pair(t, line)
	flood(t, line, 1500*ms, func() { _, _ = near.Write([]byte{1}) })
	raw, _ := near.SyscallConn()
	var info *unix.TCPInfo
	_ = raw.Control(func(fd uintptr) { info, _ = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) })
	if rtt := time.Duration(info.Rtt) * time.Microsecond; rtt < 100*ms || rtt > 300*ms {
		t.Errorf("TCP_INFO tells a round trip of %v", rtt)
	}
	mu.Lock()
	defer mu.Unlock()
	if longest < 180*ms || longest > 280*ms {
		t.Errorf("the longest wait in a queue of 200 ms was %v", longest)
	}
	if line.Stats().Up.Dropped == 0 {
		t.Error("twice the rate passed without a drop")
	}
}

func TestANewRateTakesEffectAtOnce(t *testing.T) {
	line := start(t, Config{Up: Direction{Kbps: 6000, Queue: time.Second}})
	near_, far := datagrams(t, line)
	go send(near_, 8000, mtu, time.Second)
	time.Sleep(500 * ms)
	line.SetKbps(1500, -1)
	changed := time.Now()
	var gaps []float64 // ms between packets
	all := receive(t, far, time.Second)
	for i := range all {
		if after := all[i].at.Sub(changed); after > 20*ms && after < 320*ms {
			gaps = append(gaps, float64(all[i].at.Sub(all[i-1].at))/float64(ms))
		}
	}
	if len(gaps) < 10 {
		t.Fatalf("%d packets in the 300 ms after the step", len(gaps))
	}
	slices.Sort(gaps)
	near(t, "time between packets of 12 kbit at 1.5 Mbit/s", gaps[len(gaps)/2], 8, 0.05)
}

func TestNothingPassesABlackoutAndServiceComesBack(t *testing.T) {
	line := start(t, Config{Up: Direction{Kbps: 4000}})
	near, far := pair(t, line)
	go pour(near)
	goodput(t, far, 300*ms)
	line.SetBlackout(true)
	goodput(t, far, 100*ms) // what is in the receiver's socket already
	if kbps := goodput(t, far, 300*ms); kbps != 0 {
		t.Errorf("%.0f kbit/s came through a blackout", kbps)
	}
	line.SetBlackout(false)
	if kbps := goodput(t, far, time.Second); kbps < 1000 {
		t.Errorf("only %.0f kbit/s after a blackout of 400 ms", kbps)
	}
}

func TestDatagramsAreLostInTheFractionAsked(t *testing.T) {
	lost := func(seed uint64) uint64 {
		line := start(t, Config{Up: Direction{Loss: Loss{Random: 0.1}}, Seed: seed})
		far, err := line.ListenPacket("udp", line.FarAddr()+":0")
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		near, err := line.Dial(t.Context(), "udp", far.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer near.Close()
		for range 100 { // bursts that fit the device's queue of 500
			for range 20 {
				_, _ = near.Write(make([]byte, 1000))
			}
			time.Sleep(ms)
		}
		for began := time.Now(); time.Since(began) < 5*time.Second; time.Sleep(5 * ms) {
			if up := line.Stats().Up; up.Delivered+up.Lost+up.Dropped == 2000 {
				break
			}
		}
		return line.Stats().Up.Lost
	}
	first := lost(5)
	near(t, "packets lost", float64(first), 200, 0.25)
	if again := lost(5); again != first {
		t.Errorf("one seed lost %d and then %d packets", first, again)
	}
}

func TestTheTickLogTellsCapacityAndDelivery(t *testing.T) {
	var mu sync.Mutex
	var ticks []Tick
	line := start(t, Config{Up: Direction{Kbps: 3000}, OnTick: func(tick Tick) {
		mu.Lock()
		defer mu.Unlock()
		if tick.Way == Up {
			ticks = append(ticks, tick)
		}
	}})
	near_, far := pair(t, line)
	go pour(near_)
	goodput(t, far, 1500*ms)
	mu.Lock()
	defer mu.Unlock()
	if len(ticks) < 8 {
		t.Fatalf("%d ticks in 1.5 s", len(ticks))
	}
	var delivered []float64
	for _, tick := range ticks {
		near(t, "capacity", tick.CapacityKbps, 3000, 0.01)
		delivered = append(delivered, tick.DeliveredKbps)
	}
	slices.Sort(delivered)
	near(t, "median delivered", delivered[len(delivered)/2], 3000, 0.15)
}

func TestALineLeavesNothingBehind(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which closes forgotten files
	start(t, Config{}).Close()                       // warm: poller, template thread
	fds, goroutines := descriptors(t), runtime.NumGoroutine()
	for i := range 20 {
		line, err := New(Config{Up: Direction{Kbps: 1000}})
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			done := make(chan error, 1)
			go func() { done <- line.Run(context.Background()) }()
			conn, far := pair(t, line)
			conn.Close()
			far.Close()
			line.Close()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		line.Close()
	}
	for range 100 { // goroutines of closed connections and threads end in their own time
		if descriptors(t) <= fds && runtime.NumGoroutine() <= goroutines {
			return
		}
		time.Sleep(10 * ms)
	}
	t.Errorf("descriptors %d -> %d, goroutines %d -> %d", fds, descriptors(t), goroutines, runtime.NumGoroutine())
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestNoThreadStaysInANamespace(t *testing.T) {
	home, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	line := start(t, Config{})
	for range 20 {
		near, _ := pair(t, line)
		near.Close()
	}
	strangers := func() (n int) {
		tasks, _ := os.ReadDir("/proc/self/task")
		for _, task := range tasks {
			if ns, err := os.Readlink("/proc/self/task/" + task.Name() + "/ns/net"); err == nil && ns != home {
				n++
			}
		}
		return n
	}
	for range 100 {
		if strangers() == 0 {
			return
		}
		time.Sleep(10 * ms)
	}
	t.Errorf("%d threads are still in a foreign namespace", strangers())
}

func TestANameIsRefusedAndAnAddressInUseIsTold(t *testing.T) {
	line := start(t, Config{})
	if _, err := line.Dial(t.Context(), "tcp", "ingest.example:554"); err == nil || !strings.Contains(err.Error(), "numeric") {
		t.Errorf("a name: %v", err)
	}
	listener, err := line.Listen("tcp", line.FarAddr()+":8554")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if _, err := line.Listen("tcp", line.FarAddr()+":8554"); !strings.Contains(err.Error(), syscall.EADDRINUSE.Error()) {
		t.Errorf("an address in use: %v", err)
	}
	if err := line.Run(t.Context()); err == nil {
		t.Error("a line ran twice")
	}
}

func TestAClosedLineIsDialledInVain(t *testing.T) {
	line := start(t, Config{})
	go line.Close()
	for began := time.Now(); ; { // beside the closing, and after it
		conn, err := line.Dial(t.Context(), "udp", line.FarAddr()+":9")
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if time.Since(began) > 20*time.Second {
			t.Fatal(err)
		}
		if err == nil { // or the line has no devices any more
			conn.Close()
		}
	}
}

func TestARefusedConnectionIsToldOverTheLine(t *testing.T) {
	line := start(t, Config{})
	conn, err := line.Dial(t.Context(), "tcp", line.FarAddr()+":9")
	if err == nil {
		conn.Close()
	}
	if err == nil || !strings.Contains(err.Error(), syscall.ECONNREFUSED.Error()) {
		t.Errorf("a closed port: %v", err)
	}
}
