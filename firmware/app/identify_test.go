package app

import (
	"testing"
	"testing/synctest"
	"time"

	"studiobox/drivers/indicator"
	"studiobox/firmware/session"
)

func TestIdentifyIsShownAtRestAndNeverInAShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for phase := session.Idle; phase <= session.Faulted; phase++ {
			var i identify
			i.begin(time.Minute)
			state := session.State{Phase: phase}
			rests := phase == session.Idle || phase == session.Faulted
			if got := i.pattern(state); (got == identifying) != rests {
				t.Errorf("%s: the lamp shows %s", phase, got)
			}
			if got := i.pattern(session.State{Phase: session.Idle}); (got == identifying) != rests {
				t.Errorf("idle after %s: the lamp shows %s", phase, got)
			}
			time.Sleep(time.Minute)
			if got := i.pattern(state); got == identifying {
				t.Errorf("%s: the lamp still shows it", phase)
			}
		}
	})
}

func TestTheLampKnowsHowToIdentify(t *testing.T) {
	if err := indicator.New(indicator.Config{}).Set(identifying); err != nil {
		t.Error(err)
	}
}

func TestTheDisplayTellsARateOfWhatArrivesOnly(t *testing.T) {
	for phase := session.Idle; phase <= session.Faulted; phase++ {
		state := session.State{Phase: phase, Now: 100 * time.Second, LiveSince: 40 * time.Second}
		state.Facts.LastAck = 99 * time.Second
		screen := screenOf(session.Lamp(state), state, 3100)
		if state.OnAir() != (screen.RateKbps == 3100 && screen.Elapsed == time.Minute) || !state.OnAir() && screen.RateKbps >= 0 {
			t.Errorf("%s: %+v", phase, screen)
		}
	}
}
