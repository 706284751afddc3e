package e2e

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studiobox/encoder/testcam"
	"studiobox/uplink/ingesttest"
)

// TestBadSettingsEndTheStartWithOneClearLine runs the daemon on files that it
// must refuse, each with one line that names what is wrong.
func TestBadSettingsEndTheStartWithOneClearLine(t *testing.T) {
	good := boxFile(t, "rtsp://127.0.0.1:1/a", "rtsp://127.0.0.1:2/b", "")
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	twice := filepath.Join(t.TempDir(), "twice.toml")
	writeFile(t, twice, "title = \"twice\"\n[button.golive]\npin = \"GPIO17\"\npull = \"up\"\nactive = \"low\"\ncontact = \"normally_open\"\n[lamp.air]\npin = \"GPIO17\"\nactive = \"high\"\n")
	for name, tc := range map[string]struct{ text, want string }{
		"no such file":      {"", "there is no such file"},
		"truncated":         {string(text[:len(text)/2-7]), "box.toml"},
		"unknown key":       {string(text) + "\n[uplnk]\nurl = \"x\"\n", "uplnk"},
		"not an RTSP URL":   {strings.Replace(string(text), "rtsp://127.0.0.1:1/a", "http://camera/", 1), "rtsp"},
		"rate with no unit": {strings.Replace(string(text), "[panel]", "[uplink2]", 1), "uplink2"},
		"pin used twice":    {strings.Replace(string(text), `board = "sim"`, `board = "`+twice+`"`, 1), "GPIO17"},
		"bad own camera":    {strings.Replace(string(text), "rtsp://127.0.0.1:1/a", "v4l2:video0", 1), "/dev/video"},
		"looks are missing": {string(text) + "\n[studio]\nlooks = \"looks.toml\"\n", "studio.looks"},
		"unknown board":     {strings.Replace(string(text), `board = "sim"`, `board = "abacus"`, 1), "abacus"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "box.toml")
			if tc.text != "" {
				writeFile(t, path, tc.text)
			}
			p := start(t, "run", "--config", path)
			if code := p.wait(10 * time.Second); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			oneLine(t, p.out.String(), tc.want)
		})
	}
}

// TestAWrongCameraIsNamedInOneLineAndTriedAgain runs the relay against peers
// that are no camera: it must say what is wrong and go on trying.
func TestAWrongCameraIsNamedInOneLineAndTriedAgain(t *testing.T) {
	locked := startCamera(t, testcam.Config{User: "jeweller", Password: "right"})
	in := startIngest(t, ingesttest.Config{})
	web := startWebServer(t)
	for name, tc := range map[string]struct{ camera, want string }{
		"wrong password": {strings.Replace(locked.URL("main"), ":right@", ":wrong@", 1), "password"},
		"port closed":    {"rtsp://127.0.0.1:1/main", "port closed"},
		"not RTSP":       {"rtsp://" + web + "/main", "RTSP"},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, "relay", "--camera", tc.camera, "--ingest", in.URL("live"), "--for", "3s", "--log", "error")
			if code := p.wait(15 * time.Second); code != 0 {
				t.Errorf("exit code %d: a camera that is away is no reason to end", code)
			}
			if !strings.Contains(strings.ToLower(p.out.String()), strings.ToLower(tc.want)) {
				t.Errorf("nothing about %q in:\n%s", tc.want, p.out.String())
			}
			if strings.Contains(p.out.String(), "wrong@") || strings.Contains(p.out.String(), ":wrong") {
				t.Errorf("the password is on the screen:\n%s", p.out.String())
			}
		})
	}
}

func TestWithoutGStreamerTheEncoderNamesThePackage(t *testing.T) {
	camera := startCamera(t, testcam.Config{})
	in := startIngest(t, ingesttest.Config{})
	t.Setenv("GST_PLUGIN_SYSTEM_PATH_1_0", t.TempDir()) // a machine without plug-ins
	t.Setenv("GST_REGISTRY_1_0", filepath.Join(t.TempDir(), "registry"))
	p := start(t, "relay", "--camera", camera.URL("main"), "--ingest", in.URL("live"), "--transcode", "--for", "3s")
	p.wait(20 * time.Second)
	if !strings.Contains(p.out.String(), "apt install") {
		t.Errorf("no package is named in:\n%s", p.out.String())
	}
}

func TestAPressWithNoBoxRunningSaysHowToStartOne(t *testing.T) {
	p := start(t, "press", "golive", "--hold", "1s")
	if code := p.wait(5 * time.Second); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	oneLine(t, p.out.String(), "no studiobox runs here")
}

func oneLine(t *testing.T, out, want string) {
	t.Helper()
	out = strings.TrimSpace(out)
	if strings.Contains(out, "\n") {
		t.Errorf("more than one line:\n%s", out)
	}
	if !strings.Contains(out, want) {
		t.Errorf("got %q, want it to name %q", out, want)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// startWebServer answers everything with HTTP.
func startWebServer(t *testing.T) (address string) {
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
			_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))
			conn.Close()
		}
	}()
	return l.Addr().String()
}
