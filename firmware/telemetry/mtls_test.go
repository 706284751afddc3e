package telemetry

import (
	"crypto/tls"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestABoxWithItsCertificateIsLetInAndOthersAreToldWhy(t *testing.T) {
	good, other := newAuthority(t), newAuthority(t)
	long := time.Now().Add(-time.Hour)
	for _, c := range []struct {
		name    string
		own     tls.Certificate // of the broker
		trust   *authority      // of the box
		shown   []tls.Certificate
		want    string // part of the error; empty: it connects
		refused bool
	}{
		{"both good", good.issue(t, "broker", inAnHour(), loopback()), good, []tls.Certificate{good.issue(t, box, inAnHour())}, "", false},
		{"box of another authority", good.issue(t, "broker", inAnHour(), loopback()), good, []tls.Certificate{other.issue(t, box, inAnHour())}, "refused this box's certificate", true},
		{"box's certificate expired", good.issue(t, "broker", inAnHour(), loopback()), good, []tls.Certificate{good.issue(t, box, long)}, "refused this box's certificate", true},
		{"no certificate", good.issue(t, "broker", inAnHour(), loopback()), good, nil, "refused this box's certificate", true},
		{"broker of another authority", other.issue(t, "broker", inAnHour(), loopback()), good, []tls.Certificate{good.issue(t, box, inAnHour())}, "name the authority's file in mqtt.ca_file", false},
		{"broker's certificate expired", good.issue(t, "broker", long, loopback()), good, []tls.Certificate{good.issue(t, box, inAnHour())}, "check the clock of this box", false},
		{"broker with another name", good.issue(t, "broker", inAnHour(), net.IPv4(127, 0, 0, 9)), good, []tls.Certificate{good.issue(t, box, inAnHour())}, "check the host in mqtt.broker", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEachBroker(t, false, func(t *testing.T, b broker) {
				b.secure(t, c.own, good)
				running(t, b)
				s := report(t, Config{Broker: "ssl://" + b.addr(), TLS: &tls.Config{RootCAs: c.trust.pool, Certificates: c.shown}}, quickPace())
				eventually(t, c.want, func() bool {
					got := s.Stats()
					return got.Connected == (c.want == "") && got.Refused == c.refused && strings.Contains(got.LastError, c.want)
				})
				s.end()
			})
		})
	}
}

func TestACertificateThatIsNotThisBoxsIsRefusedAtOnce(t *testing.T) {
	a := newAuthority(t)
	own := a.issue(t, box, inAnHour())
	bare := own
	bare.Leaf = nil
	for _, c := range []struct {
		broker string
		shown  tls.Certificate
		want   string
	}{
		{"ssl://broker", own, ""},
		{"ssl://broker", bare, ""},
		{"ssl://broker", a.issue(t, "SB-000000", inAnHour()), `the certificate is for "SB-000000" and this box is "` + box + `"; put the right one into mqtt.cert_file or mend box.id`},
		{"tcp://broker", own, "write ssl:// in mqtt.broker"},
		{"ssl://broker", tls.Certificate{Certificate: [][]byte{{1, 2, 3}}}, "the box's certificate cannot be read; check mqtt.cert_file"},
	} {
		cfg := Config{Broker: c.broker, Tenant: tenant, Box: box, TLS: &tls.Config{Certificates: []tls.Certificate{c.shown}}}
		_, err := New(cfg, newStudio(), slog.New(slog.DiscardHandler))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %s", c.broker, err, c.want)
		}
	}
}

func TestACertificateThatIsRenewedLetsTheBoxInWithoutARestart(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		a := newAuthority(t)
		b.secure(t, a.issue(t, "broker", inAnHour(), loopback()), a)
		running(t, b)
		var now atomic.Pointer[tls.Certificate]
		old, fresh := a.issue(t, box, time.Now().Add(-time.Hour)), a.issue(t, box, inAnHour())
		now.Store(&old)
		s := report(t, Config{Broker: "ssl://" + b.addr(), TLS: &tls.Config{RootCAs: a.pool, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return now.Load(), nil
		}}}, quickPace())
		eventually(t, "the old one is refused", func() bool { return s.Stats().Refused })
		if got := s.Stats().CertificateEnds; !got.Equal(old.Leaf.NotAfter) {
			t.Errorf("it ends on %s, want %s", got, old.Leaf.NotAfter)
		}
		now.Store(&fresh)
		eventually(t, "the new one is taken", func() bool { return s.Stats().Connected && s.Stats().CertificateEnds.Equal(fresh.Leaf.NotAfter) })
	})
}

func TestARenewalIsSeenWithinAnHourOfASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthority(t)
		old, fresh := a.issue(t, box, inAnHour()), a.issue(t, box, time.Now().Add(90*24*time.Hour))
		var now atomic.Pointer[tls.Certificate]
		now.Store(&old)
		p := newTape()
		cfg := Config{TLS: &tls.Config{GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return now.Load(), nil }}}
		r, end := dialling(t, cfg, func() (wire, error) { return p, nil })
		defer end()
		time.Sleep(time.Minute)
		if got := r.Stats().CertificateEnds; !got.Equal(old.Leaf.NotAfter) {
			t.Errorf("it ends on %s, want %s", got, old.Leaf.NotAfter)
		}
		now.Store(&fresh)
		time.Sleep(time.Hour)
		if got := r.Stats().CertificateEnds; !got.Equal(fresh.Leaf.NotAfter) {
			t.Errorf("after its renewal it ends on %s, want %s", got, fresh.Leaf.NotAfter)
		}
	})
}

func TestAProbeTellsHowTheBrokerAnswers(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		a := newAuthority(t)
		own := a.issue(t, "broker", inAnHour(), loopback())
		b.secure(t, own, a)
		running(t, b)
		probe := func(addr string, shown ...tls.Certificate) string {
			answer, err := Probe(t.Context(), addr, &tls.Config{RootCAs: a.pool, Certificates: shown})
			if err != nil {
				return err.Error()
			}
			return answer
		}
		for want, got := range map[string]string{
			`answers, TLS 1.3, "broker" until ` + own.Leaf.NotAfter.UTC().Format(time.DateOnly): probe("ssl://"+b.addr(), a.issue(t, box, inAnHour())),
			"refused this box's certificate":               probe("ssl://" + b.addr()),
			"answers, not encrypted":                       probe("tcp://" + b.addr()),
			"nothing listens there":                        probe("ssl://" + freeAddr(t)),
			"the broker's address begins with \"http://\"": probe("http://" + b.addr()),
		} {
			if !strings.Contains(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})
}
