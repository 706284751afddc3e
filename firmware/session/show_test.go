package session

import (
	"testing"
	"time"
)

func TestStartingNeedsMediaOfThisShowOnALineThatCarriesIt(t *testing.T) {
	p := newPlayer(t, Config{})
	p.facts.LastAck = tick // of an earlier show
	p.toStarting()
	p.wait(time.Second).in(Starting)
	p.facts.LineOK, p.acking = false, true
	p.wait(time.Second).in(Starting)
	p.facts.LineOK, p.facts.Connected = true, false
	p.wait(time.Second).in(Starting)
	p.facts.Connected = true
	p.wait(tick).in(Live)
}

func TestAStartThatTakesTooLongEndsInAFaultWithItsReason(t *testing.T) {
	for _, c := range []struct {
		why    string
		change func(*player)
	}{
		{"ingest", func(*player) {}},
		{"line", func(p *player) { p.acking, p.facts.LineOK = true, false }},
	} {
		p := newPlayer(t, Config{}).toStarting()
		c.change(p)
		p.wait(9950 * ms).in(Starting).wait(tick).in(Stopping).did(StopPublishing)
		p.do(Event{Kind: Stopped, Attempt: p.s.Attempt}).in(Faulted)
		if p.s.Why != c.why {
			t.Errorf("why %q, want %q", p.s.Why, c.why)
		}
	}
}

func TestPublishingThatCannotSucceedIsAFaultAtOnce(t *testing.T) {
	p := newPlayer(t, Config{}).toStarting()
	p.do(Event{Kind: Failed, Attempt: p.s.Attempt - 1, Reason: "old"}).in(Starting)
	p.do(Event{Kind: Failed, Attempt: p.s.Attempt, Reason: "ingest_auth"}).in(Stopping).did(StopPublishing)
	p.wait(2 * time.Second).in(Faulted)
	if p.s.Why != "ingest_auth" {
		t.Errorf("why %q", p.s.Why)
	}
}

func TestTheLampIsRedOnlyForTwoSecondsAfterTheLastAcknowledgement(t *testing.T) {
	p := newPlayer(t, Config{}).toLive()
	p.acking = false
	last := p.facts.LastAck
	for p.s.Now < last+OnAirFor {
		p.wait(tick)
		if !p.s.OnAir() || Lamp(p.s) != "on_air" {
			t.Fatalf("dark %v after the last acknowledgement", p.s.Now-last)
		}
	}
	p.wait(ms).in(Reconnecting)
	if p.s.OnAir() || Lamp(p.s) != "reconnecting" {
		t.Errorf("lamp %q", Lamp(p.s))
	}
}

func TestALostConnectionIsSeenAtOnce(t *testing.T) {
	p := newPlayer(t, Config{}).toLive()
	p.facts.Connected = false
	p.wait(tick).in(Reconnecting)
	if Lamp(p.s) == "on_air" {
		t.Error("red without a connection")
	}
}

func TestReconnectingGoesOnForEverAndEndsWithANewAcknowledgement(t *testing.T) {
	p := to(t, Reconnecting, Config{})
	since := p.s.LiveSince
	p.wait(24 * time.Hour).in(Reconnecting).did()
	p.acking = true
	p.wait(tick).in(Live)
	if p.s.LiveSince != since {
		t.Error("a break made a new show")
	}
}

func TestAnOldAcknowledgementDoesNotEndReconnecting(t *testing.T) {
	p := newPlayer(t, Config{}).toLive()
	p.facts.Connected, p.acking = false, false
	p.wait(tick)
	p.facts.Connected = true
	p.wait(time.Second).in(Reconnecting)
}

func TestReconnectingGivesUpWhenToldTo(t *testing.T) {
	p := to(t, Reconnecting, Config{GiveUp: time.Minute})
	p.wait(time.Minute).in(Stopping).did(StopPublishing).wait(StopWithin).in(Faulted)
	if p.s.Why != "gave_up" {
		t.Errorf("why %q", p.s.Why)
	}
}

func TestTroubleDegradesAfterASecondAndIsOverAfterThree(t *testing.T) {
	p := newPlayer(t, Config{}).toLive()
	for range 20 { // trouble that comes and goes is none
		p.facts.Trouble = "camera"
		p.wait(500 * ms)
		p.facts.Trouble = ""
		p.wait(100 * ms).in(Live)
	}
	p.facts.Trouble = "standing_queue"
	p.wait(1050 * ms).in(Degraded)
	if !p.s.OnAir() || Lamp(p.s) != "degraded" {
		t.Errorf("on air %v, lamp %q", p.s.OnAir(), Lamp(p.s))
	}
	p.facts.Trouble = ""
	p.wait(3000 * ms).in(Degraded).wait(tick).in(Live).did()
}

func TestADegradedShowReconnectsToo(t *testing.T) {
	p := to(t, Degraded, Config{})
	p.acking = false
	p.wait(2050 * ms).in(Reconnecting)
}

func TestAnAcknowledgementFromTheFutureLightsNothing(t *testing.T) {
	p := newPlayer(t, Config{}).toStarting()
	p.facts.LastAck = p.s.Now + time.Hour
	p.wait(time.Second).in(Starting)
	p.facts.LastAck = -time.Hour
	p.wait(time.Second).in(Starting)
	p.facts.LastAck = p.s.Now + 60*ms // another goroutine's stamp, a little later
	p.wait(tick).in(Live)
	p.wait(1900 * ms).in(Live).wait(200 * ms).in(Reconnecting)
}

func TestAnEventStampedInThePastHappensNow(t *testing.T) {
	p := newPlayer(t, Config{}).toLive()
	now := p.s.Now
	p.do(Event{Kind: Stop, Source: Panel, At: now - time.Second}).in(Stopping)
	if p.s.Now != now || p.s.Since != now {
		t.Errorf("now %v, since %v, want %v", p.s.Now, p.s.Since, now)
	}
}
