package testcam

import (
	"crypto/sha1" //nolint:gosec // the UsernameToken profile
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"studiobox/encoder/gst"
)

// bureauOf runs a camera that serves ONVIF but does not film.
func bureauOf(t *testing.T, service ONVIF) *Camera {
	t.Helper()
	cfg := small()
	cfg.User, cfg.Password, cfg.ONVIF = "studio", "s3cret", &service
	cfg.Worker = gst.Worker{Command: []string{"/bin/false"}}
	return startCamera(t, cfg)
}

// askONVIF posts a request with a token that was made at a time.
func askONVIF(t *testing.T, c *Camera, password, nonce string, created time.Time, body string) (int, string) {
	t.Helper()
	at := created.UTC().Format(time.RFC3339)
	sum := sha1.Sum([]byte(nonce + at + password)) //nolint:gosec // see import
	const oasis = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-"
	envelope := `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Header><w:Security xmlns:w="` + oasis +
		`secext-1.0.xsd"><w:UsernameToken><w:Username>studio</w:Username><w:Password>` + base64.StdEncoding.EncodeToString(sum[:]) +
		`</w:Password><w:Nonce>` + base64.StdEncoding.EncodeToString([]byte(nonce)) + `</w:Nonce><Created xmlns="` + oasis +
		`utility-1.0.xsd">` + at + `</Created></w:UsernameToken></w:Security></e:Header><e:Body>` + body + `</e:Body></e:Envelope>`
	address := "http://" + c.bureau.host + "/onvif/media_service"
	response, err := http.Post(address, "application/soap+xml", strings.NewReader(envelope)) //nolint:noctx // ends with the camera
	must(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(t, err)
	return response.StatusCode, string(text)
}

const getProfiles = `<GetProfiles xmlns="http://www.onvif.org/ver10/media/wsdl"/>`

func TestATokenIsGoodOnceForAShortTimeAndWithThePassword(t *testing.T) {
	c := bureauOf(t, ONVIF{Skew: time.Hour})
	there := time.Now().Add(time.Hour)
	for _, ask := range []struct {
		name, password, nonce string
		created               time.Time
		status                int
	}{
		{"a good one", "s3cret", "nonce-one", there, http.StatusOK},
		{"the same again", "s3cret", "nonce-one", there, http.StatusBadRequest},
		{"another nonce", "s3cret", "nonce-two", there, http.StatusOK},
		{"a wrong password", "secret", "nonce-three", there, http.StatusBadRequest},
		{"our clock instead of the camera's", "s3cret", "nonce-four", time.Now(), http.StatusBadRequest},
		{"a nonce of no length", "s3cret", "", there, http.StatusBadRequest},
	} {
		status, text := askONVIF(t, c, ask.password, ask.nonce, ask.created, getProfiles)
		if status != ask.status || status != http.StatusOK && !strings.Contains(text, "ter:NotAuthorized") {
			t.Errorf("%s: %d %s", ask.name, status, text)
		}
	}
}

func TestTheTimeIsForEverybody(t *testing.T) {
	c := bureauOf(t, ONVIF{})
	status, text := askONVIF(t, c, "wrong", "n", time.Unix(0, 0), `<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>`)
	if status != http.StatusOK || !strings.Contains(text, "<tt:UTCDateTime>") {
		t.Errorf("%d %s", status, text)
	}
}

func TestOnlyTheRateOfAnEncoderCanBeAltered(t *testing.T) {
	c := bureauOf(t, ONVIF{})
	own := c.streams[Main].settings()
	set := func(wanted settings) int {
		inner := strings.ReplaceAll(wanted.xml("trt:Configuration"), "<trt:Configuration ", `<trt:Configuration xmlns:tt="`+ttNS+`" xmlns:acme="urn:acme:camera" `)
		status, _ := askONVIF(t, c, "s3cret", time.Now().String(), time.Now(),
			`<trt:SetVideoEncoderConfiguration xmlns:trt="`+trtNS+`">`+inner+`</trt:SetVideoEncoderConfiguration>`)
		return status
	}
	for name, alter := range map[string]func(*settings){
		"the size":               func(s *settings) { s.Resolution.Width = 160 },
		"the maker's own":        func(s *settings) { s.Tuning.Sharp = 0 },
		"the name":               func(s *settings) { s.Name = "main" },
		"a rate below the least": func(s *settings) { s.RateControl.BitrateLimit = 10 },
	} {
		wanted := own
		wanted.RateControl.BitrateLimit = 300
		alter(&wanted)
		if status := set(wanted); status != http.StatusBadRequest || c.Kbps(Main) != 400 {
			t.Errorf("%s: status %d, the camera makes %d kbit/s", name, status, c.Kbps(Main))
		}
	}
	own.RateControl.BitrateLimit = 300
	if status := set(own); status != http.StatusOK || c.Kbps(Main) != 300 || c.Kbps(Sub) != subKbps {
		t.Errorf("status %d, main makes %d kbit/s, sub %d", status, c.Kbps(Main), c.Kbps(Sub))
	}
}

func TestACameraWithoutONVIFHasNone(t *testing.T) {
	cfg := small()
	cfg.Worker = gst.Worker{Command: []string{"/bin/false"}}
	c := startCamera(t, cfg)
	if c.ONVIFURL() != "" || c.FailONVIF(Hang) == nil || c.SetClock(time.Hour) == nil {
		t.Error("a camera without ONVIF answers for it")
	}
}
