package session

import (
	"testing"
	"time"
)

var showing = []Phase{Starting, Live, Degraded, Reconnecting}

func TestAHoldOfOneAndAHalfSecondsStopsAShow(t *testing.T) {
	for _, phase := range showing {
		p := to(t, phase, Config{}).press(Down).wait(1450 * ms).in(phase).did()
		p.wait(tick).in(Stopping).did(StopPublishing)
		p.do(Event{Kind: Stopped, Attempt: p.s.Attempt}).in(Idle)
		if Lamp(p.s) != "idle" || p.s.Why != "" || p.s.LiveSince != 0 {
			t.Errorf("%v: %+v", phase, p.s)
		}
		p.wait(5 * time.Second).in(Idle).did() // the finger is still down
		p.press(Up).press(Down).in(Checking)
	}
}

func TestAPressShorterThanTheStopHoldStopsNothing(t *testing.T) {
	for _, phase := range showing {
		p := to(t, phase, Config{})
		for range 3 {
			p.press(Down).wait(1450 * ms).press(Up).in(phase).did()
		}
	}
}

func TestThePressThatStartedDoesNotStop(t *testing.T) {
	p := newPlayer(t, Config{}).press(Down).pass()
	p.acking = true
	p.wait(9*time.Second).in(Live).did(RunChecks, StartPublishing)
	p.press(Up).wait(time.Minute).in(Live).did()
	p.press(Down).wait(1500 * ms).in(Stopping)
}

func TestAPressThatBeganBeforeTheShowDoesNotStopIt(t *testing.T) {
	p := newPlayer(t, Config{RemoteStart: true}).do(Event{Kind: Down, Source: Panel}).press(Down).pass()
	p.acking = true
	p.wait(9 * time.Second).in(Live)

	p = newPlayer(t, Config{RemoteStart: true, ActOnRelease: true}).do(Event{Kind: Down, Source: Panel}).press(Down).pass()
	p.acking = true
	p.wait(5 * time.Second).in(Live).press(Up).in(Live)
}

func TestAStuckOrCutLineStopsNothing(t *testing.T) {
	for _, kind := range []Kind{Stuck, Cut} {
		p := to(t, Live, Config{}).press(Down).wait(time.Second).press(kind).wait(time.Minute).in(Live).did()
		p.press(Recovered).wait(time.Minute).in(Live).did()
	}
}

func TestAnyoneMayStopAShow(t *testing.T) {
	for _, phase := range showing {
		for _, by := range []Source{Button, Panel, MQTT, Schedule} {
			p := to(t, phase, Config{}).do(Event{Kind: Stop, Source: by}).in(Stopping)
			if !p.audited("stopped_" + by.String()) {
				t.Errorf("%v by %v leaves no record: %v", phase, by, p.actions)
			}
			p.did(StopPublishing).do(Event{Kind: Stopped, Attempt: p.s.Attempt}).in(Idle)
		}
	}
}

func TestTheBoxMayStopAShowAndSaysWhy(t *testing.T) {
	p := to(t, Live, Config{}).do(Event{Kind: Stop, Source: Fault, Reason: "temperature"}).in(Stopping)
	p.wait(StopWithin).in(Faulted)
	if p.s.Why != "temperature" {
		t.Errorf("why %q", p.s.Why)
	}
	p = to(t, Countdown, Config{}).do(Event{Kind: Stop, Source: Fault}).in(Faulted).did()
	if p.s.Why != "box" {
		t.Errorf("why %q", p.s.Why)
	}
}

func TestAStopEndsInTwoSecondsWhateverThePeerDoes(t *testing.T) {
	for _, phase := range showing {
		p := to(t, phase, Config{}).do(Event{Kind: Stop, Source: Panel}).in(Stopping)
		if a := p.actions[0]; a.Do != StopPublishing || a.Within != StopWithin {
			t.Errorf("ordered %+v", a)
		}
		p.do(Event{Kind: Stopped, Attempt: p.s.Attempt - 1}).in(Stopping) // somebody else's
		p.wait(1950 * ms).in(Stopping).wait(tick).in(Idle)
	}
}

func TestAStopBeforeAirLeavesNothingBehind(t *testing.T) {
	for _, phase := range []Phase{Checking, Countdown} {
		p := to(t, phase, Config{}).do(Event{Kind: Stop, Source: Panel}).in(Idle)
		p.wait(10 * time.Second).in(Idle).did()
	}
}

func TestAStopTakesAFaultOffTheDisplay(t *testing.T) {
	p := to(t, Faulted, Config{}).do(Event{Kind: Stop, Source: Panel}).in(Idle)
	if p.s.Why != "" {
		t.Errorf("why %q", p.s.Why)
	}
}

func TestShutdownStopsEverythingAndNothingStartsAgain(t *testing.T) {
	for phase := range phases {
		want := []Do{HaltMotion}
		if to(t, phase, Config{}).s.Phase >= Starting && phase <= Reconnecting {
			want = []Do{StopPublishing, HaltMotion}
		}
		p := to(t, phase, Config{RemoteStart: true}).do(Event{Kind: Shutdown}).did(want...)
		p.do(Event{Kind: Shutdown}).did()
		p.wait(40 * time.Second).in(Idle)
		p.press(Up).press(Down).pass().wait(3 * time.Second).press(Up)
		p.do(Event{Kind: Start, Source: MQTT}).pass().in(Idle).did()
	}
}

func TestAPressDuringStoppingStartsNothing(t *testing.T) {
	p := to(t, Stopping, Config{}).press(Down).wait(10 * time.Second).in(Idle).did()
	p.press(Up).press(Down).in(Checking)
}
