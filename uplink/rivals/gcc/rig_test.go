package gcc

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"studiobox/encoder/unit"
	"studiobox/uplink/linktest"
	"studiobox/uplink/rate"
)

const frameTime = time.Second / 30

// encoder is a source of pictures that obeys rate and key requests: 30 a
// second, a key picture four times as large as others, sizes scattered by a
// quarter, as real ones are.
type encoder struct {
	mu     sync.Mutex
	kbps   int
	key    bool
	keys   int
	debt   float64 // bytes made beyond the rate, for the next pictures to save
	random *rand.Rand
}

func newEncoder(kbps int) *encoder {
	return &encoder{kbps: kbps, key: true, random: rand.New(rand.NewPCG(1, 2))}
}

func (e *encoder) setKbps(kbps int) { e.mu.Lock(); e.kbps = kbps; e.mu.Unlock() }
func (e *encoder) forceKey()        { e.mu.Lock(); e.key = true; e.mu.Unlock() }
func (e *encoder) keysMade() int    { e.mu.Lock(); defer e.mu.Unlock(); return e.keys }

// picture is the n-th one.
func (e *encoder) picture(n int) *unit.Unit {
	e.mu.Lock()
	defer e.mu.Unlock()
	fair := float64(e.kbps) * wireShare * 1000 / 8 / 30
	size := fair * (0.75 + e.random.Float64()/2)
	u := &unit.Unit{PTS: time.Duration(n) * frameTime, Captured: time.Now()}
	kind := byte(0x41)
	if e.key || n%300 == 0 {
		u.Key, e.key, kind, size = true, false, 0x65, 4*fair
		u.NALUs = [][]byte{{0x67, 1, 2, 3}, {0x68, 4}}
		e.keys++
	}
	if !u.Key {
		size -= min(max(e.debt, -0.3*fair), 0.3*fair)
	}
	e.debt = min(max(-fair, e.debt+size-fair), 3*fair)
	body := make([]byte, max(40, int(size)))
	for i := range body {
		body[i] = byte(1 + e.random.IntN(250)) // no zeros: no start codes
	}
	copy(body, []byte{kind, byte(1 + n/10_000), byte(1 + n/100%100), byte(1 + n%100)})
	u.NALUs = append(u.NALUs, body)
	return u
}

// got is a picture that came out at the far end.
type got struct {
	n         int // which of the encoder's
	at        time.Time
	delay     time.Duration
	bytes     int
	key       bool
	decodable bool
	same      bool // to the byte
}

// rig is an encoder, a sender and a receiver.
type rig struct {
	encoder  *encoder
	sender   *Sender
	receiver *Receiver
	began    time.Time

	mu      sync.Mutex
	filmed  []*unit.Unit
	arrived []got
}

var testLimits = rate.Limits{FloorKbps: 300, CeilingKbps: 6000, StartKbps: 1000}

// newRig runs all three until the test's end, over a connected socket and one
// that it is connected to.
func newRig(t testing.TB, near net.Conn, far net.PacketConn) *rig {
	t.Helper()
	sender, err := NewSender(near, testLimits)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{encoder: newEncoder(testLimits.StartKbps), sender: sender, receiver: NewReceiver(far), began: time.Now()}
	sender.OnTarget, sender.OnKeyNeeded = r.encoder.setKbps, r.encoder.forceKey
	r.receiver.OnUnit = r.take
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, run := range []func(context.Context) error{sender.Run, r.receiver.Run, r.film} {
		running.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { cancel(); running.Wait(); near.Close(); far.Close() })
	return r
}

func (r *rig) film(ctx context.Context) error {
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(r.began.Add(time.Duration(n) * frameTime))):
		}
		u := r.encoder.picture(n)
		r.mu.Lock()
		r.filmed = append(r.filmed, u)
		r.mu.Unlock()
		r.sender.Put(u)
	}
}

// take is told of a picture, whose number is in it.
func (r *rig) take(u *unit.Unit, at time.Time, decodable bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body := u.NALUs[len(u.NALUs)-1]
	n := int(body[1]-1)*10_000 + int(body[2]-1)*100 + int(body[3]-1)
	sent := r.filmed[n]
	r.arrived = append(r.arrived, got{
		n: n, at: at, delay: at.Sub(sent.Captured), bytes: u.Size(), key: u.Key, decodable: decodable,
		same: u.Key == sent.Key && slices.EqualFunc(u.NALUs, sent.NALUs, bytes.Equal),
	})
}

func (r *rig) pictures() []got {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.arrived)
}

// wait waits until a condition holds.
func wait(t testing.TB, what string, limit time.Duration, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
}

// loopback is a socket and one connected to it.
func loopback(t testing.TB) (net.Conn, net.PacketConn) {
	t.Helper()
	far, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	near, err := net.Dial("udp", far.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	return near, far
}

// emulated is a line with its sockets.
func emulated(t testing.TB, cfg linktest.Config) (*linktest.Line, net.Conn, net.PacketConn) {
	t.Helper()
	line, err := linktest.New(cfg)
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
	far, err := line.ListenPacket("udp", line.FarAddr()+":0")
	if err != nil {
		t.Fatal(err)
	}
	near, err := line.Dial(context.Background(), "udp", far.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	return line, near, far
}
