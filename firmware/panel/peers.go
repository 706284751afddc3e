package panel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// maxViewers bounds what the box sends on its own network.
const maxViewers = 8

var (
	errNotRunning = errors.New("the page's video is not running")
	errTooMany    = errors.New("too many viewers")
)

// h264 is constrained baseline as every browser offers it. Their decoders play
// the higher profiles of real cameras all the same.
func h264() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{
		MimeType:     webrtc.MimeTypeH264,
		ClockRate:    videoClock,
		SDPFmtpLine:  "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}},
	}
}

// peers holds the viewers of both tiles and what they share: one engine with
// host candidates only, so that it needs no internet.
type peers struct {
	log *slog.Logger

	mu      sync.Mutex
	ctx     context.Context // of Run; nil while not running
	api     *webrtc.API
	tcp     ice.TCPMux
	viewers map[string]*viewer
	running sync.WaitGroup
}

func newPeers(log *slog.Logger) *peers {
	return &peers{log: log, viewers: map[string]*viewer{}}
}

// open makes the engine. media is where ICE over TCP comes in; with loopback
// the engine also offers the machine's own address, for a demo without network.
func (p *peers) open(ctx context.Context, media net.Listener, loopback bool) error {
	quiet := &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
	codecs := &webrtc.MediaEngine{}
	parameters := webrtc.RTPCodecParameters{RTPCodecCapability: h264(), PayloadType: 102}
	if err := codecs.RegisterCodec(parameters, webrtc.RTPCodecTypeVideo); err != nil {
		return fmt.Errorf("H.264: %w", err)
	}
	interceptors := &interceptor.Registry{}
	if err := errors.Join(webrtc.ConfigureNack(codecs, interceptors), webrtc.ConfigureRTCPReports(interceptors)); err != nil {
		return fmt.Errorf("repeats and reports: %w", err)
	}
	var settings webrtc.SettingEngine
	settings.LoggerFactory = quiet
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetIncludeLoopbackCandidate(loopback)
	settings.SetICETimeouts(3*time.Second, 6*time.Second, time.Second)
	settings.SetNetworkTypes([]webrtc.NetworkType{
		webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6,
	})
	settings.DisableActiveTCP(true)
	tcp := ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: media, Logger: quiet.NewLogger("ice-tcp"), ReadBufferSize: 16,
		WriteBufferSize: 1 << 20, FirstStunBindTimeout: peekLimit,
	})
	settings.SetICETCPMux(tcp)

	p.mu.Lock()
	defer p.mu.Unlock()
	p.ctx, p.tcp = ctx, tcp
	p.api = webrtc.NewAPI(
		webrtc.WithMediaEngine(codecs), webrtc.WithInterceptorRegistry(interceptors), webrtc.WithSettingEngine(settings))
	return nil
}

// connection makes one more peer connection while there is room.
func (p *peers) connection() (*webrtc.PeerConnection, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ctx == nil || p.ctx.Err() != nil:
		return nil, errNotRunning
	case len(p.viewers) >= maxViewers:
		return nil, errTooMany
	}
	return p.api.NewPeerConnection(webrtc.Configuration{})
}

// start runs a viewer until it leaves, or the page ends.
func (p *peers) start(v *viewer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ctx.Err() != nil:
		return errNotRunning
	case len(p.viewers) >= maxViewers:
		return errTooMany
	}
	p.viewers[v.id] = v
	ctx := p.ctx
	p.running.Go(func() {
		v.run(ctx)
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.viewers, v.id)
	})
	return nil
}

// hangUp ends the viewers that are meant.
func (p *peers) hangUp(meant func(*viewer) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range p.viewers {
		if meant(v) {
			v.leave()
		}
	}
}

// close waits for all viewers, whose context has ended.
func (p *peers) close() {
	p.running.Wait()
	_ = p.tcp.Close()
}
