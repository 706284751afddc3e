package app

import (
	"cmp"
	"fmt"
	"time"

	"studiobox/drivers/lens"
	"studiobox/drivers/light/flicker"
	"studiobox/encoder/boxcam"
	"studiobox/encoder/greycard"
	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
	"studiobox/firmware/look"
	"studiobox/firmware/run"
)

// fitCamera hands the studio what of the camera can be set from here: colours of
// one on the box itself, and lens and white balance of one in the network that
// offers them over ONVIF. A lens that the board moves goes before the camera's own.
func (b *box) fitCamera(parts *studioParts) error {
	settings := b.cfg.Settings.Camera
	scene, err := sceneOf(b.cfg.Settings, parts.dimmed)
	if err != nil {
		return err
	}
	var camera turnable
	card := &greyCard{asked: make(chan struct{}, 1), log: b.log.With("part", "grey card")}
	switch {
	case boxcam.Is(settings.URL):
		own := &ownColours{camera: b.tuned, shutter: cmp.Or(calmShutter(scene), usualShutter(scene))}
		parts.camera, parts.eye = own, ownEye(settings.URL, scene)
		camera, card.settles, card.lacks = own, ownSettles, own.lacks
	case settings.ONVIF != "":
		remote, err := newNetCamera(settings, b.log.With("part", "onvif"))
		if err != nil {
			return err
		}
		parts.camera, camera, card.settles = remote, remote, netSettles
		parts.eye = look.Eye{Exposes: true, Calm: calmShutter(scene)}
		card.lacks = remote.lacks
		parts.others = append(parts.others, run.Part{Name: "camera colours", Run: remote.Run})
		fitLens(parts, remote)
	default:
		return nil // it is set on its own page
	}
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

// ownEye is what looks can set of a camera on the box itself. A test picture has
// nothing to set, and what comes over HDMI is set on the camera behind it.
func ownEye(url string, scene flicker.Scene) look.Eye {
	address, err := boxcam.Parse(url)
	if err != nil || address.Kind != gst.CSI && address.Kind != gst.USB {
		return look.Eye{}
	}
	return look.Eye{Exposes: true, OnBox: true, FPS: address.FPS, Calm: calmShutter(scene)}
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
