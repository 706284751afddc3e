package testcam

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// ONVIF is the camera's second door: device and media service. Users are those
// of RTSP.
type ONVIF struct {
	// Address is host:port, "127.0.0.1:0" when empty.
	Address string
	// Skew is how far the camera's clock is off; tokens are checked by it.
	Skew time.Duration
	// Ver10 leaves out Media2 and GetServices, like a camera from before both.
	Ver10 bool
	// HTTPDigest asks for RFC 7616 credentials instead of a token.
	HTTPDigest bool
	// MinKbps and MaxKbps are the range that both encoders take; 0 is 100 and 8000.
	MinKbps, MaxKbps int
	// GridKbps is what set rates are rounded up to a multiple of, without a
	// word; 0 takes any.
	GridKbps int
}

func (o *ONVIF) fill() {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.MinKbps == 0 {
		o.MinKbps = 100
	}
	if o.MaxKbps == 0 {
		o.MaxKbps = 8000
	}
}

// ONVIFFault is what is wrong with the service.
type ONVIFFault uint8

// The faults.
const (
	NoFault            ONVIFFault = iota
	Hang                          // it takes requests and never answers
	NotAuthorized                 // whoever asks
	ActionNotSupported            // it answers questions but changes nothing
	Garbage                       // a web page for an answer
	Flood                         // an answer without end
)

// bureau is the ONVIF service.
type bureau struct {
	cfg     ONVIF
	camera  *Camera
	closing chan struct{}

	mu    sync.Mutex
	host  string
	fault ONVIFFault
	skew  time.Duration
	seen  map[string]bool // nonces
}

func newBureau(cfg ONVIF, camera *Camera) *bureau {
	cfg.fill()
	return &bureau{cfg: cfg, camera: camera, skew: cfg.Skew, closing: make(chan struct{}), seen: map[string]bool{}}
}

// listen opens the port.
func (b *bureau) listen() (net.Listener, error) {
	listener, err := net.Listen("tcp", b.cfg.Address)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.host = listener.Addr().String()
	return listener, nil
}

// serve answers until ctx ends.
func (b *bureau) serve(ctx context.Context, listener net.Listener) {
	server := &http.Server{Handler: b, ReadHeaderTimeout: 5 * time.Second}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // ends by Close alone
	<-ctx.Done()
	close(b.closing)
	_ = server.Close() // nothing to save
	serving.Wait()
}

// ServeHTTP answers one request.
func (b *bureau) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 256<<10))
	if err != nil || r.Method != http.MethodPost {
		http.Error(w, "POST a SOAP envelope", http.StatusBadRequest)
		return
	}
	switch b.present() {
	case Hang:
		select {
		case <-b.closing:
		case <-r.Context().Done():
		}
		return
	case Garbage:
		_, _ = io.WriteString(w, "<!doctype html><html><body>It works!<br></body></html>")
		return
	case Flood:
		b.flood(w)
		return
	}
	status, answer := b.answer(r, body)
	w.Header().Set("Content-Type", "application/soap+xml; charset=utf-8")
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", b.challenge())
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer) // who hangs up has no use for it
}

// flood writes until the client has had enough.
func (b *bureau) flood(w io.Writer) {
	chunk := make([]byte, 64<<10)
	for i := range chunk {
		chunk[i] = ' '
	}
	for {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func (b *bureau) present() ONVIFFault {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fault
}

// clock is the camera's time.
func (b *bureau) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Add(b.skew).UTC()
}

var errNoONVIF = errors.New("test camera: ONVIF is off")

// ONVIFURL is the device service, with credentials when the camera wants some;
// empty without ONVIF. It is known once Ready is closed.
func (c *Camera) ONVIFURL() string {
	if c.bureau == nil {
		return ""
	}
	c.bureau.mu.Lock()
	defer c.bureau.mu.Unlock()
	return c.withUser(url.URL{Scheme: "http", Host: c.bureau.host, Path: "/onvif/device_service"})
}

// FailONVIF sets what is wrong with the service from now on.
func (c *Camera) FailONVIF(fault ONVIFFault) error {
	if c.bureau == nil {
		return errNoONVIF
	}
	c.bureau.mu.Lock()
	defer c.bureau.mu.Unlock()
	c.bureau.fault = fault
	return nil
}

// SetClock puts the camera's clock off by another time.
func (c *Camera) SetClock(skew time.Duration) error {
	if c.bureau == nil {
		return errNoONVIF
	}
	c.bureau.mu.Lock()
	defer c.bureau.mu.Unlock()
	c.bureau.skew = skew
	return nil
}

// Kbps is the rate that a stream, Main or Sub, is set to.
func (c *Camera) Kbps(path string) int {
	if s := c.streams[path]; s != nil {
		return s.presentKbps()
	}
	return 0
}

// SetKbps changes the rate of a stream, Main or Sub, from the next picture on.
func (c *Camera) SetKbps(path string, kbps int) {
	if s := c.streams[path]; s != nil {
		s.setKbps(kbps)
	}
}
