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
	exposes   bool // its exposure can be set by hand
	deaf      bool // it answers nothing
}

// asks are the operations that change something, with the words that are noted.
var asks = map[string]func(c *onvifCamera, call string) string{
	"AbsoluteMove":       func(_ *onvifCamera, call string) string { return "zoom " + between(call, `x="`, `"`) },
	"Stop":               func(*onvifCamera, string) string { return "stop" },
	"SetImagingSettings": (*onvifCamera).white,
}

func (c *onvifCamera) white(call string) string {
	if strings.Contains(call, "<Exposure") {
		return strings.TrimSpace("exposure " + between(call, "<Mode>", "<") + " " + between(call, "<ExposureTime>", "<") + " " + between(call, "<Gain>", "<"))
	}
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

// says are what the camera says to questions.
var says = map[string]string{
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

// What a camera offers whose exposure can be set, and what its automatic has found.
const (
	exposureOffered = `<Exposure><Mode>AUTO</Mode><Mode>MANUAL</Mode><ExposureTime><Min>100</Min><Max>40000</Max></ExposureTime>` +
		`<Gain><Min>0</Min><Max>40</Max></Gain></Exposure>`
	exposureFound = `<Exposure><ExposureTime>8000</ExposureTime><Gain>12</Gain></Exposure>` +
		`<WhiteBalance><CrGain>111</CrGain><CbGain>99</CbGain></WhiteBalance>`
)

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
	answer, known := says[name]
	c.mu.Lock()
	deaf, exposes := c.deaf, c.exposes
	c.mu.Unlock()
	if deaf {
		panic(http.ErrAbortHandler)
	}
	if exposes {
		answer = strings.Replace(answer, `<ImagingOptions>`, `<ImagingOptions>`+exposureOffered, 1)
		answer = strings.Replace(answer, `<ImagingSettings/>`, `<ImagingSettings>`+exposureFound+`</ImagingSettings>`, 1)
	}
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
	settings.Camera.URL, settings.Camera.ONVIF, settings.Studio.Prefecture = "rtsp://camera/main", server.URL, 19
	settings.Studio.Looks = filepath.Join(t.TempDir(), "looks.toml")
	if err := os.WriteFile(settings.Studio.Looks, []byte(looks), 0o600); err != nil {
		t.Fatal(err)
	}
	remote, err := newNetCamera(settings.Camera, newLogger("error"))
	if err != nil {
		t.Fatal(err)
	}
	parts := studioParts{camera: remote, eye: look.Eye{Exposes: true, Calm: calmShutter(lit(t, settings, kernelPWM))}}
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
	heard := slices.DeleteFunc(camera.hears(), func(s string) bool { return !strings.HasPrefix(s, "zoom") })
	if len(heard) != 2 {
		t.Errorf("a wish from afar moved the lens: %q", heard)
	}
	if err := s.halt(); err != nil {
		t.Error(err)
	}
	if heard := camera.hears(); !slices.Contains(heard, "stop") {
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
	for _, step := range []struct{ look, heard string }{{"gem", "white MANUAL 140 90"}, {"pearl", "white AUTO"}, {"gem", "white MANUAL 140 90"}} {
		if err := s.SetLook(step.look); err != nil {
			t.Fatal(err)
		}
		await(t, step.look+": the camera is left with the colours of the look before", func() bool {
			heard := camera.hears()
			return len(heard) > 0 && heard[len(heard)-1] == step.heard
		})
	}
}

func TestALookSetsAndLocksTheExposureOfACameraInTheNetwork(t *testing.T) {
	camera := &onvifCamera{exposes: true}
	s, remote := withCamera(t, camera, "[fast]\nshutter = \"1/100\"\ngain = 4\n[held]\nlock = true\n[bare]\n")
	for _, step := range []struct{ look, heard string }{
		{"fast", "exposure MANUAL 10000 12.0412"}, {"bare", "exposure AUTO"}, {"held", "exposure MANUAL 8000 12"}, {"held", "white MANUAL 111 99"},
	} {
		if err := s.SetLook(step.look); err != nil {
			t.Fatal(err)
		}
		await(t, step.look+": not heard: "+step.heard, func() bool { return slices.Contains(camera.hears(), step.heard) })
	}
	if lacks := remote.lacks(); lacks != "" {
		t.Errorf("it lacks %q", lacks)
	}
}

func TestWhatACameraInTheNetworkLacksForALookIsNamed(t *testing.T) {
	s, remote := withCamera(t, &onvifCamera{}, "[fast]\nshutter = \"1/100\"\n[bare]\n")
	if err := s.SetLook("fast"); err != nil {
		t.Fatal(err)
	}
	await(t, "nothing is told", func() bool { return strings.HasPrefix(remote.lacks(), "shutter: ") })
	if err := s.SetLook("bare"); err != nil {
		t.Fatal(err)
	}
	await(t, "a look that asks for nothing lacks something", func() bool { return remote.lacks() == "" })
}

func TestACameraThatDoesNotAnswerIsToldItsLookWhenItDoes(t *testing.T) {
	camera := &onvifCamera{deaf: true}
	s, remote := withCamera(t, camera, "")
	if err := s.SetLook("gold"); err != nil {
		t.Fatal(err)
	}
	await(t, "its silence is not told", func() bool { return remote.lacks() != "" })
	camera.mu.Lock()
	camera.deaf = false
	camera.mu.Unlock()
	await(t, "it is not asked again", func() bool { return slices.Contains(camera.hears(), "white AUTO") })
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
	await(t, "a lock that failed is not undone", func() bool {
		heard := camera.hears()
		return heard[len(heard)-1] == "white AUTO"
	})
}

// level is 18 % and so many stops more.
func level(stops float64) float64 { return 0.18 * math.Exp2(stops) }
