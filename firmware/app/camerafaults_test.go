package app

import (
	"strings"
	"testing"
	"time"

	"studiobox/drivers/button"
	"studiobox/encoder/boxcam"
	"studiobox/firmware/health"
	"studiobox/firmware/session"
)

// untilTold reports conditions, as the conductor does, until one shows.
func untilTold(t *testing.T, b *box, code, within string) {
	t.Helper()
	await(t, code+" does not show with "+within, func() bool {
		b.reportConditions(session.State{})
		detail, active := b.tells(code)
		return active && strings.Contains(detail, within)
	})
}

func TestAMicrophoneOnTheBoxThatIsDeadIsToldAndLetsNoShowBeginThatNeedsSound(t *testing.T) {
	b := stillBox(t, "test: 320x240@15 alsa:hw:97,0", "require_audio = true")
	own := ownTestCamera(t, "test: 320x240@15 alsa:hw:97,0")
	b.picture.camera = own
	await(t, "no picture", func() bool { return own.Stats().Connected })
	if own.Stats().Media.Audio != nil || !b.failing(health.CheckAudio) {
		t.Errorf("a dead microphone counts as sound: %+v, %v", own.Stats().Media.Audio, b.Check())
	}
	untilTold(t, b, health.CameraNoAudio, "")
	if detail, _ := b.tells(health.CameraNoAudio); detail == "" {
		t.Error("the reason is not told")
	}
}

func TestAMicrophoneThatIsHeardIsSound(t *testing.T) {
	b := stillBox(t, "test: 320x240@15 tone:", "require_audio = true")
	own := ownTestCamera(t, "test: 320x240@15 tone:")
	b.picture.camera = own
	await(t, "no sound", func() bool { return own.Stats().Media.Audio != nil })
	if b.failing(health.CheckAudio) {
		t.Errorf("the gate fails: %v", b.Check())
	}
	b.reportConditions(session.State{})
	if _, active := b.tells(health.CameraNoAudio); active {
		t.Error("it is told as silent")
	}
}

func TestAMicrophoneThatNobodyWiredIsNotMissed(t *testing.T) {
	b := stillBox(t, "test: 320x240@15", "")
	own := ownTestCamera(t, "test: 320x240@15")
	b.picture.camera = own
	if err := own.camera.Set(boxcam.Settings{Shutter: 10 * time.Millisecond, WhiteBalance: 5000}); err != nil {
		t.Fatal(err)
	}
	untilTold(t, b, health.CameraSettings, "shutter: ") // by now silence would be told, too
	if detail, _ := b.tells(health.CameraSettings); !strings.Contains(detail, "white balance: ") {
		t.Errorf("only %q", detail)
	}
	if _, active := b.tells(health.CameraNoAudio); active {
		t.Error("silence is told where there is no microphone")
	}
	if err := own.camera.Set(boxcam.Settings{}); err != nil {
		t.Fatal(err)
	}
	await(t, "it lacks what is not asked for", func() bool {
		b.reportConditions(session.State{})
		_, active := b.tells(health.CameraSettings)
		return !active
	})
}

func TestABrokenButtonIsToldByItsRoleAndOneThatRecoversHidesNoOther(t *testing.T) {
	b := stillBox(t, "test: 320x240@15", "")
	for _, step := range []struct {
		name       string
		kind       button.Kind
		stuck, cut string
	}{
		{"button.look2", button.Stuck, "button.look2", ""},
		{"button.golive", button.Cut, "button.look2", "button.golive"},
		{"button.golive", button.Recovered, "button.look2", ""},
		{"button.golive", button.Down, "button.look2", ""},
		{"button.look1", button.Stuck, "button.look1, button.look2", ""},
		{"button.look2", button.Recovered, "button.look1", ""},
		{"button.look1", button.Cut, "", "button.look1"},
		{"button.look1", button.Up, "", ""},
	} {
		b.reportButton(step.name, step.kind)
		stuck, isStuck := b.tells(health.ButtonStuck)
		cut, isCut := b.tells(health.ButtonCut)
		if stuck != step.stuck || cut != step.cut || isStuck != (step.stuck != "") || isCut != (step.cut != "") {
			t.Errorf("%s %v: stuck %q, cut %q", step.name, step.kind, stuck, cut)
		}
	}
}

func TestLooksAreSetFromAfarWhereTheCameraTakesThemThoughNoLampIsFitted(t *testing.T) {
	for camera, want := range map[string]int{"csi:0": 5, "test:": 0} {
		b := stillBox(t, camera, "[mqtt]\nbroker = \"tcp://127.0.0.1:9\"")
		dark := *b.snapshots.Snapshot()
		dark.Studio.Light = false
		b.snapshots.store(&dark)
		if got := len(b.Situation().Looks); got != want {
			t.Errorf("%s: %d looks can be ordered, want %d", camera, got, want)
		}
	}
}
