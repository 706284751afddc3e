package app

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"studiobox/drivers/lens"
	"studiobox/encoder/greycard"
	"studiobox/firmware/config"
	"studiobox/firmware/look"
	"studiobox/firmware/run"
)

// onvifCamera is a camera in the network with a motor zoom and a white balance by
// hand. Its focus is fixed.
type onvifCamera struct {
	mu        sync.Mutex
	heard     []string
	red, blue float64
}

// asks are the operations that change something, with the words that are noted.
var asks = map[string]func(c *onvifCamera, call string) string{
	"AbsoluteMove":       func(_ *onvifCamera, call string) string { return "zoom " + between(call, `x="`, `"`) },
	"Stop":               func(*onvifCamera, string) string { return "stop" },
	"SetImagingSettings": (*onvifCamera).white,
}

func (c *onvifCamera) white(call string) string {
	if _, err := fmt.Sscan(between(call, "<CrGain>", "<"), &c.red); err != nil {
		return "white " + between(call, "<Mode>", "<")
	}
	_, _ = fmt.Sscan(between(call, "<CbGain>", "<"), &c.blue)
	return fmt.Sprintf("white %s %.0f %.0f", between(call, "<Mode>", "<"), c.red, c.blue)
}

func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}

const onvifServices = `<d:GetServicesResponse xmlns:d="http://www.onvif.org/ver10/device/wsdl">` +
	`<d:Service><d:Namespace>http://www.onvif.org/ver10/media/wsdl</d:Namespace><d:XAddr>http://a/media</d:XAddr></d:Service>` +
	`<d:Service><d:Namespace>http://www.onvif.org/ver20/ptz/wsdl</d:Namespace><d:XAddr>http://a/ptz</d:XAddr></d:Service>` +
	`<d:Service><d:Namespace>http://www.onvif.org/ver20/imaging/wsdl</d:Namespace><d:XAddr>http://a/imaging</d:XAddr></d:Service></d:GetServicesResponse>`

// answers are what the camera says to questions.
var answers = map[string]string{
	"GetSystemDateAndTime": `<R/>`,
	"GetServices":          onvifServices,
	"GetProfiles":          `<R><Profiles token="P"><VideoEncoderConfiguration token="E"/></Profiles></R>`,
	"GetStreamUri":         `<R><MediaUri><Uri>rtsp://a/main</Uri></MediaUri></R>`,
	"GetProfile": `<R><Profile token="P"><VideoSourceConfiguration><SourceToken>V</SourceToken></VideoSourceConfiguration>` +
		`<PTZConfiguration token="Z"/></Profile></R>`,
	"GetConfigurationOptions": `<R><PTZConfigurationOptions><Spaces><AbsoluteZoomPositionSpace><URI>urn:z</URI>` +
		`<XRange><Min>0</Min><Max>1</Max></XRange></AbsoluteZoomPositionSpace></Spaces></PTZConfigurationOptions></R>`,
	"GetOptions": `<R><ImagingOptions><WhiteBalance><Mode>MANUAL</Mode><YrGain><Min>0</Min><Max>255</Max></YrGain>` +
		`<YbGain><Min>0</Min><Max>255</Max></YbGain></WhiteBalance></ImagingOptions></R>`,
	"GetImagingSettings": `<R><ImagingSettings/></R>`,
}

func (c *onvifCamera) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var in struct {
		Body struct {
			Call struct {
				XMLName xml.Name
				Inner   string `xml:",innerxml"`
			} `xml:",any"`
		} `xml:"http://www.w3.org/2003/05/soap-envelope Body"`
	}
	if err != nil || xml.Unmarshal(body, &in) != nil {
		http.Error(w, "no SOAP", http.StatusBadRequest)
		return
	}
	name := in.Body.Call.XMLName.Local
	answer, known := answers[name]
	if note := asks[name]; note != nil {
		c.mu.Lock()
		c.heard = append(c.heard, note(c, in.Body.Call.Inner))
		c.mu.Unlock()
		answer, known = `<R/>`, true
	}
	if !known {
		answer = `<S:Fault><S:Code><S:Value>S:Receiver</S:Value><S:Subcode><S:Value>e:ActionNotSupported</S:Value></S:Subcode></S:Code></S:Fault>`
	}
	_, _ = io.WriteString(w, `<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope"><S:Body>`+answer+`</S:Body></S:Envelope>`)
}

func (c *onvifCamera) hears() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.heard)
}

// withCamera is a studio whose lens and colours are the camera's, at work until the
// test ends. looks is a file of the business's own.
func withCamera(t *testing.T, camera *onvifCamera, looks string) (*studio, *netCamera) {
	t.Helper()
	server := httptest.NewServer(camera)
	t.Cleanup(server.Close)
	settings := config.Default()
	settings.Camera.URL, settings.Camera.ONVIF = "rtsp://camera/main", server.URL
	settings.Studio.Looks = filepath.Join(t.TempDir(), "looks.toml")
	if err := os.WriteFile(settings.Studio.Looks, []byte(looks), 0o600); err != nil {
		t.Fatal(err)
	}
	remote, err := newNetCamera(settings.Camera, newLogger("error"))
	if err != nil {
		t.Fatal(err)
	}
	parts := studioParts{camera: remote}
	fitLens(&parts, remote)
	s, err := newStudio(parts, settings, newLogger("error"))
	if err != nil {
		t.Fatal(err)
	}
	s.parts.others = append(s.parts.others, run.Part{Name: "camera colours", Run: remote.Run})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return s, remote
}

func TestALookMovesTheLensInsideACameraInTheNetwork(t *testing.T) {
	camera := &onvifCamera{}
	s, _ := withCamera(t, camera, "[close]\nzoom = 40\n[far]\nzoom = 0\nfocus = 50\n")
	for _, name := range []string{"close", "far"} { // the far one's focus is refused, and nothing else
		if err := s.SetLook(name); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"close": "zoom 0.4", "far": "zoom 0"}[name]
		await(t, name+": the lens does not move", func() bool { return slices.Contains(camera.hears(), want) })
	}
	if err := s.director.Set("close", false); err != nil {
		t.Fatal(err)
	}
	if heard := camera.hears(); len(heard) != 2 {
		t.Errorf("a wish from afar moved the lens: %q", heard)
	}
	if err := s.halt(); err != nil {
		t.Error(err)
	}
	if heard := camera.hears(); heard[len(heard)-1] != "stop" {
		t.Errorf("the way out did not stop the lens: %q", heard)
	}
}

func TestALensThatTheBoardMovesGoesBeforeTheCamerasOwn(t *testing.T) {
	servo := lens.NewRemote("zoom", nil)
	parts := studioParts{zoom: servo}
	fitLens(&parts, &netCamera{})
	if parts.zoom != servo || parts.focus == nil || len(parts.others) != 1 {
		t.Errorf("zoom %v, focus %v, %d run", parts.zoom, parts.focus, len(parts.others))
	}
}

func TestALooksCardSetsTheGainsOfACameraInTheNetwork(t *testing.T) {
	camera := &onvifCamera{}
	s, _ := withCamera(t, camera, "")
	card := look.Card{At: time.Now(), Colours: look.Colours{Gains: &look.Gains{Red: 140, Blue: 90}}}
	if err := s.parts.cards.Put("gem", card); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gold", "gem"} { // gold has none
		if err := s.SetLook(name); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "the gains were not set", func() bool { return slices.Contains(camera.hears(), "white MANUAL 140 90") })
	if heard := camera.hears(); len(heard) != 1 {
		t.Errorf("heard %q", heard)
	}
}

func TestACameraInTheNetworkIsLockedOnTheCardByItsOwnNumbers(t *testing.T) {
	camera := &onvifCamera{}
	s, remote := withCamera(t, camera, "")
	if err := s.SetLook("gold"); err != nil {
		t.Fatal(err)
	}
	g := &greyCard{camera: remote, director: s.director, cards: s.parts.cards, log: newLogger("error"),
		asked: make(chan struct{}, 1), report: func(bool, string) {},
		// What its picture is like: 30 of its numbers are a stop, and the light is
		// a stop too red and half of one too yellow.
		take: func(context.Context, time.Time, bool) (greycard.Picture, error) {
			camera.mu.Lock()
			defer camera.mu.Unlock()
			return plain(level(1+(camera.red-127.5)/30), 0.18, level(-0.5+(camera.blue-127.5)/30)), nil
		},
	}
	g.lock(t.Context())
	card, locked := s.parts.cards.Card("gold")
	if !locked || card.Cast > 1 || card.Colours.Gains == nil {
		t.Fatalf("%t, %+v, %+v", locked, card, g.GreyCard())
	}
	if got := card.Colours.Gains; got.Red < 95 || got.Red > 100 || got.Blue < 140 || got.Blue > 145 {
		t.Errorf("gains %+v, want 97.5 and 142.5", got)
	}
	g.take = func(context.Context, time.Time, bool) (greycard.Picture, error) { return plain(0.02, 0.14, 0.02), nil }
	if err := s.SetLook("gem"); err != nil {
		t.Fatal(err)
	}
	g.lock(t.Context())
	if heard := camera.hears(); heard[len(heard)-1] != "white AUTO" {
		t.Errorf("a lock that failed left it at %q", heard[len(heard)-1])
	}
}

// level is 18 % and so many stops more.
func level(stops float64) float64 { return 0.18 * math.Exp2(stops) }
