package session

import (
	"testing"
	"time"
)

func TestAHoldOfOneSecondWithChecksPassedGoesLive(t *testing.T) {
	p := newPlayer(t, Config{})
	p.press(Down).in(Checking).did(RunChecks)
	p.wait(200 * ms).in(Checking).pass().in(Countdown)
	p.wait(750 * ms).in(Countdown).did()
	p.wait(50 * ms).in(Starting).did(StartPublishing)
	p.wait(300 * ms).press(Up).in(Starting)
	p.acking = true
	p.wait(tick).in(Live).did()
	if !p.s.OnAir() || p.s.LiveSince != p.s.Now || p.s.Why != "" {
		t.Errorf("%+v", p.s)
	}
}

func TestAPressShorterThanTheHoldStartsNothing(t *testing.T) {
	p := newPlayer(t, Config{})
	for _, held := range []time.Duration{0, 50 * ms, 500 * ms, 999 * ms} {
		p.press(Down).pass().wait(held).press(Up).in(Idle).did(RunChecks)
		p.wait(5 * time.Second).in(Idle).did()
		if p.s.Why != "" {
			t.Errorf("a press of %v left %q on display", held, p.s.Why)
		}
	}
}

func TestAReleaseBetweenTwoTicksCountsToTheMillisecond(t *testing.T) {
	for held, want := range map[time.Duration]Phase{999 * ms: Idle, 1000 * ms: Starting} {
		p := newPlayer(t, Config{}).press(Down).pass()
		at := p.s.Now + held
		p.wait(950 * ms).do(Event{Kind: Up, At: at}).in(want)
	}
}

func TestTheHoldWaitsForTheChecksAndTheFingerMayLetGo(t *testing.T) {
	p := newPlayer(t, Config{}).press(Down).wait(1100 * ms).in(Checking).press(Up)
	p.wait(1800 * ms).in(Checking).did(RunChecks)
	p.pass().in(Starting).did(StartPublishing)
}

func TestChecksThatNeverAnswerEndInAFault(t *testing.T) {
	p := newPlayer(t, Config{}).press(Down).wait(time.Second)
	p.wait(1950 * ms).in(Checking).wait(tick).in(Faulted).did(RunChecks)
	if p.s.Why != "checks_timeout" {
		t.Errorf("why %q", p.s.Why)
	}
	p.pass().in(Faulted)
}

func TestFailedChecksAreShownAndNothingIsPublished(t *testing.T) {
	p := newPlayer(t, Config{}).press(Down).wait(200 * ms)
	p.do(Event{Kind: ChecksDone, Attempt: p.s.Attempt, Failed: []string{"camera", "clock"}})
	p.wait(750 * ms).in(Checking).wait(tick).in(Faulted).did(RunChecks)
	if p.s.Why != "camera,clock" || Lamp(p.s) != "fault" {
		t.Errorf("why %q, lamp %q", p.s.Why, Lamp(p.s))
	}
	p.press(Up).wait(29900 * ms).in(Faulted).wait(100 * ms).in(Idle).did()
	if p.s.Why != "" {
		t.Errorf("why %q stays", p.s.Why)
	}
}

func TestAShortTouchShowsNoFaultThoughAChecksFails(t *testing.T) {
	p := newPlayer(t, Config{}).press(Down)
	p.do(Event{Kind: ChecksDone, Attempt: p.s.Attempt, Failed: []string{"camera"}})
	p.wait(300 * ms).press(Up).in(Idle)
	if p.s.Why != "" {
		t.Errorf("why %q", p.s.Why)
	}
}

func TestTheNextPressLeavesAFault(t *testing.T) {
	p := to(t, Faulted, Config{})
	p.press(Down).in(Checking).did(RunChecks)
	if p.s.Why != "" {
		t.Errorf("why %q stays during a new attempt", p.s.Why)
	}
	p.pass().wait(time.Second).in(Starting).did(StartPublishing)
}

func TestAnAnswerToAnEarlierAttemptMeansNothing(t *testing.T) {
	p := newPlayer(t, Config{}).press(Down)
	old := p.s.Attempt
	p.press(Up).press(Down).wait(500 * ms)
	p.do(Event{Kind: ChecksDone, Attempt: old}).in(Checking)
	p.wait(time.Second).in(Checking).did(RunChecks, RunChecks)
	p.do(Event{Kind: ChecksDone, Attempt: old, Failed: []string{"disk"}}).in(Checking)
	p.pass().in(Starting)
}

func TestTheFirstAnswerOfTheGateStands(t *testing.T) {
	p := newPlayer(t, Config{}).press(Down)
	p.do(Event{Kind: ChecksDone, Attempt: p.s.Attempt, Failed: []string{"disk"}}).pass()
	p.wait(time.Second).in(Faulted).did(RunChecks)
}

func TestACountdownRunsAfterTheHold(t *testing.T) {
	p := newPlayer(t, Config{Countdown: 3 * time.Second}).press(Down).pass().wait(time.Second).press(Up)
	p.in(Countdown).wait(2950 * ms).in(Countdown).did(RunChecks).wait(tick).in(Starting).did(StartPublishing)
}

func TestAHeldPressCancelsACountdown(t *testing.T) {
	p := newPlayer(t, Config{Countdown: 9 * time.Second}).press(Down).pass().wait(1100 * ms).press(Up)
	p.wait(time.Second).press(Down).wait(1450 * ms).in(Countdown).wait(tick).in(Idle).did(RunChecks)
	p.wait(20 * time.Second).in(Idle).did()
}

func TestAPressHeldAtPowerOnCountsOnlyAfterARelease(t *testing.T) {
	p := &player{t: t, s: New(Config{}), facts: Facts{Connected: true}}
	p.wait(tick).press(Down).wait(5 * time.Second).in(Idle).did()
	p.press(Up).press(Down).in(Checking)
}

func TestADoubleDownIsOnePress(t *testing.T) {
	p := newPlayer(t, Config{}).press(Down).pass().wait(600 * ms).press(Down).wait(400 * ms)
	p.in(Starting).did(RunChecks, StartPublishing)
}

func TestAStuckOrCutLineEndsAnAttemptAndWaitsForItsRelease(t *testing.T) {
	for _, kind := range []Kind{Stuck, Cut} {
		p := newPlayer(t, Config{}).press(Down).pass().wait(500 * ms).press(kind).in(Idle).did(RunChecks)
		if p.s.Why != "line_button" {
			t.Errorf("why %q", p.s.Why)
		}
		p.press(Down).wait(5 * time.Second).in(Idle).did()
		p.press(Recovered).press(Down).in(Checking)
	}
}

func TestAShowThatAStuckOrCutLineAskedForEnds(t *testing.T) {
	for _, kind := range []Kind{Stuck, Cut} {
		p := newPlayer(t, Config{}).press(Down).pass()
		p.acking = true
		p.wait(9*time.Second).in(Live).press(kind).in(Stopping).did(RunChecks, StartPublishing, StopPublishing)
		p.wait(StopWithin).in(Faulted)
		if p.s.Why != "line_button" {
			t.Errorf("why %q", p.s.Why)
		}
		p.press(Recovered).press(Down).in(Checking)
		// Before air it comes to nothing.
		p = newPlayer(t, Config{CheckWait: time.Minute}).press(Down).wait(9 * time.Second).in(Checking).press(kind).in(Faulted)
		p.pass().wait(time.Minute).in(Idle).did(RunChecks)
		// The show of another press goes on.
		p = newPlayer(t, Config{}).press(Down).pass()
		p.acking = true
		p.wait(2 * time.Second).press(Up).press(Down).wait(time.Second).press(kind).wait(time.Minute).in(Live)
	}
}

func TestAWireThatClosesAgainAfterSecondsIsNoFinger(t *testing.T) {
	for held, want := range map[time.Duration]Phase{5 * time.Second: Starting, 5*time.Second + tick: Idle, 9 * time.Second: Idle} {
		p := newPlayer(t, Config{ActOnRelease: true}).press(Down).pass().wait(held).press(Up).in(want)
		if want == Idle && p.s.Why != "line_button" {
			t.Errorf("why %q", p.s.Why)
		}
	}
}

func TestAStallOfTheProgramIsNoHold(t *testing.T) {
	p := newPlayer(t, Config{}).press(Down).pass().wait(300 * ms)
	// The finger let go during a stall of 3 s; the tick is seen before the Up.
	at := p.s.Now + 100*ms
	p.do(Event{Kind: Tick, At: p.s.Now + 3*time.Second, Facts: p.facts}).in(Countdown)
	p.do(Event{Kind: Up, At: at}).in(Idle).did(RunChecks)
}

func TestAStartFromAfarNeedsTheBusinesssConsent(t *testing.T) {
	for _, from := range []Source{Button, Panel, MQTT, Schedule, Fault} {
		p := newPlayer(t, Config{}).do(Event{Kind: Start, Source: from}).in(Idle).did()
		if p.s.Why != "remote_start" {
			t.Errorf("%v: why %q", from, p.s.Why)
		}
		p.wait(31 * time.Second)
		if p.s.Why != "" {
			t.Errorf("%v: the refusal stays for ever", from)
		}
		p = newPlayer(t, Config{RemoteStart: true}).do(Event{Kind: Start, Source: from})
		p.in(Checking).wait(time.Second).in(Checking).pass().in(Starting).did(RunChecks, StartPublishing)
	}
}

func TestAPressOnThePageNeedsTheSameConsent(t *testing.T) {
	newPlayer(t, Config{}).do(Event{Kind: Down, Source: Panel}).in(Idle).did()
	p := newPlayer(t, Config{RemoteStart: true}).do(Event{Kind: Down, Source: Panel}).in(Checking)
	p.pass().wait(950 * ms).in(Countdown).wait(tick).in(Starting)
}

func TestOnlyTheBoxsOwnPageGivesConsent(t *testing.T) {
	for by := range sources {
		p := newPlayer(t, Config{}).do(Event{Kind: Permit, Source: by, Allowed: true})
		if p.s.Config.RemoteStart != (by == Panel) {
			t.Errorf("%v: remote start is %v", by, p.s.Config.RemoteStart)
		}
	}
}

func TestOnlyTheFingerThatBeganCountsForTheHold(t *testing.T) {
	p := newPlayer(t, Config{RemoteStart: true}).press(Down).pass().wait(500 * ms)
	p.do(Event{Kind: Down, Source: Panel}).wait(100 * ms).do(Event{Kind: Up, Source: Panel}).in(Countdown)
	p.do(Event{Kind: Down, Source: Panel}).press(Up).in(Idle).wait(3 * time.Second).in(Idle).did(RunChecks)
}

func TestWithActOnReleaseTheHoldCountsWhenTheFingerLetsGo(t *testing.T) {
	p := newPlayer(t, Config{ActOnRelease: true}).press(Down).pass().wait(2 * time.Second).in(Countdown).did(RunChecks)
	p.press(Up).in(Starting).did(StartPublishing)
	p.acking = true
	p.wait(tick).in(Live).press(Down).wait(3 * time.Second).in(Live).press(Cut).wait(time.Second).in(Live)
	p.press(Recovered).press(Down).wait(1500 * ms).in(Live).press(Up).in(Stopping).did(StopPublishing)
	newPlayer(t, Config{ActOnRelease: true}).press(Down).pass().wait(9 * time.Second).press(Cut).in(Idle).did(RunChecks)
	newPlayer(t, Config{ActOnRelease: true}).press(Down).pass().wait(900 * ms).press(Up).in(Idle).did(RunChecks)
}
