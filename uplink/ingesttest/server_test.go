package ingesttest_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"studiobox/encoder/unit"
	"studiobox/uplink/ingesttest"
)

// box is a running ingest with what came in.
type box struct {
	*ingesttest.Server
	stop func() error

	mu    sync.Mutex
	units []*unit.Unit
	media []unit.Media
	ends  int
}

func open(t *testing.T, cfg ingesttest.Config) *box {
	t.Helper()
	b := &box{Server: ingesttest.New(cfg)}
	b.OnUnit = func(_ string, u *unit.Unit) { b.locked(func() { b.units = append(b.units, u) }) }
	b.OnMedia = func(_ string, m unit.Media) { b.locked(func() { b.media = append(b.media, m) }) }
	b.OnEnd = func(string) { b.locked(func() { b.ends++ }) }
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	b.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := b.stop(); err != nil {
			t.Error(err)
		}
	})
	<-b.Ready()
	return b
}

func (b *box) locked(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

func (b *box) count() (n int) {
	b.locked(func() { n = len(b.units) })
	return n
}

func await(t *testing.T, what string, within time.Duration, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Fatalf("%s: not within %v", what, within)
}

// push lets ffmpeg publish a test picture with a tone until the test ends.
func push(t *testing.T, address, transport string) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("needs ffmpeg: apt install ffmpeg")
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25", "-f", "lavfi", "-i", "sine=sample_rate=48000",
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac",
		"-f", "rtsp", "-rtsp_transport", transport, address)
	var complaints bytes.Buffer
	c.Stderr = &complaints
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = c.Wait()
		if t.Failed() {
			t.Log("ffmpeg: ", complaints.String())
		}
	})
}

func TestFFmpegsUnitsComeOutWholeAndOnOneTimeline(t *testing.T) {
	for _, transport := range []string{"tcp", "udp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			b := open(t, ingesttest.Config{UDP: true, User: "box", Password: "s:e/cret@"})
			push(t, b.URL("live"), transport)
			await(t, "units", 15*time.Second, func() bool { return b.count() > 150 })
			b.mu.Lock()
			defer b.mu.Unlock()
			if m := b.media[0]; m.Video.Codec != unit.H264 || m.Audio == nil || m.Audio.Codec != unit.AAC || m.Audio.SampleRate != 48000 {
				t.Errorf("announced %+v", m)
			}
			var last [2]time.Duration
			for i, u := range b.units {
				if i > 1 && last[u.Track] != 0 && u.PTS <= last[u.Track] {
					t.Errorf("%v unit %d at %v after %v", u.Track, i, u.PTS, last[u.Track])
				}
				last[u.Track] = u.PTS
				if u.Key && (len(u.NALUs) < 3 || u.NALUs[0][0]&0x1f != 7 && u.NALUs[0][0]&0x1f != 6) {
					t.Errorf("key unit %d has %d NAL units and begins with type %d", i, len(u.NALUs), u.NALUs[0][0]&0x1f)
				}
			}
			if apart := (last[unit.Video] - last[unit.Audio]).Abs(); apart > 400*time.Millisecond {
				t.Errorf("sound and picture are %v apart", apart)
			}
			if s := b.Stats(); !s.Publishing || s.Kbps == 0 || s.FPS < 15 || s.FPS > 35 || s.LostPackets+s.BadPackets > 0 {
				t.Errorf("figures %+v", s)
			}
		})
	}
}

func TestANewerPublisherTakesThePathOver(t *testing.T) {
	t.Parallel()
	b := open(t, ingesttest.Config{})
	push(t, b.URL("live"), "tcp")
	await(t, "units of the first", 10*time.Second, func() bool { return b.count() > 0 })
	push(t, b.URL("live"), "tcp")
	await(t, "the second instead of the first", 10*time.Second, func() (over bool) {
		b.locked(func() { over = len(b.media) == 2 && b.ends == 1 })
		return over
	})
}

func TestAnIngestEndsInTimeAlthoughItIsStalled(t *testing.T) {
	t.Parallel()
	b := open(t, ingesttest.Config{})
	push(t, b.URL("live"), "tcp")
	await(t, "units", 10*time.Second, func() bool { return b.count() > 0 })
	b.Stall(true)
	before := b.count()
	time.Sleep(300 * time.Millisecond)
	if n := b.count() - before; n > 1 {
		t.Errorf("%d units arrived during the stall", n)
	}
	at := time.Now()
	if err := b.stop(); err != nil || time.Since(at) > time.Second {
		t.Errorf("ended with %v after %v", err, time.Since(at))
	}
}

func TestARefusingIngestResetsNewConnectionsOnly(t *testing.T) {
	b := open(t, ingesttest.Config{})
	kept, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	await(t, "the connection", time.Second, func() bool { return b.Stats().Connections == 1 })
	b.Refuse(true)
	if answer(t, b.Addr(), nil) != nil {
		t.Error("a refusing ingest answers")
	}
	if _, err := kept.Write([]byte("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")); err != nil {
		t.Error(err)
	}
	_ = kept.SetReadDeadline(time.Now().Add(time.Second))
	if _, err := kept.Read(make([]byte, 100)); err != nil {
		t.Errorf("a connection from before is refused: %v", err)
	}
	b.Refuse(false)
	if answer(t, b.Addr(), nil) == nil {
		t.Error("an ingest that accepts again does not answer")
	}
}

func TestASelfSignedCertificateIsTrustedByItsPool(t *testing.T) {
	certificate, pool, err := ingesttest.SelfSigned("127.0.0.1", "localhost")
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, ingesttest.Config{TLS: &tls.Config{Certificates: []tls.Certificate{certificate}}})
	if !strings.HasPrefix(b.URL("live"), "rtsps://127.0.0.1:") {
		t.Errorf("address %s", b.URL("live"))
	}
	if answer(t, b.Addr(), &tls.Config{RootCAs: pool}) == nil {
		t.Error("no answer over TLS")
	}
}

// answer asks for OPTIONS on a new connection; nil when none comes.
func answer(t *testing.T, address string, secure *tls.Config) []byte {
	t.Helper()
	dialer := &net.Dialer{Timeout: time.Second}
	var conn net.Conn
	var err error
	if secure != nil {
		conn, err = tls.DialWithDialer(dialer, "tcp", address, secure)
	} else {
		conn, err = dialer.Dial("tcp", address)
	}
	if err != nil {
		var alert *tls.CertificateVerificationError
		if errors.As(err, &alert) {
			t.Error(err)
		}
		return nil
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	_, _ = conn.Write([]byte("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"))
	reply := make([]byte, 100)
	n, err := conn.Read(reply)
	if err != nil {
		return nil
	}
	return reply[:n]
}
