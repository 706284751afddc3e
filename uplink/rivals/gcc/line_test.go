package gcc

import (
	"context"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"studiobox/encoder/unit"
	"studiobox/uplink/linktest"
)

// patience is how long a test waits for what must happen on a slow machine.
const patience = 30 * time.Second

func TestPicturesCrossALineWithoutLossToTheByte(t *testing.T) {
	near, far := loopback(t)
	r := newRig(t, near, far)
	wait(t, "60 pictures that can be decoded", patience, func() bool {
		return len(r.pictures())-int(r.receiver.Stats().Undecodable) >= 60
	})
	last := -1
	for _, p := range r.pictures() {
		if !p.same || p.n <= last {
			t.Errorf("picture %d after %d, the same: %v", p.n, last, p.same)
		}
		last = p.n
	}
	wait(t, "a receiver report", patience, func() bool { return r.sender.Stats().Reports > 0 })
	if s := r.sender.Stats(); s.Feedback == 0 || s.BadFeedback > 0 {
		t.Errorf("feedback: %+v", s)
	}
}

func TestTheEncoderIsToldARateThatTheLineCarries(t *testing.T) {
	direction := linktest.Direction{Kbps: 600, Delay: 20 * time.Millisecond, Queue: 300 * time.Millisecond}
	_, near, far := emulated(t, linktest.Config{Up: direction, Down: linktest.Direction{Delay: 20 * time.Millisecond}})
	r := newRig(t, near, far)
	if first := r.sender.Stats().TargetKbps; first != testLimits.StartKbps {
		t.Errorf("starts at %d kbit/s", first)
	}
	wait(t, "a target below 600 kbit/s", patience, func() bool {
		r.encoder.mu.Lock()
		defer r.encoder.mu.Unlock()
		return r.encoder.kbps < 600 && r.encoder.kbps >= testLimits.FloorKbps
	})
}

func TestLostPacketsAreSentAgain(t *testing.T) {
	direction := linktest.Direction{Delay: 10 * time.Millisecond, Loss: linktest.Loss{Random: 0.1}}
	_, near, far := emulated(t, linktest.Config{Up: direction, Down: linktest.Direction{Delay: 10 * time.Millisecond}, Seed: 5})
	r := newRig(t, near, far)
	// Without repair seven pictures in a hundred are whole at four packets
	// each and one in ten lost, and 40 in a row never are.
	wait(t, "40 decodable pictures in a row", 2*patience, func() bool {
		run, last := 0, -1
		for _, p := range r.pictures() {
			if run++; p.n != last+1 || !p.decodable {
				run = 0
			}
			if last = p.n; run >= 40 {
				return true
			}
		}
		return false
	})
	if s := r.sender.Stats(); s.NACKs == 0 {
		t.Error("no packet was asked for")
	}
}

// filter is a socket that loses what it is told to.
type filter struct {
	net.Conn
	loses func(*rtp.Header) bool
}

func (f filter) Write(b []byte) (int, error) {
	var header rtp.Header
	if _, err := header.Unmarshal(b); err == nil && f.loses(&header) {
		return len(b), nil
	}
	return f.Conn.Write(b)
}

func TestAPictureThatIsLostForGoodLeadsToAKeyPicture(t *testing.T) {
	near, far := loopback(t)
	const lost = 20 // with all its repeats
	r := newRig(t, filter{near, func(h *rtp.Header) bool { return h.Timestamp == toTicks(lost*frameTime) }}, far)
	began := time.Now()
	healed := func() int {
		return slices.IndexFunc(r.pictures(), func(p got) bool { return p.key && p.n > lost })
	}
	wait(t, "a key picture after the loss", patience, func() bool { return healed() >= 0 })
	key := r.pictures()[healed()].n
	wait(t, "pictures after the key", patience, func() bool { all := r.pictures(); return all[len(all)-1].n > key+30 })
	undecodable := 0
	for _, p := range r.pictures() {
		if p.n == lost {
			t.Error("the lost picture came through: the test proves nothing")
		}
		if between := p.n > lost && p.n < key; between == p.decodable && p.n > 5 {
			t.Errorf("picture %d counts as decodable: %v; %d was lost and %d is the key", p.n, p.decodable, lost, key)
		} else if between {
			undecodable++
		}
	}
	if undecodable == 0 {
		t.Error("no picture between the lost one and the key")
	}
	s, q := r.sender.Stats(), r.receiver.Stats()
	if s.PLIs == 0 || q.PLIs > uint64(time.Since(began)/pliEvery)+1 {
		t.Errorf("%d requests for a key sent, %d heard, in %v", q.PLIs, s.PLIs, time.Since(began))
	}
	if made := r.encoder.keysMade(); made < 2 {
		t.Errorf("the encoder made %d key pictures", made)
	}
}

func TestAReceiverThatComesLaterGetsAKeyPicture(t *testing.T) {
	near, far := loopback(t)
	address := far.LocalAddr().String()
	far.Close()
	sender, err := NewSender(near, testLimits)
	if err != nil {
		t.Fatal(err)
	}
	encoder := newEncoder(testLimits.StartKbps)
	sender.OnKeyNeeded = encoder.forceKey
	keys := make(chan bool, 1)
	receiver := func() *Receiver {
		again, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { again.Close() })
		r := NewReceiver(again)
		r.OnUnit = func(u *unit.Unit, _ time.Time, decodable bool) {
			if u.Key && decodable {
				select {
				case keys <- true:
				default:
				}
			}
		}
		return r
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	start := func(run func(context.Context) error) {
		running.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	start(sender.Run)
	film := &rig{encoder: encoder, sender: sender, began: time.Now()}
	start(film.film)
	wait(t, "packets that nobody takes", patience, func() bool { return sender.Stats().FailedPackets > 3 })
	start(receiver().Run)
	select {
	case <-keys:
	case <-time.After(patience):
		t.Fatalf("no key picture: %+v", sender.Stats())
	}
}

func TestWhatIsNotOfTheStreamIsLeftOut(t *testing.T) {
	near, far := loopback(t)
	stranger, err := net.Dial("udp", far.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	other, _ := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: payloadType, SSRC: ssrc + 7}, Payload: []byte{1}}).Marshal()
	empty, _ := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: payloadType, SSRC: ssrc}}).Marshal()
	for _, junk := range [][]byte{{}, {0}, []byte("GET / HTTP/1.1\r\n"), other, empty, make([]byte, 1500)} {
		_, _ = stranger.Write(junk)
		_, _ = far.WriteTo(junk, near.LocalAddr())
	}
	r := newRig(t, near, far)
	wait(t, "30 pictures", patience, func() bool { return len(r.pictures()) >= 30 })
	wait(t, "feedback to the sender and not to the stranger", patience, func() bool { return r.sender.Stats().Feedback > 0 })
}

func TestASenderThatDoesNotRunDropsAndCounts(t *testing.T) {
	near, far := loopback(t)
	defer near.Close()
	defer far.Close()
	s, err := NewSender(near, testLimits)
	if err != nil {
		t.Fatal(err)
	}
	picture := newEncoder(1000).picture(0)
	s.Put(picture)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Errorf("a run that is over at once: %v", err)
	}
	s.Put(picture)
	s.Put(&unit.Unit{Track: unit.Audio, Frame: []byte{1}})
	if got := s.Stats(); got.Dropped != 2 || got.Units != 0 {
		t.Errorf("%+v", got)
	}
}

func TestNothingGoesOnAfterTheEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	near, far := loopback(t)
	t.Run("a while", func(t *testing.T) {
		r := newRig(t, near, far)
		wait(t, "some pictures", patience, func() bool { return len(r.pictures()) > 10 })
	})
	wait(t, "the pacer's last tick", patience, func() bool { return runtime.NumGoroutine() <= before })
}
