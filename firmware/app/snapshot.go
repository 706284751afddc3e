package app

import (
	"math"
	"sync"
	"time"

	"studiobox/encoder/unit"
	"studiobox/firmware/health"
	"studiobox/firmware/session"
	"studiobox/uplink/publish"
)

// snapshots holds the newest picture of the box and wakes whoever waits for a
// newer one.
type snapshots struct {
	mutex   sync.Mutex
	newest  *health.Snapshot
	changed chan struct{}
}

func newSnapshots() *snapshots { return &snapshots{changed: make(chan struct{})} }

func (s *snapshots) store(snapshot *health.Snapshot) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.newest = snapshot
	close(s.changed)
	s.changed = make(chan struct{})
}

// Snapshot is the newest picture of the box.
func (s *snapshots) Snapshot() *health.Snapshot {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.newest
}

// Changed is closed once there is a newer picture than the present one.
func (s *snapshots) Changed() <-chan struct{} {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.changed
}

// snapshot asks every part how it is.
func (b *box) snapshot(state session.State) *health.Snapshot {
	now := time.Now()
	s := &health.Snapshot{
		At: now, Version: Version, Demo: b.cfg.Demo != nil,
		Session:    b.sessionPart(state),
		Camera:     b.cameraPart(),
		Encoder:    b.encoderPart(),
		Uplink:     b.uplinkPart(),
		Rate:       b.picture.rate.part(),
		Board:      b.boardPart(now),
		Studio:     b.studio.part(),
		Fitted:     b.fitted(),
		Conditions: b.tracker.Active(now),
		MQTT:       b.fleet.part(),
		LastShow:   b.lastShow(),
	}
	if checks := b.failed.Load(); checks != nil {
		s.Checks = *checks
	}
	if b.cfg.Demo != nil {
		b.cfg.Demo.Fill(s)
	}
	return s
}

func (b *box) sessionPart(state session.State) health.SessionPart {
	part := health.SessionPart{
		State: state.Phase.String(), Since: b.conductor.born.Add(state.Since),
		Hold: state.Hold(), OnAir: state.OnAir(), Lamp: b.identify.pattern(state),
		Why: state.Why, RemoteStart: state.Config.RemoteStart,
	}
	if state.LiveSince > 0 {
		part.LiveSince = b.conductor.born.Add(state.LiveSince)
	}
	return part
}

func (b *box) boardPart(now time.Time) health.BoardPart {
	part := b.vitals.part()
	part.Serial, part.Slot, part.Network = b.origin.serial, b.origin.slot, b.origin.way(now)
	return part
}

func (b *box) cameraPart() health.CameraPart {
	stats := b.picture.camera.Stats()
	part := health.CameraPart{
		Connected: stats.Connected, URL: publish.Redact(b.cfg.Settings.Camera.URL),
		Codec: stats.Media.Video.Codec.String(), Audio: unit.NoCodec.String(),
		Kbps: stats.Kbps, FPS: math.Round(stats.FPS*10) / 10, Lost: stats.LostPackets,
	}
	if stats.Media.Audio != nil {
		part.Audio = stats.Media.Audio.Codec.String()
	}
	if hearing := b.picture.hearing; hearing != nil {
		if loudness, ok := hearing.LUFS(); ok {
			part.Loudness = &loudness
		}
	}
	if err := b.picture.cameraError.get(); err != nil {
		part.Error = err.Error()
	}
	return part
}

func (b *box) encoderPart() health.EncoderPart {
	shaped := b.picture.shaper().Stats()
	part := health.EncoderPart{
		Mode: shaped.Mode, Kbps: shaped.OutKbps, Width: shaped.Width, Height: shaped.Height,
		Restarts: b.picture.transcoderKeeper.Restarts(),
	}
	if err := b.picture.transcoderError.get(); err != nil && !b.picture.transcoder().Ready() {
		part.Error = err.Error()
	}
	return part
}

func (b *box) uplinkPart() health.UplinkPart {
	stats := b.picture.publisher.Stats()
	part := health.UplinkPart{
		Connected: stats.Connected, URL: publish.Redact(b.cfg.Settings.Uplink.URL),
		AckedKbps: stats.AckedKbps, AckedBytes: stats.AckedBytes, LastAck: stats.LastAck,
		RTTMs:      int(stats.RTT.Milliseconds()),
		Dropped:    stats.DroppedVideo + stats.DroppedAudio,
		Reconnects: b.picture.publisherKeeper.Restarts(),
	}
	if stats.Loss >= 0 {
		part.Loss = &stats.Loss
	}
	if stats.Connected { // what waits while nobody publishes is no backlog
		part.QueueMs = int(stats.QueueAge.Milliseconds())
	}
	if err := b.picture.publisherError.get(); err != nil && !stats.Connected {
		part.Error = err.Error()
	}
	return part
}
