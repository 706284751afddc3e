package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.bug.st/serial"
	"periph.io/x/conn/v3/i2c"

	"studiobox/board/profile"
	"studiobox/firmware/config"
	"studiobox/firmware/health"
)

func TestTheDoctorLeavesPinsToTheBoxThatRuns(t *testing.T) {
	for _, f := range boardFindings("rpi4", true) {
		if f.part == "pins" && (!f.ok || f.found != inUse) {
			t.Errorf("beside a running box: %+v", f)
		}
	}
	for text, want := range map[string]string{
		"": "free",
		`line GPIO17 is held by "studiobox@412": stop it, or choose another pin`: inUse,
		`line GPIO17 is held by "fan": stop it, or choose another pin`:           "not usable",
		`line GPIO17 is of the wrong kind`:                                       "not usable",
	} {
		var err error
		if text != "" {
			err = errors.New(text)
		}
		f := held(finding{}, "free", err)
		if f.found != want || f.ok != (want != "not usable") || (f.mend == "") != f.ok {
			t.Errorf("%q: %+v", text, f)
		}
	}
}

func TestTheDoctorSeesTheBoxThatRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "box.sock")
	c := doctorCommand{Socket: path}
	if got := c.daemon(t.Context()); got != "" {
		t.Errorf("nothing runs, and it says %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	box := &control{path: path, snapshot: func() *health.Snapshot {
		return &health.Snapshot{Session: health.SessionPart{State: "live"}}
	}}
	go func() { served <- box.Run(ctx) }()
	for end := time.Now().Add(30 * time.Second); c.daemon(t.Context()) == "" && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	if got := c.daemon(t.Context()); got != "runs, live" {
		t.Errorf("a box runs, and it says %q", got)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// wiredAs is a profile of a board of no known kind, with more on it.
func wiredAs(t *testing.T, more string) profile.Profile {
	t.Helper()
	raw, err := profile.Source("generic")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse("test", append(raw, more...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// bareBuses have nothing on them, or somebody else at them.
type bareBuses struct{ i2c, port error }

func (b bareBuses) I2C(profile.Role) (i2c.Bus, uint16, error) { return nil, 0, b.i2c }

func (b bareBuses) Serial(profile.Role) (serial.Port, error) { return nil, b.port }

func TestTheDoctorAsksEveryBusAndPort(t *testing.T) {
	p := wiredAs(t, "\n[display]\ni2c = \"i2c-250/0x3c\"\n[bus.dmx]\nserial = \"/dev/ttyNONE9\"\n[light.rim]\nchannel = \"dmx/1\"\n")
	absent, busy := errors.New("nothing answers at 0x3c on i2c-250: check its supply"), errors.New("/dev/ttyNONE9 is held by another program: stop it")
	for name, c := range map[string]struct {
		buses   bareBuses
		running bool
		want    map[string]string
	}{
		"all there":            {bareBuses{}, false, map[string]string{"display": "answers", "bus.dmx": "free"}},
		"nothing there":        {bareBuses{absent, absent}, true, map[string]string{"display": "not usable", "bus.dmx": "not usable"}},
		"another at the port":  {bareBuses{nil, busy}, false, map[string]string{"display": "answers", "bus.dmx": "not usable"}},
		"our box at the port ": {bareBuses{nil, busy}, true, map[string]string{"display": "answers", "bus.dmx": inUse}},
	} {
		found := askBuses(p, c.buses, c.running)
		if len(found) != len(c.want) {
			t.Errorf("%s: %+v", name, found)
		}
		for _, f := range found {
			if f.found != c.want[f.part] || f.ok != (f.found != "not usable") || (f.mend == "") != f.ok {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
	if got := busFindings(wiredAs(t, ""), false); len(got) != 0 {
		t.Errorf("a board without buses: %+v", got)
	}
}

func TestTheDoctorReadsTheLooksAsTheBoxWill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "looks.toml")
	settings := config.Default()
	settings.Studio.Looks = path
	lamp := wiredAs(t, "\n[bus.dmx]\nserial = \"/dev/ttyNONE9\"\n[light.rim]\nchannel = \"dmx/1\"\n")
	for text, want := range map[string]string{
		"[ring]\nlights = { rim = 40 }\n": "",
		"[ring]\nlights = { key = 40 }\n": "key",
		"[ring\n":                         "end table name",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := looksFindings(lamp, settings)
		if len(got) != 1 || got[0].ok != (want == "") || !strings.Contains(got[0].mend, want) {
			t.Errorf("%q: %+v", text, got)
		}
	}
	settings.Studio.Looks = ""
	if got := looksFindings(lamp, settings); len(got) != 0 {
		t.Errorf("no looks of one's own: %+v", got)
	}
}

func TestTheDoctorLooksForTheSoundCardThatIsNamed(t *testing.T) {
	root := tree(t, map[string]string{"dev/snd/pcmC1D0c": "", "dev/snd/pcmC0D0p": "", "proc/asound/Device/pcm0c/info": ""})
	for name, want := range map[string]bool{
		"hw:1,0": true, "hw:1": true, "plughw:1,0": true, "hw:0,0": false, "hw:1,1": false,
		"hw:Device": true, "plughw:CARD=Device,DEV=0": true, "hw:CARD=Other": false, "default": true,
	} {
		if f := microphoneFinding(root, name); f.ok != want || f.found == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := microphoneFinding(t.TempDir(), "default"); f.ok {
		t.Errorf("without a sound card: %+v", f)
	}
}

func TestTheDoctorTellsOfACameraThatDoesNotAnswerOverONVIF(t *testing.T) {
	got := onvifFindings(t.Context(), config.Camera{URL: "rtsp://127.0.0.1/1", ONVIF: "http://127.0.0.1:1/"})
	if len(got) != 1 || got[0].ok || got[0].mend == "" {
		t.Errorf("told is %+v", got)
	}
	if got := onvifFindings(t.Context(), config.Camera{URL: "csi:0", ONVIF: "http://127.0.0.1:1/"}); len(got) != 0 {
		t.Errorf("of a camera on the box: %+v", got)
	}
}
