package onvif

import (
	"errors"
	"testing"

	"studiobox/drivers/lens"
	"studiobox/encoder/testcam"
)

// Both axes are what drivers/lens moves.
var _ = []lens.Mover{&Zoom{}, &Focus{}}

func TestZoomAndFocusGoToTheirPlacesInTheCamerasOwnUnits(t *testing.T) {
	for name, ver10 := range map[string]bool{"Media2": false, "before Media2": true} {
		t.Run(name, func(t *testing.T) {
			camera := &studio{ver10: ver10, zoom: 0.1, focus: 20, auto: true}
			source := camera.source(t)
			zoom, focus := source.Zoom(), source.Focus()
			must(t, zoom.MoveTo(t.Context(), 0.25))
			camera.expect(t, "zoom 0.25 in "+genericZoom)
			must(t, focus.MoveTo(t.Context(), 0.5))
			camera.expect(t, "focus MANUAL", "focus to 120")
			must(t, focus.MoveTo(t.Context(), 1))
			camera.expect(t, "focus to 220")
			must(t, zoom.Stop(t.Context()))
			must(t, focus.Stop(t.Context()))
			camera.expect(t, "stop pan false zoom true", "stop focus")
		})
	}
}

func TestALensThatIsThereAlreadyIsLeftAlone(t *testing.T) {
	camera := &studio{zoom: 0.4, focus: 100}
	source := camera.source(t)
	must(t, source.Zoom().MoveTo(t.Context(), 0.4))
	must(t, source.Focus().MoveTo(t.Context(), 0.4))
	camera.expect(t)
	camera.mute = true // it does not tell where it is
	must(t, source.Zoom().MoveTo(t.Context(), 0.4))
	must(t, source.Focus().MoveTo(t.Context(), 0.4))
	camera.expect(t, "zoom 0.4 in "+genericZoom, "focus to 100")
}

func TestAnAutomaticThatCameBackIsEndedAgain(t *testing.T) {
	camera := &studio{}
	focus := camera.source(t).Focus()
	must(t, focus.MoveTo(t.Context(), 0))
	camera.expect(t, "focus to 20")
	camera.auto = true // as after a power cut
	must(t, focus.MoveTo(t.Context(), 1))
	camera.expect(t, "focus MANUAL", "focus to 220")
}

func TestACameraWithoutAMotorOrGainsSaysSoAndIsToldNothing(t *testing.T) {
	camera := &studio{fixed: true}
	source := camera.source(t)
	_, err := source.Gains(t.Context())
	for what, err := range map[string]error{
		"zoom": source.Zoom().MoveTo(t.Context(), 0.5), "focus": source.Focus().MoveTo(t.Context(), 0.5), "white balance": err,
	} {
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", what, err)
		}
		wantText(t, err, "ONVIF "+what)
	}
	camera.expect(t)
}

func TestOptionsThatAreOfNoUseAreNoZoom(t *testing.T) {
	for name, options := range map[string]string{
		"none":    `<p:GetConfigurationOptionsResponse><p:PTZConfigurationOptions><t:Spaces/></p:PTZConfigurationOptions></p:GetConfigurationOptionsResponse>`,
		"no way":  spaceOf("1", "1"),
		"reverse": spaceOf("1", "0"),
		"no sum":  spaceOf("NaN", "1"),
		"no end":  spaceOf("0", "INF"),
		"empty":   spaceOf("", ""),
	} {
		camera := &studio{options: options}
		if err := camera.source(t).Zoom().MoveTo(t.Context(), 0.5); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
		camera.expect(t)
	}
}

func spaceOf(least, most string) string {
	return `<p:GetConfigurationOptionsResponse><p:PTZConfigurationOptions><t:Spaces><t:AbsoluteZoomPositionSpace><t:URI>` + genericZoom +
		`</t:URI><t:XRange><t:Min>` + least + `</t:Min><t:Max>` + most + `</t:Max></t:XRange></t:AbsoluteZoomPositionSpace></t:Spaces>` +
		`</p:PTZConfigurationOptions></p:GetConfigurationOptionsResponse>`
}

func TestARefusalIsToldInTheCamerasWords(t *testing.T) {
	camera := &studio{refuses: fault("InvalidPosition", "Destination\nout of bounds")}
	source := camera.source(t)
	for what, err := range map[string]error{
		"zoom": source.Zoom().MoveTo(t.Context(), 0.5), "focus": source.Focus().MoveTo(t.Context(), 0.5),
		"white balance": source.SetGains(t.Context(), 1, 2),
	} {
		if !errors.Is(err, ErrFault) {
			t.Errorf("%s: %v", what, err)
		}
		wantText(t, err, "ONVIF "+what, "Destination out of bounds")
	}
	camera.refuses = fault("NotAuthorized", "no")
	if err := source.Zoom().Stop(t.Context()); !errors.Is(err, ErrAuth) {
		t.Errorf("%v", err)
	}
}

func TestGainsAreReadAndFixedWithinTheCamerasRange(t *testing.T) {
	camera := &studio{}
	source := camera.source(t)
	g, err := source.Gains(t.Context())
	must(t, err)
	if want := (Gains{127.5, 105, 0, 255, 10, 200}); g != want {
		t.Errorf("automatic: %+v, want the middle of the range, %+v", g, want)
	}
	must(t, source.SetGains(t.Context(), 143.5, 20))
	camera.expect(t, "white MANUAL 143.5 20")
	if g, err = source.Gains(t.Context()); err != nil || g.Red != 143.5 || g.Blue != 20 {
		t.Errorf("by hand: %+v, %v", g, err)
	}
	camera.red = 999
	if g, err = source.Gains(t.Context()); err != nil || g.Red != 255 {
		t.Errorf("beyond its own range: %+v, %v", g, err)
	}
}

func TestACameraThatOnlyStreamsHasNoLens(t *testing.T) {
	for _, ver10 := range []bool{false, true} {
		camera := start(t, testcam.ONVIF{Ver10: ver10})
		source, err := client(t, camera.ONVIFURL()).Source(t.Context(), camera.URL(testcam.Main))
		if err == nil {
			err = source.Zoom().MoveTo(t.Context(), 0.5)
			if focus := source.Focus().MoveTo(t.Context(), 0.5); !errors.Is(focus, ErrUnsupported) {
				t.Errorf("focus: %v", focus)
			}
		}
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("before Media2 %t: %v", ver10, err)
		}
	}
}
