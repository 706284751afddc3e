package rtspcam

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"

	"studiobox/encoder/unit"
)

const secret = "s3cret%2Fword" // s3cret/word

// run pulls once and gives the error, which must be one line without the password.
func run(t *testing.T, cfg Config) error {
	t.Helper()
	cfg.Epoch = time.Now()
	cam, err := New(cfg, unit.SinkFunc(func(*unit.Unit) {}), nil)
	if err == nil {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		err = cam.Run(ctx)
	}
	if err == nil {
		t.Fatal("no error")
	}
	text := err.Error()
	if strings.ContainsAny(text, "\n\r") || strings.Contains(text, "s3cret") || len(text) > 300 {
		t.Errorf("error is not fit to be shown: %q", text)
	}
	if !strings.HasPrefix(text, "camera ") {
		t.Errorf("error does not say what it is about: %q", text)
	}
	t.Log(text)
	return err
}

func TestAnAddressThatIsNoneIsRefusedBeforeDialling(t *testing.T) {
	for _, url := range []string{
		"", "camera.local", "http://user:" + secret + "@camera/", "rtsp://", "rtsp://user:" + secret + "@",
		"rtsp://user:" + secret + "@host:port/", "rtsp://user:wo@s3cret@ho st/x", "rtsp://user:s3cret%@host/",
	} {
		cfg := Config{URL: url}
		if _, err := New(cfg, nil, nil); err == nil {
			t.Errorf("%q is accepted", url)
			continue
		}
		_ = run(t, cfg)
	}
	if _, err := New(Config{URL: "rtsp://camera/", Transport: "pigeon"}, nil, nil); err == nil {
		t.Error("an unknown transport is accepted")
	}
	if _, err := New(Config{URL: "rtsps://camera/", Transport: "udp"}, nil, nil); err == nil {
		t.Error("rtsps over bare UDP is accepted")
	}
}

func TestAWrongPasswordIsNamedAndTheRightOneWorks(t *testing.T) {
	t.Parallel()
	fake := &fakeCamera{t: t, film: film{setsInSDP: true}, user: "studio", password: "s3cret/word"}
	fake.start()
	fake.roll(t.Context())
	for _, credentials := range []string{"", "studio:s3cretwrong@", "other:" + secret + "@"} {
		if err := run(t, Config{URL: fake.url(credentials)}); !errors.Is(err, ErrAuth) {
			t.Errorf("with %q: %v", credentials, err)
		}
	}
	_, r, _ := pull(t, Config{URL: fake.url("studio:" + secret + "@")}) // digest: the server's first offer
	checkVideo(t, fake.film, r.await(t, unit.Video, 2))
}

// answering is a peer that answers each request with a fixed text after the
// status line and CSeq.
func answering(t *testing.T, answer func(request []string) string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go converse(conn, answer)
		}
	}()
	return l.Addr().String()
}

func converse(conn net.Conn, answer func(request []string) string) {
	defer conn.Close()
	var request []string
	for scanner := bufio.NewScanner(conn); scanner.Scan(); {
		if line := scanner.Text(); line != "" {
			request = append(request, line)
			continue
		}
		var cseq string
		for _, line := range request {
			if strings.HasPrefix(line, "CSeq:") {
				cseq = line
			}
		}
		text := answer(request)
		if text == "" {
			return
		}
		status, rest, _ := strings.Cut(text, "\r\n")
		if _, err := io.WriteString(conn, status+"\r\n"+cseq+"\r\n"+rest); err != nil {
			return
		}
		request = nil
	}
}

// sdpAnswer answers OPTIONS, and DESCRIBE with the given media lines.
func sdpAnswer(media string) func([]string) string {
	sdp := "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns= \r\nt=0 0\r\n" + media
	return func(request []string) string {
		if strings.HasPrefix(request[0], "OPTIONS") {
			return "RTSP/1.0 200 OK\r\nPublic: DESCRIBE\r\n\r\n"
		}
		return fmt.Sprintf("RTSP/1.0 200 OK\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(sdp), sdp)
	}
}

func TestBasicPasswordIsSentWhereTheCameraAsksForIt(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 10)
	address := answering(t, func(request []string) string {
		for _, line := range request {
			if strings.HasPrefix(line, "Authorization:") {
				seen <- line
				return "RTSP/1.0 404 Not Found\r\n\r\n"
			}
		}
		return "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"cam\"\r\n\r\n"
	})
	if err := run(t, Config{URL: "rtsp://studio:" + secret + "@" + address + "/x"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("error is %v", err)
	}
	if line := <-seen; line != "Authorization: Basic c3R1ZGlvOnMzY3JldC93b3Jk" {
		t.Errorf("sent %q", line)
	}
}

func TestEachWayOfNotBeingACameraHasItsName(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	webTLS := httptest.NewTLSServer(http.NotFoundHandler())
	defer webTLS.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	sounds := &fakeCamera{t: t, film: film{setsInSDP: true}}
	sounds.start()

	const audio = "m=audio 0 RTP/AVP 8\r\na=control:a\r\n"
	const mjpeg = "m=video 0 RTP/AVP 26\r\na=control:v\r\n"
	const modeTwo = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=2\r\na=control:v\r\n"
	const unknown = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 X-NEWCODEC/90000\r\na=control:v\r\n"
	redirect := func(request []string) string {
		if strings.HasPrefix(request[0], "OPTIONS") {
			return "RTSP/1.0 200 OK\r\n\r\n"
		}
		return "RTSP/1.0 302 Found\r\nLocation: rtsp://127.66.0.1:9/thief\r\n\r\n"
	}
	cases := []struct {
		name, url string
		want      error
	}{
		{"port closed", "rtsp://" + closed.Addr().String() + "/x", ErrRefused},
		{"web server", "rtsp://" + web.Listener.Addr().String() + "/x", ErrNotRTSP},
		{"web server with TLS", "rtsps://" + webTLS.Listener.Addr().String() + "/x", ErrCertificate},
		{"TLS asked of a plain server", "rtsps://" + web.Listener.Addr().String() + "/x", ErrNotRTSP},
		{"wrong path", strings.Replace(sounds.url(""), "/studio", "/other", 1), ErrNotFound},
		{"unknown host", "rtsp://no-such-camera.invalid/x", ErrUnreachable},
		{"sound only", "rtsp://" + answering(t, sdpAnswer(audio)) + "/x", ErrNoVideo},
		{"MJPEG", "rtsp://" + answering(t, sdpAnswer(audio+mjpeg)) + "/x", ErrCodec},
		{"unknown codec", "rtsp://" + answering(t, sdpAnswer(unknown)) + "/x", ErrCodec},
		{"H.264 interleaved mode", "rtsp://" + answering(t, sdpAnswer(modeTwo)) + "/x", ErrCodec},
		{"another host", "rtsp://u:" + secret + "@" + answering(t, redirect) + "/x", ErrRedirected},
		{"hangs up", "rtsp://" + answering(t, func([]string) string { return "" }) + "/x", ErrClosed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := run(t, Config{URL: c.url}); !errors.Is(err, c.want) {
				t.Errorf("error is %v, want %v", err, c.want)
			}
		})
	}
}

func TestAnswersThatMakeNoSenseAreToldInOneLine(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func([]string) string{
		"broken SDP":       sdpAnswer("m=video nonsense\r\n"),
		"SDP without any":  sdpAnswer(""),
		"password echoed":  func([]string) string { return "RTSP/1.0 500 s3cret/word\r\n\r\n" },
		"control echoed":   sdpAnswer("a=control:rtsp://u:s3cret/word@x:y/\r\nm=video 0 RTP/AVP 26\r\n"),
		"server error":     func([]string) string { return "RTSP/1.0 500 Internal\tError\r\n\r\n" },
		"too many clients": func([]string) string { return "RTSP/1.0 453 Not Enough Bandwidth\r\n\r\n" },
	} {
		t.Run(name, func(t *testing.T) {
			_ = run(t, Config{URL: "rtsp://u:" + secret + "@" + answering(t, answer) + "/x"})
		})
	}
}

// selfSigned makes a certificate for 127.0.0.1 that nobody has signed.
func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestRTSPSIsPulledOnlyFromATrustedCamera(t *testing.T) {
	t.Parallel()
	certificate := selfSigned(t)
	fake := &fakeCamera{t: t, film: film{setsInSDP: true, sound: opus()}}
	fake.tls = &tls.Config{Certificates: []tls.Certificate{certificate}}
	fake.start()
	fake.roll(t.Context())
	if err := run(t, Config{URL: fake.url("")}); !errors.Is(err, ErrCertificate) {
		t.Errorf("self-signed camera: %v", err)
	}
	leaf, err := x509.ParseCertificate(certificate.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	trust := &tls.Config{RootCAs: roots}
	_, r, _ := pull(t, Config{URL: fake.url(""), TLS: trust})
	checkVideo(t, fake.film, r.await(t, unit.Video, 2))
	if trust.ServerName != "" {
		t.Error("the caller's TLS configuration was altered")
	}
}

func TestAPeerThatAcceptsAndSaysNothingDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, scheme := range []string{"rtsp", "rtsps"} {
		cam, err := New(Config{URL: scheme + "://" + l.Addr().String() + "/x", Epoch: time.Now()}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- cam.Run(ctx) }()
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", scheme, err)
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("%s: the end took %v", scheme, took)
		}
		conn.Close()
	}
}

func TestACameraThatNeverSendsAKeyIsTold(t *testing.T) {
	now := time.Now()
	r := &receiver{pictured: true, lastPicture: now, lastKey: now.Add(-keyPatience + time.Millisecond), needKey: true}
	if left, err := r.patience(now, DefaultStallAfter); err != nil || left != time.Millisecond {
		t.Errorf("left %v, error %v", left, err)
	}
	if _, err := r.patience(now.Add(time.Millisecond), DefaultStallAfter); !errors.Is(err, ErrNoKey) {
		t.Errorf("error is %v", err)
	}
}

func TestBackChannelsAndSecondTracksAreLeftAside(t *testing.T) {
	video := &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{&format.H264{PayloadTyp: 96}}}
	second := &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{&format.H265{PayloadTyp: 97}}}
	speaker := &description.Media{Type: description.MediaTypeAudio, IsBackChannel: true, Formats: []format.Format{alaw()}}
	micro := &description.Media{Type: description.MediaTypeAudio, Formats: []format.Format{mulaw()}}
	events := &description.Media{Type: description.MediaTypeApplication, Formats: []format.Format{&format.Generic{
		PayloadTyp: 107, RTPMa: "vnd.onvif.metadata/90000",
	}}}
	o, err := choose([]*description.Media{speaker, events, video, second, micro})
	if err != nil {
		t.Fatal(err)
	}
	if o.videoMedia != video || o.audioMedia != micro {
		t.Error("wrong tracks were taken")
	}
	if len(o.notes) != 2 {
		t.Errorf("notes are %q", o.notes)
	}
}
