package telemetry

import (
	"crypto/tls"
	"testing"
	"time"

	"studiobox/firmware/telemetry/spool"
	"studiobox/provisioning/contract"
)

func TestTwoBoxesWithOneIdentityAreSeenAtRealBrokers(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		a := newAuthority(t)
		b.secure(t, a.issue(t, "broker", inAnHour(), loopback()), a)
		running(t, b)
		cfg := Config{Broker: "ssl://" + b.addr(), Listen: true, TLS: &tls.Config{RootCAs: a.pool, Certificates: []tls.Certificate{a.issue(t, box, inAnHour())}}}
		p := quickPace()
		p.retry.First, p.retry.Max = 300*time.Millisecond, time.Second
		first, second := report(t, cfg, p), report(t, cfg, p)
		eventually(t, "both see the clash", func() bool { return first.Stats().Clashing || second.Stats().Clashing })
		before := first.Stats().Connects + second.Stats().Connects
		<-time.After(time.Second)
		if n := first.Stats().Connects + second.Stats().Connects - before; n > 2 {
			t.Errorf("%d connections in the second after the clash was seen", n)
		}
	})
}

func TestALineThatBreaksTenTimesIsNoClashAtRealBrokers(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		running(t, b)
		l := newLine(t, b.addr())
		s := report(t, Config{Broker: l.url(), Listen: true}, quickPace())
		for n := range uint64(10) {
			eventually(t, "connected", func() bool { return s.Stats().Connects > n && s.Stats().Connected })
			l.cut(false)
		}
		eventually(t, "connected", func() bool { return s.Stats().Connects > 10 })
		if got := s.Stats(); got.Clashes > 0 || got.Clashing {
			t.Errorf("%+v", got)
		}
	})
}

func TestABrokerThatForbidsEventsOnlyLosesEvents(t *testing.T) {
	b := newEmbedded(t, false) // it ends the connection; mosquitto takes the event and drops it
	b.forbid(t, contract.KindEvent)
	running(t, b)
	sp := keep(t, spool.Limits{})
	sp.Add("x", contract.SeverityInfo, "", "", false)
	s := report(t, Config{Broker: "tcp://" + b.addr(), Spool: sp}, quickPace())
	eventually(t, "the denial is seen", func() bool { return s.Stats().EventsDenied && s.Stats().Connected })
	before := s.Stats().Connects
	<-time.After(time.Second)
	if got := s.Stats(); got.Connects != before || !got.Connected || got.Clashing || sp.Stats().Kept != 1 {
		t.Errorf("%d connections more, %+v, %d events kept", got.Connects-before, got, sp.Stats().Kept)
	}
}
