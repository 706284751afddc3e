package fleet

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"studiobox/provisioning/fleet/swarm"
)

// The bench's size and limits.
const (
	benchBoxes = 10_000
	benchRamp  = 250              // first connections a second; a quarter of it where each begins with a TLS handshake
	benchWatch = 90 * time.Second // of the steady fleet: each box says its health at least once
	mostLag    = time.Second      // p99
	mostPage   = 200 * time.Millisecond
	mostBack   = 3 * time.Minute
	mostPeak   = benchBoxes / 20 // sessions that begin within one second
)

func TestBenchTenThousandBoxesAtTheEmbeddedBroker(t *testing.T) {
	l := benched(t)
	l.embedded(t)
	l.console(t)
	l.bench(t)
}

func TestBenchTenThousandBoxesAtMosquittoWithCertificates(t *testing.T) {
	l := benched(t)
	l.mosquitto(t)
	l.console(t, "--ca", l.path("boxes-ca.pem"))
	l.bench(t)
}

func benched(t *testing.T) *load {
	t.Helper()
	if os.Getenv("STUDIOBOX_BENCH") == "" {
		t.Skip("runs with make bench-fleet")
	}
	if err := needFiles(benchBoxes + 500); err != nil {
		t.Fatal(err)
	}
	return newLoad(t, benchBoxes)
}

// mosquitto starts Debian's broker with the files that studiofleet acl writes.
func (l *load) mosquitto(t *testing.T) {
	t.Helper()
	authority := l.papers(t)
	paper, err := swarm.NewPaper(authority)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := trustOf(l.path("boxes-ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	l.trust = swarm.Config{TLS: trust, Paper: paper}
	var conf, told strings.Builder
	if code := Run(t.Context(), []string{"acl", "--boxes", l.path("boxes.csv"), "--out", l.path("acl")}, nil, &conf, &told); code != 0 {
		t.Fatal(told.String())
	}
	_, boxPort, _ := net.SplitHostPort(freeAddress(t))
	_, accountPort, _ := net.SplitHostPort(freeAddress(t))
	text := strings.NewReplacer("listener 8883", "listener "+boxPort+" 127.0.0.1", "listener 8884", "listener "+accountPort+" 127.0.0.1",
		"/etc/mosquitto", l.dir, "persistence true", "user root\nlog_type error\npersistence false").Replace(conf.String())
	l.url = "ssl://127.0.0.1:" + boxPort
	if err := os.WriteFile(l.path("mosquitto.conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mosquitto_passwd", "-c", "-b", l.path("passwords"), "console", benchPassword).CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_passwd: %v: %s", err, out)
	}
	l.accounts = "ssl://127.0.0.1:" + accountPort
	l.again = func(t *testing.T) *child { return start(t, exec.Command("mosquitto", "-c", l.path("mosquitto.conf"))) }
	l.broker = l.again(t)
}

// papers writes an authority and a broker's certificate.
func (l *load) papers(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	issue := func(template *x509.Certificate, issuer *x509.Certificate, name string) []byte {
		der, err := x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(l.path(name), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return der
	}
	own := issue(template, template, "boxes-ca.pem")
	issue(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "broker"}, NotBefore: template.NotBefore, NotAfter: template.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, template, "broker.pem")
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.path("broker.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{own}, PrivateKey: key}
}

// bench watches a fleet with troubles, and then the way back of a peaceful one
// after the broker was killed.
func (l *load) bench(t *testing.T) {
	empty := [2]int{l.broker.kB(t, "VmRSS"), l.serve.kB(t, "VmRSS")}
	_, stop := l.live(t, swarm.Lively(), swarm.RealPace(), l.ramp())
	time.Sleep(time.Duration(benchBoxes/l.ramp()) * time.Second)
	before, began, work := l.figures(t), time.Now(), [3]time.Duration{l.broker.cpu(t), l.serve.cpu(t), own(t)}
	time.Sleep(benchWatch)
	after, seconds := l.figures(t), time.Since(began).Seconds()
	p50, p99 := after.lag(before, 0.5), after.lag(before, 0.99)
	received := (after["studiofleet_messages_received_total"] - before["studiofleet_messages_received_total"]) / seconds
	page := l.pages(t)
	t.Logf("steady, with troubles: %.0f messages/s, lag p50 <= %s, p99 <= %s, dropped %.0f", received, p50, p99, after["studiofleet_messages_dropped_total"])
	t.Logf("page of needs attention: median %s, worst %s of %d", page[len(page)/2], page[len(page)-1], len(page))
	t.Logf("processor: broker %.0f %%, console %.0f %%, swarm %.0f %% of one core", share(l.broker.cpu(t)-work[0], seconds), share(l.serve.cpu(t)-work[1], seconds), share(own(t)-work[2], seconds))
	t.Logf("memory: broker %.1f kB, console %.1f kB, swarm %.1f kB a box", per(l.broker.kB(t, "VmRSS")-empty[0]), per(l.serve.kB(t, "VmRSS")-empty[1]), memoryPer(benchBoxes))
	if p99 > mostLag || page[len(page)/2] > mostPage || after["studiofleet_messages_dropped_total"] > 0 {
		t.Errorf("beyond the limits: lag %s, page %s", mostLag, mostPage)
	}
	stop()
	l.wayBack(t)
}

// ramp is how many boxes begin a second.
func (l *load) ramp() int {
	if l.trust.Paper != nil {
		return benchRamp / 4
	}
	return benchRamp
}

// wayBack kills the broker and watches the boxes return.
func (l *load) wayBack(t *testing.T) {
	m, stop := l.live(t, swarm.Peaceful(), swarm.RealPace(), l.ramp())
	defer stop()
	within(t, 10*time.Minute, "every box is there", func() bool { return m.Figures().Connected == benchBoxes })
	work := l.serve.cpu(t)
	l.broker.kill()
	time.Sleep(2 * time.Second)
	before, began := l.figures(t), time.Now()
	l.broker = l.again(t)
	last, reached := time.NewTimer(mostBack), map[int]time.Duration{}
	for tick := time.NewTicker(100 * time.Millisecond); len(reached) < 4; {
		for _, percent := range []int{50, 90, 99, 100} {
			if _, done := reached[percent]; !done && m.Figures().Connected >= benchBoxes*percent/100 {
				reached[percent] = time.Since(began).Round(100 * time.Millisecond)
			}
		}
		select {
		case <-tick.C:
		case <-last.C:
			t.Errorf("after %s only %d of %d are back", mostBack, m.Figures().Connected, benchBoxes)
			reached[100] = mostBack
			tick.Stop()
			t.Logf("way back: %v", reached)
			return
		}
	}
	after, f := l.figures(t), m.Figures()
	t.Logf("way back after a restart of the broker: 50 %% %s, 90 %% %s, 99 %% %s, all %s; at most %d sessions began within a second (%.1f %% of the fleet); %d attempts failed, %d were lost again",
		reached[50], reached[90], reached[99], reached[100], m.Peak(began), 100*float64(m.Peak(began))/benchBoxes, f.Failed, f.Lost-benchBoxes)
	t.Logf("console meanwhile: lag p99 <= %s, processor %.0f %% of one core, calls %d boxes offline", after.lag(before, 0.99), share(l.serve.cpu(t)-work, time.Since(began).Seconds()), after.boxes("offline", "never_seen"))
	if m.Peak(began) > mostPeak {
		t.Errorf("a stampede: more than %d sessions began within a second", mostPeak)
	}
	within(t, 5*time.Minute, "the console calls nobody offline", func() bool { return l.figures(t).boxes("offline", "never_seen") == 0 })
}

// pages reads the page of needs attention some times; the times, sorted.
func (l *load) pages(t *testing.T) []time.Duration {
	var times []time.Duration
	for range 21 {
		began := time.Now()
		if text := l.page.get(t, l.page.base+"/"); len(text) < 1000 {
			t.Errorf("that is no page: %s", text)
		}
		times = append(times, time.Since(began).Round(time.Millisecond/10))
		time.Sleep(300 * time.Millisecond)
	}
	slices.Sort(times)
	return times
}

// own is the processor time of this program, which holds the boxes.
func own(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func share(work time.Duration, seconds float64) float64 { return 100 * work.Seconds() / seconds }

func per(kB int) float64 { return float64(kB) / benchBoxes }
