package app

import (
	"errors"
	"time"

	"studiobox/firmware/health"
	"studiobox/firmware/session"
	"studiobox/uplink/rate"
)

const (
	// standing is how old the backlog may grow before viewers feel it.
	standing = 700 * time.Millisecond
	// startQueue is how old the backlog may be for a show to begin.
	startQueue = 500 * time.Millisecond
	// pictureGap is how long the camera may be silent before the picture suffers.
	pictureGap = time.Second
)

// facts is what the session machine is told at every tick.
func (b *box) facts(c *conductor) session.Facts {
	p := b.picture
	if !p.onAir.Load() {
		return session.Facts{}
	}
	published := p.publisher.Stats()
	return session.Facts{
		LastAck:   c.since(published.LastAck),
		Connected: published.Connected,
		LineOK:    published.QueueAge <= startQueue,
		Trouble:   b.trouble(published.QueueAge),
	}
}

// trouble is the code of what makes the picture suffer most.
func (b *box) trouble(queue time.Duration) string {
	p := b.picture
	rated := p.rate.part()
	switch {
	case time.Since(p.camera.Stats().LastVideo) > pictureGap:
		return health.CheckCamera
	case !p.cfg.NeverTranscode && p.shaper().Stats().Mode == "transcode" && !p.transcoder().Ready():
		return health.CheckEncoder
	case queue > standing:
		return string(rate.StandingQueue)
	case rated.TargetKbps <= p.cfg.Limits.FloorKbps:
		return health.RateFloor
	}
	return ""
}

// Check asks the gate, keeps its answer for the page, and returns the codes of
// what holds the show back.
func (b *box) Check() []string {
	results := health.Gate(b.gateFacts(time.Now()))
	b.failed.Store(&results)
	return health.Failed(results)
}

// gateFacts leaves ingest and line open: both are tried for real while starting,
// before the lamp turns red, and what an earlier show met says nothing of now.
func (b *box) gateFacts(now time.Time) health.Facts {
	settings, camera, machine := b.cfg.Settings, b.picture.camera.Stats(), b.vitals.part()
	facts := health.Facts{
		FrameAge: -1, FPS: camera.FPS, AudioRequired: settings.Camera.RequireAudio,
		EncoderReady:     b.picture.cfg.NeverTranscode || b.picture.transcoder().Ready(),
		EncoderDetail:    string(b.picture.transcoder().Stats().Backend),
		IngestConfigured: settings.Uplink.URL != "",
		FloorKbps:        int(settings.Uplink.Floor),
		Now:              now, EarliestTime: builtAfter,
		DiskFreeMB: machine.DiskFreeMB, MinDiskMB: settings.Limits.MinDiskMB,
		TempC: machine.TempC, MaxTempC: settings.Limits.MaxTempC, UnderVoltage: machine.UnderVoltage,
	}
	if camera.Connected && !camera.LastVideo.IsZero() {
		facts.FrameAge = now.Sub(camera.LastVideo)
	}
	if camera.Media.Audio != nil {
		facts.Audio = camera.Media.Audio.Codec.String()
	}
	return facts
}

// reportConditions tells the tracker what holds right now.
func (b *box) reportConditions(state session.State) {
	now := time.Now()
	report := func(code string, bad bool, detail string) { b.tracker.Report(code, bad, detail, now) }
	p, settings := b.picture, b.cfg.Settings
	camera, cameraError := p.camera.Stats(), p.cameraError.get()
	encoderError, uplinkError := p.transcoderError.get(), p.publisherError.get()
	machine, published := b.vitals.part(), p.publisher.Stats()

	report(health.CameraRefused, b.cameraRefuses(), message(cameraError))
	report(health.CameraLost, !camera.Connected, message(cameraError))
	report(health.CameraNoAudio, camera.Connected && camera.Media.Audio == nil && (settings.Camera.RequireAudio || p.microphone()), p.silence())
	lacks := b.lacks()
	report(health.CameraSettings, lacks != "", lacks)
	report(health.EncoderDown, !p.cfg.NeverTranscode && !p.transcoder().Ready(), message(encoderError))

	onAir := p.onAir.Load()
	refused := isRefusal(uplinkError, lastingRefusals...)
	report(health.IngestRefused, refused, message(uplinkError))
	report(health.UplinkDown, onAir && !published.Connected, message(uplinkError))
	report(health.UplinkDead, onAir && state.Phase == session.Reconnecting && published.Connected, "")
	rated := p.rate.part()
	report(health.IngestSlow, onAir && rated.Reason == string(rate.ReceiverLimited), "")
	report(health.RateFloor, onAir && rated.TargetKbps <= p.cfg.Limits.FloorKbps, "")

	report(health.ClockWrong, now.Before(builtAfter), now.UTC().Format(time.DateOnly))
	report(health.DiskLow, machine.DiskFreeMB >= 0 && machine.DiskFreeMB < settings.Limits.MinDiskMB, "")
	report(health.TooHot, machine.TempC > settings.Limits.MaxTempC, "")
	report(health.UnderVoltage, machine.UnderVoltage, "")
	report(health.Throttled, machine.Throttled, "")
	report(health.DiskWorn, machine.DiskWorn, "")
	reportTable(b.studio.part(), report)
	failing := b.studio.failing.names()
	report(health.StudioPartDown, failing != "", failing)
	if b.fleet != nil {
		b.fleet.conditions(report)
	}
}

func isRefusal(err error, refusals ...error) bool {
	for _, refusal := range refusals {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
