package panel

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"studiobox/encoder/unit"
)

const (
	connectLimit = 10 * time.Second
	// cachedBytesPerS is the pace at which cached pictures go out, so that they
	// do not overrun a phone's buffers.
	cachedBytesPerS = 4 << 20
	// renewPause keeps a viewer with a bad line from asking for the cached
	// pictures all the time, which would make its line worse.
	renewPause = time.Second
)

// viewer is one browser that watches one tile.
type viewer struct {
	id      string
	token   string // of the session that it belongs to
	tile    *Preview
	log     *slog.Logger
	peer    *webrtc.PeerConnection
	track   *webrtc.TrackLocalStaticRTP
	sender  *webrtc.RTPSender
	packets packetizer

	connected chan struct{}
	gone      chan struct{}
	lost      chan struct{} // the decoder asks for a key picture
	goneOnce  sync.Once
	upOnce    sync.Once
}

// newViewer answers a browser's offer: it returns the viewer, not yet running,
// and the answer with all candidates in it.
func newViewer(ctx context.Context, tile *Preview, peer *webrtc.PeerConnection, offer string, log *slog.Logger) (*viewer, string, error) {
	track, err := webrtc.NewTrackLocalStaticRTP(h264(), "video", "studio")
	if err != nil {
		return nil, "", fmt.Errorf("a track: %w", err)
	}
	v := &viewer{
		tile: tile, log: log, peer: peer, track: track,
		connected: make(chan struct{}), gone: make(chan struct{}), lost: make(chan struct{}, 1),
	}
	peer.OnConnectionStateChange(v.onState)
	if v.sender, err = peer.AddTrack(track); err != nil {
		return nil, "", fmt.Errorf("the track: %w", err)
	}
	if err := peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return nil, "", fmt.Errorf("the offer: %w", err)
	}
	answer, err := peer.CreateAnswer(nil)
	if err != nil {
		return nil, "", fmt.Errorf("an answer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(peer)
	if err := peer.SetLocalDescription(answer); err != nil {
		return nil, "", fmt.Errorf("the answer: %w", err)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return nil, "", fmt.Errorf("gathering addresses: %w", ctx.Err())
	}
	return v, peer.LocalDescription().SDP, nil
}

func (v *viewer) onState(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		v.upOnce.Do(func() { close(v.connected) })
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		v.leave()
	}
}

// leave asks run to end.
func (v *viewer) leave() { v.goneOnce.Do(func() { close(v.gone) }) }

// run feeds the browser until it leaves or ctx ends.
func (v *viewer) run(ctx context.Context) {
	var reading sync.WaitGroup
	reading.Go(v.readReports)
	defer reading.Wait()
	defer func() { _ = v.peer.GracefulClose() }()

	limit := time.NewTimer(connectLimit)
	defer limit.Stop()
	select {
	case <-v.connected:
		v.play(ctx)
	case <-limit.C:
		v.log.Info("a browser never connected for its video: is UDP or this port blocked between them?", "viewer", v.id)
	case <-v.gone:
	case <-ctx.Done():
	}
}

// play sends what the tile has kept, then what comes in.
func (v *viewer) play(ctx context.Context) {
	feed := newFeed()
	defer v.tile.leave(feed)
	ok := v.catchUp(ctx, v.tile.watch(feed))
	renewed := time.Now()
	var renew <-chan time.Time
	for ok {
		select {
		case u := <-feed.units:
			ok = v.send(v.packets.live(u))
		case <-v.lost:
			if renew == nil {
				renew = time.After(renewPause - time.Since(renewed))
			}
		case <-renew:
			ok = v.catchUp(ctx, v.tile.again(feed))
			renew, renewed = nil, time.Now()
		case <-v.gone:
			return
		case <-ctx.Done():
			return
		}
	}
}

// catchUp sends cached pictures at a bounded pace. New ones wait in the feed.
func (v *viewer) catchUp(ctx context.Context, units []*unit.Unit) bool {
	for _, u := range units {
		if !v.send(v.packets.old(u)) {
			return false
		}
		pace := time.NewTimer(time.Duration(u.Size()) * time.Second / cachedBytesPerS)
		select {
		case <-pace.C:
		case <-v.gone:
			pace.Stop()
			return false
		case <-ctx.Done():
			pace.Stop()
			return false
		}
	}
	return true
}

func (v *viewer) send(packets []*rtp.Packet) bool {
	for _, packet := range packets {
		if err := v.track.WriteRTP(packet); err != nil {
			return false // the connection was closed
		}
	}
	return true
}

// readReports hears whether the browser's decoder lost its thread. Reading is
// also what makes pion repeat lost packets.
func (v *viewer) readReports() {
	for {
		packets, _, err := v.sender.ReadRTCP()
		if err != nil {
			return // closed
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				select {
				case v.lost <- struct{}{}:
				default:
				}
			}
		}
	}
}
