package look

import (
	"slices"
	"testing"
	"time"
)

func TestABuiltInLookAsksACameraForWhatItCanTake(t *testing.T) {
	gold := Look{WhiteBalance: 3800, Shutter: Calm, Gain: 2, Exposure: 1, Lock: true}
	calm := 20 * time.Millisecond
	for name, tc := range map[string]struct {
		eye  Eye
		want Look
	}{
		"on the box":             {Eye{Exposes: true, OnBox: true, Calm: calm}, Look{WhiteBalance: 3800, Shutter: Shutter(calm), Gain: 2, Exposure: 1, Lock: true}},
		"over ONVIF":             {Eye{Exposes: true, Calm: calm}, Look{Shutter: Shutter(calm), Gain: 2, Lock: true}},
		"where no shutter calms": {Eye{Exposes: true, OnBox: true}, Look{WhiteBalance: 3800, Gain: 2, Exposure: 1, Lock: true}},
		"set on its own page":    {Eye{Calm: calm}, Look{}},
	} {
		if got := (Fitted{Eye: tc.eye}).Fit(gold); got.colours() != tc.want.colours() {
			t.Errorf("%s: %+v, want %+v", name, got.colours(), tc.want.colours())
		}
	}
}

func TestALookThatFailsIsNotPresentAndNeitherIsTheOneBefore(t *testing.T) {
	c := &crew{}
	d := NewDirector(c.stage(), rings, noCards(t))
	for _, step := range []struct {
		name    string
		fails   bool
		present string
	}{{"ring", false, "ring"}, {"quiet", true, ""}, {"quiet", false, "quiet"}, {"silver", false, "quiet"}} {
		c.fails = step.fails
		if err := d.Set(step.name, true); (err != nil) != (step.fails || step.name == "silver") || d.Present() != step.present {
			t.Errorf("%+v: %v, present %q", step, err, d.Present())
		}
	}
}

func TestWhatALookDoesNotSayOfThePictureIsAutomaticAgain(t *testing.T) {
	c := &crew{}
	looks := map[string]Look{
		"gold": {WhiteBalance: 3800, Shutter: Shutter(10 * time.Millisecond), Gain: 2, Lock: true}, "pearl": {Exposure: -0.5}, "bare": {},
	}
	d := NewDirector(c.stage(), looks, noCards(t))
	for _, step := range []struct {
		name string
		want Colours
	}{
		{"gold", Colours{WhiteBalance: 3800, Shutter: 10 * time.Millisecond, Gain: 2, Lock: true}},
		{"pearl", Colours{Exposure: -0.5}}, {"gold", Colours{WhiteBalance: 3800, Shutter: 10 * time.Millisecond, Gain: 2, Lock: true}}, {"bare", Colours{}},
	} {
		if err := d.Set(step.name, false); err != nil || c.sees != step.want {
			t.Errorf("%s: the camera was told %+v, want %+v (%v)", step.name, c.sees, step.want, err)
		}
	}
}

func TestALookIsTakenUpAgainWithoutMotionAndWithoutTouchingTheLamps(t *testing.T) {
	c := &crew{}
	d := NewDirector(c.stage(), rings, noCards(t))
	if err := d.Resume("silver"); err != nil || len(c.asked) > 0 || d.Present() != "" {
		t.Errorf("a look that is there no more: %v, %q, present %q", err, c.asked, d.Present())
	}
	if err := d.Resume("ring"); err != nil || !slices.Equal(c.asked, []string{"camera 3400 0s"}) || d.Present() != "ring" {
		t.Errorf("%v, %q, present %q", err, c.asked, d.Present())
	}
	if err := d.Resume("quiet"); err != nil || len(c.asked) != 1 || d.Present() != "ring" {
		t.Errorf("a look was taken up over one that somebody had set: %v, %q, present %q", err, c.asked, d.Present())
	}
	c.fails = true
	lost := NewDirector(c.stage(), rings, noCards(t))
	if err := lost.Resume("ring"); err == nil || lost.Present() != "" {
		t.Errorf("the camera refused: %v, present %q", err, lost.Present())
	}
}
