package publish_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"studiobox/encoder/unit"
	"studiobox/uplink/ingesttest"
	"studiobox/uplink/publish"
)

// Parameter sets of real encoders (x264 and x265, small pictures).
var (
	sps264 = []byte{0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x47, 0xfe, 0xc8}
	pps264 = []byte{0x68, 0xce, 0x3c, 0x80}
	vps265 = []byte{0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x78, 0x99, 0x98, 0x09}
	sps265 = []byte{0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x78, 0xa0, 0x03, 0xc0, 0x80, 0x10, 0xe5, 0x96, 0x66, 0x69, 0x24, 0xca, 0xe0, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x01, 0xe0, 0x80}
	pps265 = []byte{0x44, 0x01, 0xc1, 0x72, 0xb4, 0x62, 0x40}
)

func media264() unit.Media {
	return unit.Media{Video: unit.Format{Codec: unit.H264, SPS: sps264, PPS: pps264}}
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// picture264 makes an access unit whose slice is size bytes long and holds its
// number.
func picture264(n int, pts time.Duration, key bool, size int) *unit.Unit {
	slice := make([]byte, max(size, 9))
	slice[0] = 0x41
	u := &unit.Unit{PTS: pts, Captured: time.Now(), Track: unit.Video, Key: key}
	if key {
		slice[0] = 0x65
		u.NALUs = [][]byte{sps264, pps264}
	}
	number(slice[1:], n)
	u.NALUs = append(u.NALUs, slice)
	return u
}

func picture265(n int, pts time.Duration, key bool, size int) *unit.Unit {
	slice := make([]byte, max(size, 10))
	slice[0], slice[1] = 1<<1, 1
	u := &unit.Unit{PTS: pts, Captured: time.Now(), Track: unit.Video, Key: key}
	if key {
		slice[0] = 19 << 1
		u.NALUs = [][]byte{vps265, sps265, pps265}
	}
	number(slice[2:], n)
	u.NALUs = append(u.NALUs, slice)
	return u
}

func sound(n int, pts time.Duration, size int) *unit.Unit {
	frame := make([]byte, max(size, 8))
	number(frame, n)
	return &unit.Unit{PTS: pts, Captured: time.Now(), Track: unit.Audio, Frame: frame}
}

// number writes n in base 200 with no byte zero: a coded slice holds no start
// code either.
func number(b []byte, n int) {
	for i := range b {
		b[i] = byte(n%200) + 1
		if i < 3 {
			n /= 200
		}
	}
}

func numberOf(u *unit.Unit) int {
	b := u.Frame
	if u.Track == unit.Video {
		slice := u.NALUs[len(u.NALUs)-1]
		b = slice[1:]
		if slice[0] == 1<<1 || slice[0] == 19<<1 {
			b = slice[2:]
		}
	}
	return int(b[0]-1) + 200*int(b[1]-1) + 40_000*int(b[2]-1)
}

// studio is an ingest with a publisher that sends to it.
type studio struct {
	t         *testing.T
	ingest    *ingesttest.Server
	publisher *publish.Publisher

	mu       sync.Mutex
	arrived  []*unit.Unit
	media    []unit.Media
	keyAsked int
}

type setup struct {
	ingest  ingesttest.Config
	publish publish.Config
	path    string
}

// newStudio starts the ingest and makes the publisher; nothing is sent yet.
func newStudio(t *testing.T, cfg setup) *studio {
	t.Helper()
	s := &studio{t: t, ingest: startIngest(t, cfg.ingest)}
	s.ingest.OnUnit = func(_ string, u *unit.Unit) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.arrived = append(s.arrived, u)
	}
	s.ingest.OnMedia = func(_ string, m unit.Media) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.media = append(s.media, m)
	}
	s.run(s.ingest)
	if cfg.path == "" {
		cfg.path = "live/ring"
	}
	if cfg.publish.URL == "" {
		cfg.publish.URL = s.ingest.URL(cfg.path)
	}
	cfg.publish.URL = strings.Replace(cfg.publish.URL, "HOST", s.ingest.Addr(), 1)
	p, err := publish.New(cfg.publish, quiet())
	if err != nil {
		t.Fatal(err)
	}
	p.OnKeyNeeded = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.keyAsked++
	}
	s.publisher = p
	return s
}

func startIngest(_ *testing.T, cfg ingesttest.Config) *ingesttest.Server { return ingesttest.New(cfg) }

// run serves until the test ends.
func (s *studio) run(ingest *ingesttest.Server) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- ingest.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("ingest: %v", err)
		}
	})
	select {
	case <-ingest.Ready():
	case err := <-done:
		s.t.Fatal(err)
	}
}

// start runs one session and returns its end; stop ends it.
func (s *studio) start() (ended <-chan error, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.publisher.Run(ctx) }()
	s.t.Cleanup(cancel)
	return done, cancel
}

func (s *studio) got() []*unit.Unit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*unit.Unit(nil), s.arrived...)
}

func (s *studio) track(kind unit.Track) []*unit.Unit {
	var units []*unit.Unit
	for _, u := range s.got() {
		if u.Track == kind {
			units = append(units, u)
		}
	}
	return units
}

// await polls until the condition holds.
func await(t *testing.T, what string, within time.Duration, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Fatalf("%s: not within %v", what, within)
}

// secured gives both sides of TLS for 127.0.0.1.
func secured(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	certificate, pool, err := ingesttest.SelfSigned("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}}, &tls.Config{RootCAs: pool}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}
