package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"

	"studiobox/board/profile"
	"studiobox/drivers/light/flicker"
	"studiobox/encoder/boxcam"
	"studiobox/encoder/gst"
	"studiobox/encoder/onvif"
	"studiobox/firmware/config"
	"studiobox/firmware/look"
)

// peerWithin is how long one of the box's peers may take to answer.
const peerWithin = 5 * time.Second

// checkSettings looks for all that the settings name. What a running box holds it
// leaves to it.
func (c *doctorCommand) checkSettings(ctx context.Context, running bool) []finding {
	if c.Config == "" {
		return nil
	}
	settings, err := config.Load(c.Config)
	if err != nil {
		return []finding{{part: "settings", found: "not usable", needed: c.Config, mend: err.Error()}}
	}
	findings := []finding{{part: "settings", found: "readable", needed: c.Config, ok: true}}
	findings = append(findings, cameraFindings(settings.Camera.URL, gst.CameraParts)...)
	findings = append(findings, onvifFindings(ctx, settings.Camera)...)
	findings = append(findings, brokerFindings(ctx, settings.MQTT, time.Now())...)
	if settings.Box.Board == simulated {
		return findings
	}
	findings = append(findings, boardFindings(settings.Box.Board, running)...)
	if p, err := profile.Load(settings.Box.Board); err == nil { // else it is told already
		findings = append(findings, busFindings(p, running)...)
		findings = append(findings, looksFindings(p, settings)...)
		findings = append(findings, sightFindings(p, settings.Turntable)...)
	}
	return findings
}

// cameraFindings tells whether a camera on the box itself, and a microphone with it,
// can be taken; a camera in the network needs nothing of this machine. find looks
// for the parts, as gst.CameraParts does.
func cameraFindings(line string, find func(camera, microphone gst.SourceKind) []gst.Part) []finding {
	if !boxcam.Is(line) {
		return nil
	}
	address, err := boxcam.Parse(line)
	if err != nil {
		return []finding{{part: "camera", found: "not usable", needed: line, mend: err.Error()}}
	}
	findings := encoderFindings(find(address.Kind, address.Microphone))
	if address.Microphone == gst.ALSA {
		findings = append(findings, microphoneFinding("/", address.MicDevice))
	}
	if address.Kind != gst.USB && address.Kind != gst.HDMI {
		return findings
	}
	device := finding{part: "camera", found: "there", needed: address.Device, ok: true}
	if file, err := os.OpenFile(address.Device, os.O_RDWR|syscall.O_NONBLOCK, 0); err != nil {
		device.found, device.ok = "not usable", false
		device.mend = fmt.Sprintf("%v: plug it in, see `v4l2-ctl --list-devices`, or join the group video", err)
	} else {
		_ = file.Close() // nothing was written
	}
	return append(findings, device)
}

var (
	alsaNumbers = regexp.MustCompile(`^(?:plug)?hw:(\d+)(?:,(\d+))?$`)
	alsaCard    = regexp.MustCompile(`^(?:plug)?hw:(?:CARD=)?([A-Za-z][A-Za-z0-9_-]*)`)
)

// microphoneFinding tells whether the sound card of an ALSA name is there, by the
// kernel's list of cards and devices below root. Other names than hw: stand in
// ALSA's own settings: for those any card that records will do.
func microphoneFinding(root, name string) finding {
	f := finding{part: "microphone", needed: "alsa:" + name, mend: "plug it in, see `arecord -l` for its card and device, or join the group audio"}
	pattern := "dev/snd/pcmC*D*c"
	if n := alsaNumbers.FindStringSubmatch(name); n != nil {
		device := n[2]
		if device == "" {
			device = "0"
		}
		pattern = "dev/snd/pcmC" + n[1] + "D" + device + "c"
	} else if n := alsaCard.FindStringSubmatch(name); n != nil {
		pattern = "proc/asound/" + n[1] + "/pcm*c"
	}
	found, err := filepath.Glob(filepath.Join(root, pattern))
	if f.ok = err == nil && len(found) > 0; f.ok {
		f.found = "there"
	} else {
		f.found = "not there"
	}
	return f
}

// onvifFindings asks a camera whose lens and colours are to be set what it offers.
func onvifFindings(ctx context.Context, camera config.Camera) []finding {
	if camera.ONVIF == "" || boxcam.Is(camera.URL) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, peerWithin)
	defer cancel()
	f := finding{part: "camera over ONVIF", found: "answers", needed: "camera.onvif", ok: true}
	client, err := onvif.New(onvif.Config{URL: camera.ONVIF, TLS: camera.TLS.Client()}, nil)
	if err == nil {
		_, err = client.Profiles(ctx)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("no answer within 5 s: check the camera's supply and network cable, and camera.onvif")
	}
	if err != nil {
		f.found, f.mend, f.ok = "not usable", err.Error(), false
	}
	return []finding{f}
}

// looksFindings reads the business's own looks as the box will.
func looksFindings(p profile.Profile, settings *config.Config) []finding {
	if settings.Studio.Looks == "" {
		return nil
	}
	f := finding{part: "looks", needed: settings.Studio.Looks, ok: true}
	scene, err := sceneOf(settings, dimmers(p, settings.Light))
	var looks map[string]look.Look
	if err == nil {
		looks, err = look.Load(settings.Studio.Looks, fittedOn(p, settings, scene))
	}
	for _, name := range slices.Sorted(maps.Keys(looks)) {
		err = cmp.Or(err, checkShutter(name, looks[name], scene))
	}
	if err != nil {
		f.found, f.mend, f.ok = "not usable", err.Error(), false
		return []finding{f}
	}
	f.found = fmt.Sprintf("%d, with the built-in ones", len(looks))
	return []finding{f}
}

// fittedOn is what looks can ask for on a board that is wired so.
func fittedOn(p profile.Profile, settings *config.Config, scene flicker.Scene) look.Fitted {
	wired := func(roles ...profile.Role) bool {
		for _, role := range roles {
			if _, is := p.Wire(role); is {
				return true
			}
		}
		return false
	}
	remote := settings.Camera.ONVIF != "" // its lens may be the camera's own
	f := look.Fitted{
		Lamps: map[string]look.Span{},
		Table: wired(profile.TurntableStep, profile.TurntablePWM, profile.TurntableUART),
		Zoom:  remote || wired(profile.LensZoom, profile.LensZoom+".step"),
		Focus: remote || wired(profile.LensFocus, profile.LensFocus+".step"),
	}
	own := boxcam.Is(settings.Camera.URL)
	f.Eye = look.Eye{Exposes: own || remote, OnBox: own} // whether a shutter flickers, the box tells at its start
	for name, roles := range channels {
		switch {
		case wired(roles.warm):
			f.Lamps[name] = look.Span{Warm: settings.Light.WarmKelvin, Cool: settings.Light.CoolKelvin}
		case wired(roles.one):
			f.Lamps[name] = look.Span{}
		}
	}
	return f
}
