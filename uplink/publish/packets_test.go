package publish

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpmpeg4audio"
	"github.com/pion/rtp"

	"studiobox/encoder/unit"
)

// record is a wire that keeps what it carries.
type record struct {
	room    int
	packets [][]byte
}

func (r *record) next(_ *track, n int) ([]byte, error) {
	r.packets = append(r.packets, make([]byte, n))
	return r.packets[len(r.packets)-1], nil
}
func (r *record) flush() error                { return nil }
func (r *record) report(*track, []byte) error { return nil }
func (r *record) payload() int                { return r.room }
func (r *record) parsed(t *testing.T) (packets []*rtp.Packet) {
	t.Helper()
	for _, raw := range r.packets {
		packet := &rtp.Packet{}
		if err := packet.Unmarshal(raw); err != nil {
			t.Fatal(err)
		}
		packets = append(packets, packet)
	}
	return packets
}

func TestOnlyTheLastPacketOfAnAccessUnitBearsTheMarker(t *testing.T) {
	wire := &record{room: 100}
	tr := newTrack(unit.Video, unit.Format{Codec: unit.H264}, 96, 90000)
	u := &unit.Unit{Track: unit.Video, NALUs: [][]byte{{0x67, 1}, {}, append([]byte{0x65}, make([]byte, 350)...), {}}}
	if err := packetize(wire, tr, u); err != nil {
		t.Fatal(err)
	}
	packets := wire.parsed(t)
	if len(packets) != 5 {
		t.Fatalf("%d packets, want the parameter set and four fragments", len(packets))
	}
	for i, p := range packets {
		if p.Marker != (i == 4) {
			t.Errorf("packet %d: marker %v", i, p.Marker)
		}
		if p.SequenceNumber != packets[0].SequenceNumber+uint16(i) || p.Timestamp != packets[0].Timestamp {
			t.Errorf("packet %d: sequence %d, time %d", i, p.SequenceNumber, p.Timestamp)
		}
		if len(p.Payload) > 100 {
			t.Errorf("packet %d: payload of %d bytes", i, len(p.Payload))
		}
	}
}

func TestAnAACFrameTooLongForAPacketIsSplitUnderItsWholeSize(t *testing.T) {
	wire := &record{room: 500}
	tr := newTrack(unit.Audio, unit.Format{Codec: unit.AAC}, 97, 48000)
	frame := bytes.Repeat([]byte{7}, 1200)
	if err := packetize(wire, tr, &unit.Unit{Track: unit.Audio, Frame: frame}); err != nil {
		t.Fatal(err)
	}
	var whole []byte
	packets := wire.parsed(t)
	for i, p := range packets {
		if size := int(p.Payload[2])<<5 | int(p.Payload[3])>>3; size != len(frame) {
			t.Errorf("packet %d announces %d bytes", i, size)
		}
		if p.Marker != (i == len(packets)-1) {
			t.Errorf("packet %d: marker %v", i, p.Marker)
		}
		whole = append(whole, p.Payload[4:]...)
	}
	if !bytes.Equal(whole, frame) {
		t.Errorf("%d bytes arrive of %d", len(whole), len(frame))
	}
}

func TestAShortAACFrameIsWhatTheLibraryReads(t *testing.T) {
	wire := &record{room: 500}
	tr := newTrack(unit.Audio, unit.Format{Codec: unit.AAC}, 97, 48000)
	if err := packetize(wire, tr, &unit.Unit{Track: unit.Audio, Frame: []byte("frame")}); err != nil {
		t.Fatal(err)
	}
	decoder := rtpmpeg4audio.Decoder{SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3}
	frames, err := decoder.Decode(wire.parsed(t)[0])
	if err != nil || len(frames) != 1 || string(frames[0]) != "frame" {
		t.Errorf("%q, %v", frames, err)
	}
}

func TestG711IsSplitBetweenSamplesAndTimeGoesOn(t *testing.T) {
	wire := &record{room: 101}
	tr := newTrack(unit.Audio, unit.Format{Codec: unit.G711A, Channels: 2}, 97, 8000)
	if err := packetize(wire, tr, &unit.Unit{Track: unit.Audio, Frame: make([]byte, 250)}); err != nil {
		t.Fatal(err)
	}
	packets := wire.parsed(t)
	for i, want := range []struct{ bytes, after int }{{100, 0}, {100, 50}, {50, 100}} {
		if len(packets[i].Payload) != want.bytes || int(packets[i].Timestamp-packets[0].Timestamp) != want.after {
			t.Errorf("packet %d: %d bytes at +%d", i, len(packets[i].Payload), packets[i].Timestamp-packets[0].Timestamp)
		}
	}
}

func TestRTPTimeIsExactAfterDays(t *testing.T) {
	tr := newTrack(unit.Audio, unit.Format{Codec: unit.AAC}, 97, 44100)
	const days = 1000 * time.Hour
	for n := range int64(10) {
		pts := days + time.Duration(n)*1024*time.Second/44100
		want := tr.stamp(days) + uint32(n*1024)
		if got := tr.stamp(pts); got != want {
			t.Errorf("frame %d: %d ticks off", n, int32(got-want))
		}
	}
}

// loopback is a TCP connection whose far end reads everything.
func loopback(tb testing.TB) *control {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if conn, err := listener.Accept(); err == nil {
			_, _ = io.Copy(io.Discard, conn)
			conn.Close()
		}
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		conn.Close()
		listener.Close()
		<-done
	})
	s := newSocket(conn)
	return newControl(s, s)
}

// BenchmarkAccessUnit carries 6 Mbit/s-like units through queue, packets and
// socket. It must report 0 allocs/op.
func BenchmarkAccessUnit(b *testing.B) {
	q := newQueue(DefaultMaxAge)
	carrier := carrier{wire: newInterleaved(loopback(b)), tracks: []*track{newTrack(unit.Video, unit.Format{Codec: unit.H264}, 96, 90000)}}
	carrier.due = time.Now().Add(time.Hour) // sender reports allocate, once in two seconds
	u := &unit.Unit{Track: unit.Video, Key: true, Captured: time.Now(), NALUs: [][]byte{make([]byte, 25_000)}}
	u.NALUs[0][0] = 0x65
	q.restart(0)
	now := time.Now()
	packets := carrier.tracks[0].packets
	b.ReportAllocs()
	for b.Loop() {
		q.put(u, 0)
		if err := carrier.carry(q.begin(0), now); err != nil {
			b.Fatal(err)
		}
		q.done()
	}
	b.ReportMetric(float64(carrier.tracks[0].packets-packets)/float64(b.N), "packets/op")
}

// BenchmarkObserve asks queue and kernel as the rate loop does 20 times a
// second. It must report 0 allocs/op.
func BenchmarkObserve(b *testing.B) {
	p := observed(b)
	b.ReportAllocs()
	for b.Loop() {
		if o := p.Observe(time.Now()); !o.Kernel {
			b.Fatalf("%+v", o)
		}
	}
}

// observed is a publisher whose session has a loopback connection.
func observed(tb testing.TB) *Publisher {
	tb.Helper()
	p, err := New(Config{URL: "rtsp://127.0.0.1/live"}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	p.session = newSession(p)
	p.session.conn = loopback(tb)
	if _, err := p.session.conn.Write(make([]byte, 5000)); err != nil {
		tb.Fatal(err)
	}
	return p
}
