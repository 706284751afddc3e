package app

import (
	"fmt"
	"time"

	"studiobox/drivers/lens"
	"studiobox/encoder/boxcam"
	"studiobox/encoder/greycard"
	"studiobox/encoder/unit"
	"studiobox/firmware/look"
	"studiobox/firmware/run"
)

// fitCamera hands the studio what of the camera can be set from here: colours of
// one on the box itself, and lens and white balance of one in the network that
// offers them over ONVIF. A lens that the board moves goes before the camera's own.
func (b *box) fitCamera(parts *studioParts) error {
	settings := b.cfg.Settings.Camera
	var camera turnable
	card := &greyCard{asked: make(chan struct{}, 1), log: b.log.With("part", "grey card")}
	switch {
	case boxcam.Is(settings.URL):
		own := &ownColours{camera: b.tuned, shutter: calmShutter(b.cfg.Settings)}
		parts.camera, parts.ownCamera = own, true
		camera, card.settles, card.lacks = own, ownSettles, own.lacks
	case settings.ONVIF != "":
		remote, err := newNetCamera(settings, b.log.With("part", "onvif"))
		if err != nil {
			return err
		}
		parts.camera, camera, card.settles = remote, remote, netSettles
		parts.others = append(parts.others, run.Part{Name: "camera colours", Run: remote.Run})
		fitLens(parts, remote)
	default:
		return nil // it is set on its own page
	}
	var err error
	if parts.cards, err = look.OpenCards(b.stateFile("grey-cards.json")); err != nil {
		b.log.Warn("the cameras' colours are those of the looks", "error", err)
	}
	b.taker = &pictureTaker{
		video:  func() unit.Format { return b.picture.camera.Stats().Media.Video },
		askKey: func() { b.picture.camera.ForceKey() },
		worker: worker(b.cfg.Settings.Box.DataDir), log: b.log.With("part", "grey card"),
	}
	card.camera, card.take, card.cards = camera, b.taker.take, parts.cards
	card.report = func(drifted bool, detail string) {
		b.tracker.Report(greycard.ColourDrift, drifted, detail, time.Now())
	}
	parts.others = append(parts.others, run.Part{Name: "grey card", Run: card.Run})
	b.card = card
	return nil
}

// fitLens moves zoom and focus inside the camera, unless the board moves them.
func fitLens(parts *studioParts, camera *netCamera) {
	for _, a := range []struct {
		name  string
		place *lensAxis
		which func(*netCamera) lens.Mover
	}{{"zoom", &parts.zoom, zoomAxis}, {"focus", &parts.focus, focusAxis}} {
		if *a.place != nil {
			continue
		}
		remote := lens.NewRemote(a.name, axis{camera, a.which})
		*a.place = remote
		parts.others = append(parts.others, run.Part{Name: fmt.Sprintf("lens.%s in the camera", a.name), Run: remote.Run})
	}
}

// tap has the grey card see the camera's units on their way to the page.
func (b *box) tap(page unit.Sink) unit.Sink {
	if b.taker == nil {
		return page
	}
	b.taker.next = page
	return b.taker
}
