package publish_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"studiobox/encoder/unit"
	"studiobox/uplink/ingesttest"
	"studiobox/uplink/publish"
)

// feed puts pictures and sound at the given rate until the test ends; a key
// unit comes every 400 ms.
func (s *studio) feed(kbps int) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	s.t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		const frame = 40 * time.Millisecond
		ticker := time.NewTicker(frame)
		defer ticker.Stop()
		begin := time.Now()
		for n := 0; ; n++ {
			at := time.Since(begin)
			s.publisher.Put(picture264(n, at, n%10 == 0, kbps*int(frame.Milliseconds())/8))
			s.publisher.Put(sound(n, at, 320))
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
		}
	}()
}

func mediaWithSound() unit.Media {
	media := media264()
	media.Audio = &unit.Format{Codec: unit.G711A, SampleRate: 8000, Channels: 1}
	return media
}

// live is a studio that records and whose ingest has got media.
func live(t *testing.T, cfg setup, kbps int) (s *studio, ended <-chan error, stop func()) {
	t.Helper()
	s = newStudio(t, cfg)
	s.publisher.SetMedia(mediaWithSound())
	s.feed(kbps)
	ended, stop = s.start()
	await(t, "media at the ingest", 4*time.Second, func() bool { return len(s.got()) > 5 })
	return s, ended, stop
}

func TestAStalledIngestIsKnownDeadInTwoSeconds(t *testing.T) {
	server, client := secured(t)
	for name, cfg := range map[string]setup{
		"rtsp":  {ingest: ingesttest.Config{ReadBuffer: 16 << 10}},
		"rtsps": {ingest: ingesttest.Config{ReadBuffer: 16 << 10, TLS: server}, publish: publish.Config{TLS: client}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, ended, _ := live(t, cfg, 4000)
			await(t, "an acknowledgement", time.Second, func() bool { return s.publisher.MediaAcked(time.Now(), time.Second) })
			s.ingest.Stall(true)
			var last time.Time // of an acknowledgement: what buffers still took
			var oldest time.Duration
			for alive := true; alive; {
				select {
				case err := <-ended:
					if !errors.Is(err, publish.ErrDead) {
						t.Fatalf("ended with %v", err)
					}
					alive = false
				case <-time.After(10 * time.Millisecond):
					stats := s.publisher.Stats()
					last = stats.LastAck
					oldest = max(oldest, stats.QueueAge)
				}
			}
			if took := time.Since(last); took < 1900*time.Millisecond || took > 2300*time.Millisecond {
				t.Errorf("known dead %v after the last acknowledgement", took)
			}
			stats := s.publisher.Stats()
			if stats.DroppedVideo == 0 || stats.DroppedAudio > stats.DroppedVideo {
				t.Errorf("dropped %d pictures and %d sounds", stats.DroppedVideo, stats.DroppedAudio)
			}
			if oldest > publish.DefaultMaxAge+deadKernelBacklog {
				t.Errorf("a unit has waited %v", oldest)
			}
			if s.publisher.MediaAcked(time.Now(), 1900*time.Millisecond) {
				t.Error("media still counts as acknowledged")
			}
		})
	}
}

// deadKernelBacklog is how much longer than the queue's bound the one unit may
// wait that was under way when the line died, until the line is known dead.
const deadKernelBacklog = 2500 * time.Millisecond

func TestADropWithoutALaterKeyUnitAsksForOne(t *testing.T) {
	t.Parallel()
	s := newStudio(t, setup{ingest: ingesttest.Config{ReadBuffer: 16 << 10}, publish: publish.Config{MaxAge: time.Second}})
	began := time.Now()
	s.publisher.SetMedia(media264())
	s.publisher.Put(picture264(0, 0, true, 1000))
	s.start()
	await(t, "the first picture", 3*time.Second, func() bool { return len(s.got()) == 1 })
	s.ingest.Stall(true)
	for n := range 60 { // 1.5 s, and more than any buffer takes
		s.publisher.Put(picture264(n+1, time.Duration(n)*25*time.Millisecond, false, 200_000))
		time.Sleep(25 * time.Millisecond)
	}
	if s.publisher.Stats().DroppedVideo == 0 {
		t.Fatal("nothing was dropped")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// At the start, and after the drop; again for each second that it takes,
	// and once when a line that seemed silent is heard again.
	if most := 2 + int(time.Since(began)/time.Second); s.keyAsked < 2 || s.keyAsked > most {
		t.Errorf("asked %d times for a key unit", s.keyAsked)
	}
}

func TestAResetEndsTheSessionAtOnce(t *testing.T) {
	s, ended, _ := live(t, setup{}, 1000)
	at := time.Now()
	s.ingest.Reset()
	err := <-ended
	if !errors.Is(err, publish.ErrClosed) {
		t.Errorf("ended with %v", err)
	}
	if took := time.Since(at); took > 300*time.Millisecond {
		t.Errorf("took %v", took)
	}
}

func TestAnIngestThatClosesInOrderEndsTheSessionAtOnce(t *testing.T) {
	s, ended, _ := live(t, setup{}, 1000)
	at := time.Now()
	s.ingest.DropAll()
	if err := <-ended; !errors.Is(err, publish.ErrClosed) || time.Since(at) > 300*time.Millisecond {
		t.Errorf("ended with %v after %v", err, time.Since(at))
	}
}

func TestWhatIsWrongIsToldApart(t *testing.T) {
	server, _ := secured(t)
	closed := listen(t)
	closed.Close()
	cases := map[string]struct {
		setup
		want  error
		spoil func(*studio)
	}{
		"closed port":         {setup{publish: publish.Config{URL: "rtsp://" + closed.Addr().String() + "/live/secretkey"}}, publish.ErrRefused, nil},
		"refusing ingest":     {setup{}, publish.ErrRefused, func(s *studio) { s.ingest.Refuse(true) }},
		"wrong password":      {setup{ingest: ingesttest.Config{User: "box", Password: "right"}, publish: publish.Config{URL: "rtsp://box:wrongpass@HOST/live/secretkey"}}, publish.ErrAuth, nil},
		"no password":         {setup{ingest: ingesttest.Config{User: "box", Password: "right"}, publish: publish.Config{URL: "rtsp://HOST/live/secretkey"}}, publish.ErrAuth, nil},
		"unknown path":        {setup{ingest: ingesttest.Config{Paths: []string{"live/other"}}, path: "live/secretkey"}, publish.ErrNotFound, nil},
		"refused codec":       {setup{ingest: ingesttest.Config{RefuseCodecs: []unit.Codec{unit.H264}}}, publish.ErrCodec, nil},
		"no UDP there":        {setup{publish: publish.Config{Transport: "udp"}}, publish.ErrTransport, nil},
		"untrusted":           {setup{ingest: ingesttest.Config{TLS: server}}, publish.ErrTLS, nil},
		"TLS at a web server": {setup{publish: publish.Config{URL: "rtsps://" + speaks(t, "HTTP/1.1 400 Bad Request\r\n\r\n") + "/live/secretkey"}}, publish.ErrNotRTSP, nil},
		"plain at a TLS port": {setup{ingest: ingesttest.Config{TLS: server}, publish: publish.Config{URL: "rtsp://HOST/live/secretkey"}}, publish.ErrRefused, nil},
		"web server":          {setup{publish: publish.Config{URL: "rtsp://" + speaks(t, "HTTP/1.1 400 Bad Request\r\n\r\n") + "/live/secretkey"}}, publish.ErrNotRTSP, nil},
		"silent server":       {setup{publish: publish.Config{URL: "rtsp://" + speaks(t, "") + "/live/secretkey"}}, publish.ErrDead, nil},
		"silent TLS server":   {setup{publish: publish.Config{URL: "rtsps://" + speaks(t, "") + "/live/secretkey"}}, publish.ErrDead, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStudio(t, c.setup)
			if c.spoil != nil {
				c.spoil(s)
			}
			s.publisher.SetMedia(media264())
			at := time.Now()
			ended, _ := s.start()
			err := <-ended
			if took := time.Since(at); took > 4*time.Second {
				t.Errorf("took %v", took)
			}
			for range 3 { // on a machine that is busy otherwise a step may time out
				if errors.Is(err, publish.ErrDead) && !errors.Is(c.want, publish.ErrDead) {
					ended, _ = s.start()
					err = <-ended
				}
			}
			if !errors.Is(err, c.want) {
				t.Fatalf("ended with %v, want %v", err, c.want)
			}
			for _, secret := range []string{"secretkey", "wrongpass", "right", "\n"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells %q: %v", secret, err)
				}
			}
		})
	}
}

// speaks is a server that answers whatever it is asked with the same words.
func speaks(t *testing.T, words string) string {
	listener := listen(t)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			go func() {
				if _, err := conn.Read(make([]byte, 4096)); err == nil {
					_, _ = conn.Write([]byte(words))
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func TestATakenPathIsBusyUntilItIsFree(t *testing.T) {
	first, _, stop := live(t, setup{ingest: ingesttest.Config{SingleSession: true}}, 500)
	second, err := publish.New(publish.Config{URL: first.ingest.URL("live/ring")}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	second.SetMedia(media264())
	if err := second.Run(t.Context()); !errors.Is(err, publish.ErrBusy) {
		t.Fatalf("ended with %v", err)
	}
	stop()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		err := second.Run(ctx)
		for errors.Is(err, publish.ErrBusy) {
			time.Sleep(10 * time.Millisecond)
			err = second.Run(ctx)
		}
		done <- err
	}()
	await(t, "recording on the freed path", time.Second, func() bool { return second.Stats().Connected })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// undead is a connection whose end never reaches the peer, as when a modem
// lost its cell: closing it is felt on this side only.
type undead struct{ *net.TCPConn }

func (c undead) Close() error      { return c.SetDeadline(time.Unix(1, 0)) }
func (undead) SetLinger(int) error { return nil }

func TestAStaleSessionAtTheIngestIsTornDown(t *testing.T) {
	var dials atomic.Int32
	cfg := setup{ingest: ingesttest.Config{SingleSession: true, ReadBuffer: 16 << 10, User: "box", Password: "pass"}}
	cfg.publish.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil && dials.Add(1) == 1 {
			t.Cleanup(func() { conn.Close() })
			return undead{conn.(*net.TCPConn)}, nil
		}
		return conn, err
	}
	s, ended, _ := live(t, cfg, 4000)
	s.ingest.Stall(true)
	if err := <-ended; !errors.Is(err, publish.ErrDead) {
		t.Fatalf("ended with %v", err)
	}
	s.ingest.Stall(false)
	before := len(s.got())
	at := time.Now()
	s.start()
	await(t, "media in a new session", 3*time.Second, func() bool {
		return s.publisher.Stats().Sessions == 2 && len(s.got()) > before+5
	})
	if took := time.Since(at); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	if dials.Load() != 4 { // the dead one, a refused one, TEARDOWN's, the new one
		t.Errorf("%d connections", dials.Load())
	}
}

func TestStoppingEndsWithinASecondWhateverThePeerDoes(t *testing.T) {
	server, client := secured(t)
	peers := map[string]func(*studio){
		"alive":   func(*studio) {},
		"stalled": func(s *studio) { s.ingest.Stall(true); time.Sleep(150 * time.Millisecond) },
	}
	for name, cfg := range map[string]setup{
		"rtsp":  {ingest: ingesttest.Config{ReadBuffer: 8 << 10}},
		"rtsps": {ingest: ingesttest.Config{ReadBuffer: 8 << 10, TLS: server}, publish: publish.Config{TLS: client}},
		"udp":   {ingest: ingesttest.Config{UDP: true}, publish: publish.Config{Transport: "udp"}},
	} {
		for state, spoil := range peers {
			t.Run(name+" "+state, func(t *testing.T) {
				t.Parallel()
				var took []time.Duration
				s := newStudio(t, cfg)
				s.publisher.SetMedia(mediaWithSound())
				s.feed(4000)
				for range 20 {
					before := len(s.got())
					ended, stop := s.start()
					await(t, "media", 3*time.Second, func() bool { return len(s.got()) > before+2 })
					spoil(s)
					at := time.Now()
					stop()
					if err := <-ended; err != nil {
						t.Errorf("ended with %v", err)
					}
					took = append(took, time.Since(at))
					s.ingest.Stall(false)
				}
				slices.Sort(took)
				t.Logf("stop: median %v, p95 %v, max %v", took[10], took[18], took[19])
				if took[19] > time.Second {
					t.Errorf("stopping took up to %v", took[19])
				}
				if state == "alive" {
					await(t, "20 sessions torn down in order", 5*time.Second, func() bool { return s.ingest.Stats().Teardowns == 20 })
				}
			})
		}
	}
}

func TestStoppingDuringTheHandshakeEndsAtOnce(t *testing.T) {
	s := newStudio(t, setup{publish: publish.Config{URL: "rtsp://" + speaks(t, "") + "/live"}})
	s.publisher.SetMedia(media264())
	ended, stop := s.start()
	time.Sleep(100 * time.Millisecond)
	at := time.Now()
	stop()
	if err := <-ended; err != nil || time.Since(at) > 500*time.Millisecond {
		t.Errorf("ended with %v after %v", err, time.Since(at))
	}
}

func TestOtherTracksNeedANewSession(t *testing.T) {
	s, ended, _ := live(t, setup{}, 500)
	media := mediaWithSound()
	media.Video.SPS = append([]byte(nil), sps264...)
	media.Video.SPS[3]++
	s.publisher.SetMedia(media)
	select {
	case err := <-ended:
		t.Fatalf("new parameter sets, which travel in band, ended the session: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	media.Audio = nil
	s.publisher.SetMedia(media)
	if err := <-ended; !errors.Is(err, publish.ErrMediaChanged) {
		t.Errorf("ended with %v", err)
	}
}
