package app

import (
	"path/filepath"
	"time"

	"studiobox/firmware/health"
	"studiobox/firmware/showlog"
)

// showFolder is where the record of shows is kept, in the data directory.
const showFolder = "shows"

func (b *box) makeShows() error {
	b.shows = showlog.New(showlog.Config{
		Dir: filepath.Join(b.cfg.Settings.Box.DataDir, showFolder),
	}, b.log.With("part", "showlog"))
	return nil
}

// record puts one turn of the rate loop on record.
func (b *box) record(s rateStep) {
	p := b.picture
	shaped, published, camera := p.shaper().Stats(), p.publisher.Stats(), p.camera.Stats()
	step := showlog.Step{
		At: s.At, Up: s.At.Sub(b.born),
		Connected: s.Observation.Connected, LastAck: published.LastAck,
		QueueAge: s.Observation.QueueAge, Acked: s.Observation.Acked, SentVideo: published.SentVideo,
		RTT: s.Observation.RTT, Loss: s.Observation.Loss,
		TargetKbps: s.Decision.Kbps, CapacityKbps: s.Decision.CapacityKbps, AckedKbps: published.AckedKbps,
		SourceKbps: shaped.SourceKbps, OutKbps: shaped.OutKbps, Mode: shaped.Mode,
		Width: shaped.Width, Height: shaped.Height,
		Reason: string(s.Decision.Reason), Flush: s.Decision.Flush, Key: s.Decision.ForceKey, Skip: s.Decision.Skip,
	}
	if s.At.Sub(camera.LastVideo) > pictureGap {
		step.Reason = showlog.NoPicture // whatever the line does, nobody could see more
	}
	b.shows.Add(step)
}

// lastShow is nil until a show has ended.
func (b *box) lastShow() *health.ShowPart {
	last, found := b.shows.Last()
	if !found {
		return nil
	}
	return &health.ShowPart{
		ID: last.Show, Ended: last.To.Truncate(time.Second),
		OnAirSeconds: int(last.OnAir.Round(time.Second).Seconds()),
		LostSeconds:  float64(last.Lost.Round(100*time.Millisecond)) / float64(time.Second),
	}
}
