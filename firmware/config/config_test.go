package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// inFolder writes files into a new folder, makes it the working directory, so
// that errors name the file as a user would, and loads box.toml.
func inFolder(t *testing.T, files map[string]string) (*Config, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	return Load("box.toml")
}

// least is the shortest file that a box can live with.
const least = `[camera]
url = "rtsp://camera/main"
[uplink]
url = "rtsp://ingest/live"
`

func TestTheExampleLoadsAndSaysWhatItsCommentsSay(t *testing.T) {
	got, err := inFolder(t, map[string]string{"box.toml": Example()})
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Box = Box{ID: "SB-4F2A91", Tenant: "b-0412", Board: "rpi4", DataDir: "/var/lib/studiobox"}
	want.Camera.URL = "rtsp://192.168.1.20:554/main"
	want.Uplink.URL = "rtsp://ingest.example.net/live/ring"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestTheExampleNamesEveryKey(t *testing.T) {
	section := ""
	named := map[string]bool{}
	for line := range strings.Lines(Example()) {
		line = strings.TrimSpace(strings.TrimPrefix(line, "# "))
		if name, ok := strings.CutPrefix(line, "["); ok {
			section, _, _ = strings.Cut(name, "]")
		}
		key, _, _ := strings.Cut(line, " = ")
		named[section+"."+key] = true
	}
	for key := range fieldsOf(Default()).fields {
		waiver := strings.HasSuffix(key, ".insecure_skip_verify") // shown once: nothing to recommend
		if !named[key] && !waiver {
			t.Errorf("box.example.toml does not mention %s", key)
		}
	}
}

func TestTheLeastFileLeavesEverythingElseAtItsDefault(t *testing.T) {
	got, err := inFolder(t, map[string]string{"box.toml": least})
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Camera.URL, want.Uplink.URL = "rtsp://camera/main", "rtsp://ingest/live"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEveryKindOfValueArrives(t *testing.T) {
	got, err := inFolder(t, map[string]string{"box.toml": `
[box]
id = "SB-000777"
[camera]
url = "rtsps://admin@10.0.0.9:322/main"
password_file = "camera.password"
require_audio = true
insecure_skip_verify = true
[uplink]
url = "rtsps://ingest/live"
floor = "1.5M"
ceiling = "8M"
[session]
hold_start = "800ms"
countdown = "3s"
remote_start = false
[mqtt]
broker = "ssl://broker:8883"
user = "box"
password_file = "mqtt.password"
[limits]
min_disk_mb = 200
max_temp_c = 79.5
`, "camera.password": "p@ss/word\n", "mqtt.password": "s e c r e t\r\n"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Camera.URL != "rtsps://admin:p%40ss%2Fword@10.0.0.9:322/main" || !got.Camera.RequireAudio {
		t.Errorf("camera %+v", got.Camera)
	}
	if got.Camera.Client() == nil || !got.Camera.Client().InsecureSkipVerify || got.Uplink.Client() != nil {
		t.Errorf("camera trusts %+v, uplink %+v", got.Camera.Client(), got.Uplink.Client())
	}
	if got.Uplink.Floor != 1500 || got.Uplink.Ceiling != 8000 {
		t.Errorf("uplink %+v", got.Uplink)
	}
	want := Session{HoldStart: Duration{800 * time.Millisecond}, HoldStop: Duration{1500 * time.Millisecond}, Countdown: Duration{3 * time.Second}}
	if got.Session != want {
		t.Errorf("session %+v, want %+v", got.Session, want)
	}
	if got.MQTT.User != "box" || got.MQTT.Password != "s e c r e t" {
		t.Errorf("mqtt %+v", got.MQTT)
	}
	if got.Limits != (Limits{MinDiskMB: 200, MaxTempC: 79.5}) {
		t.Errorf("limits %+v", got.Limits)
	}
}

func TestTheCamerasUserGoesWithItsOtherAddresses(t *testing.T) {
	const camera = `[camera]
url = "rtsp://admin@10.0.0.9/main"
sub_url = "rtsp://10.0.0.9:8554/sub"
onvif = "http://%s10.0.0.%s/onvif/device_service"
onvif_ask = true
password_file = "camera.password"
[picture]
transcode = "never"
[uplink]
url = "rtsp://ingest/live"
`
	for _, c := range []struct{ user, host, want string }{
		{"", "9", "http://admin:p%40ss@10.0.0.9/onvif/device_service"},
		{"op:other@", "9", "http://op:other@10.0.0.9/onvif/device_service"},
		{"", "7", "http://10.0.0.7/onvif/device_service"}, // another host must not get the password
	} {
		got, err := inFolder(t, map[string]string{"box.toml": fmt.Sprintf(camera, c.user, c.host), "camera.password": "p@ss\n"})
		if err != nil {
			t.Fatal(err)
		}
		if got.Camera.SubURL != "rtsp://admin:p%40ss@10.0.0.9:8554/sub" || got.Camera.ONVIF != c.want {
			t.Errorf("sub %s, onvif %s, want %s", got.Camera.SubURL, got.Camera.ONVIF, c.want)
		}
		if !got.Camera.ONVIFAsk || got.Picture.Transcode != "never" {
			t.Errorf("camera %+v, picture %+v", got.Camera, got.Picture)
		}
	}
}

func TestAPathInTheFileStartsFromTheFile(t *testing.T) {
	dir := t.TempDir()
	settings := "[box]\nboard = \"mine.toml\"\n[studio]\nlooks = \"looks.toml\"\n" + least + "[mqtt]\nuser = \"box\"\npassword_file = \"secret\"\n"
	for name, text := range map[string]string{"box.toml": settings, "secret": "open sesame"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(t.TempDir())
	got, err := Load(filepath.Join(dir, "box.toml"))
	if err != nil || got.MQTT.Password != "open sesame" || got.Studio.Looks != filepath.Join(dir, "looks.toml") || got.Box.Board != filepath.Join(dir, "mine.toml") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestATomlFormDoesNotMatter(t *testing.T) {
	for _, text := range []string{
		"camera = { url = \"rtsp://camera/main\" }\nuplink.url = \"rtsp://ingest/live\"\n",
		"\"camera\".'url' = \"rtsp://camera/main\"\n[uplink]\n\"url\" = '''rtsp://ingest/live'''\n",
		strings.ReplaceAll(least, "\n", "\r\n"),
	} {
		got, err := inFolder(t, map[string]string{"box.toml": text})
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if got.Camera.URL != "rtsp://camera/main" || got.Uplink.URL != "rtsp://ingest/live" {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestAFileThatIsNotThereOrNoFileIsToldApart(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("folder.toml", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("huge.toml", make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"box.toml":    `box.toml: there is no such file; copy box.example.toml and edit it`,
		"folder.toml": `folder.toml: cannot be read: is a directory`,
		"huge.toml":   `huge.toml: cannot be read: is larger than 64 kB`,
	} {
		if _, err := Load(path); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", path, err, want)
		}
	}
}
