package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// bad is every way to get the file wrong, with the exact line that tells it. In
// each text, CAMERA and UPLINK stand for sections that are right.
var bad = []struct{ name, text, want string }{
	{"an unknown key",
		"CAMERA\n[uplnk]\n\n\nurl = \"rtsp://ingest/live\"",
		`box.toml:7: unknown key "uplnk.url" (did you mean "uplink.url"?)`},
	{"a key with a slip",
		"CAMERA\nrequire_adio = true",
		`box.toml:4: unknown key "camera.require_adio" (did you mean "camera.require_audio"?)`},
	{"a key in capitals",
		"[camera]\nURL = \"rtsp://camera/main\"",
		`box.toml:2: unknown key "camera.URL" (did you mean "camera.url"?)`},
	{"a key without its section",
		"hold_start = \"1s\"\nCAMERA",
		`box.toml:1: unknown key "hold_start" (did you mean "session.hold_start"?)`},
	{"a key in the wrong section",
		"CAMERA\nceiling = \"6M\"",
		`box.toml:4: unknown key "camera.ceiling" (did you mean "uplink.ceiling"?)`},
	{"a key like no other",
		"CAMERA\nzoom_factor_x = 3",
		`box.toml:4: unknown key "camera.zoom_factor_x"`},
	{"a password in the file",
		"[mqtt]\npassword = \"secret\"",
		`box.toml:2: unknown key "mqtt.password"`},
	{"a section and a key in one pair of quotes",
		"CAMERA\nUPLINK\n[session]\n\"session.countdown\" = \"3s\"",
		`box.toml:8: unknown key "session.\"session.countdown\""`},
	{"a whole name in quotes",
		"\"camera.url\" = \"rtsp://camera/main\"",
		`box.toml:1: unknown key "\"camera.url\"" (did you mean "camera.url"?)`},
	{"an empty unknown section",
		"CAMERA\n[sesion]",
		`box.toml:4: unknown key "sesion" (did you mean "session"?)`},
	{"a section below a key",
		"[camera.url]\nx = 1",
		`box.toml:1: camera.url must be a text in quotes`},
	{"a section as a value",
		"camera = \"rtsp://camera/main\"",
		`box.toml:1: "camera" is a section; write [camera] on a line of its own, once`},
	{"a section as a list",
		"[[camera]]\nurl = \"rtsp://camera/main\"",
		`box.toml:1: "camera" is a section; write [camera] on a line of its own, once`},
	{"a section twice",
		"CAMERA\n[camera]\nrequire_audio = true",
		`box.toml:4:2: Key 'camera' has already been defined.`},
	{"a key twice",
		"CAMERA\nurl = \"rtsp://other/main\"",
		`box.toml:4:28: Key 'camera.url' has already been defined.`},
	{"a text that was cut off",
		"CAMERA\n[uplink]\nurl = \"rtsp://inge",
		`box.toml:5:18: the file ends in the middle of something; it seems cut off`},
	{"a section that was cut off",
		"CAMERA\n[upl",
		`box.toml:4:4: the file ends in the middle of something; it seems cut off`},
	{"a file that was cut off between two lines",
		"CAMERA\n[uplink]\n",
		`box.toml: uplink.url: is missing; write for example "rtsps://ingest.example.net/live/key"`},
	{"an empty file",
		"",
		`box.toml: camera.url: is missing; write for example "rtsp://192.168.1.20:554/main"`},
	{"zeros after a power cut",
		"\x00\x00\x00\x00",
		`box.toml:1:1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8`},
	{"no TOML at all",
		"<?xml version=\"1.0\"?>",
		`box.toml:1:1: expected '.' or '=', but got '<' instead`},
	{"a value without quotes",
		"[uplink]\nfloor = 300k",
		`box.toml:2:12: expected a top-level item to end with a newline, comment, or EOF, but got 'k' instead`},
	{"a rate without a unit",
		"[uplink]\nfloor = 300",
		`box.toml:2: uplink.floor: "300" has no unit; write "300k" for kbit/s or "300M" for Mbit/s`},
	{"a rate with another unit",
		"[uplink]\nfloor = \"300kbps\"",
		`box.toml:2: uplink.floor: "300kbps" is no bit rate; write for example "300k" or "6M"`},
	{"a rate that is a list",
		"[uplink]\nfloor = [300]",
		`box.toml:2: uplink.floor must be a bit rate in quotes, for example "300k" or "6M"`},
	{"a duration without a unit",
		"[session]\nhold_start = 1",
		`box.toml:2: session.hold_start: "1" is no duration; write for example "1.5s" or "300ms"`},
	{"a text for true or false",
		"[camera]\nrequire_audio = \"yes\"",
		`box.toml:2: camera.require_audio must be true or false, without quotes`},
	{"a number for a text",
		"[box]\nid = 7",
		`box.toml:2: box.id must be a text in quotes`},
	{"a text for a number",
		"[limits]\nmin_disk_mb = \"500\"",
		`box.toml:2: limits.min_disk_mb must be a whole number, without quotes`},
	{"a date for a number",
		"[limits]\nmax_temp_c = 2026-12-01",
		`box.toml:2: limits.max_temp_c must be a number, without quotes`},
	{"an id that is no id",
		"[box]\nid = \"my box\"",
		`box.toml:2: box.id: box id "my box" must be 6 to 24 characters of A-Z, 0-9 and -`},
	{"a tenant that is none",
		"[box]\ntenant = \"Bank\"",
		`box.toml:2: box.tenant: tenant "Bank" must be 1 to 24 characters of a-z, 0-9 and -`},
	{"no board",
		"[box]\nboard = \"\"",
		`box.toml:2: box.board: is empty; write "rpi4", "rpi5", "sim" or the path of a profile`},
	{"a camera by another protocol",
		"[camera]\nurl = \"http://admin:secret@camera/main\"",
		`box.toml:2: camera.url: begins with "http://"; write rtsp:// or rtsps://`},
	{"a camera without a host",
		"[camera]\nurl = \"rtsp:///main\"",
		`box.toml:2: camera.url: names no host; write for example "rtsp://192.168.1.20:554/main"`},
	{"a camera address with a broken password",
		"[camera]\nurl = \"rtsp://admin:se%cret@camera/main\"",
		`box.toml:2: camera.url: cannot be understood; write for example "rtsp://192.168.1.20:554/main", special characters in a password as %40`},
	{"an unknown transport",
		"[camera]\nurl = \"rtsp://camera\"\ntransport = \"quic\"",
		`box.toml:3: camera.transport: "quic" must be one of auto, tcp, udp`},
	{"a small stream by another protocol",
		"CAMERA\nsub_url = \"http://camera/sub\"\nUPLINK",
		`box.toml:4: camera.sub_url: begins with "http://"; write rtsp:// or rtsps://`},
	{"a small stream in the clear beside an encrypted one",
		"[camera]\nurl = \"rtsps://camera/main\"\nsub_url = \"rtsp://camera/sub\"\nUPLINK",
		`box.toml:3: camera.sub_url: is not encrypted while url is; write rtsps:// for both`},
	{"an ONVIF service by another protocol",
		"CAMERA\nonvif = \"rtsp://camera\"\nUPLINK",
		`box.toml:4: camera.onvif: begins with "rtsp://"; write http:// or https://`},
	{"an ONVIF service without a host",
		"CAMERA\nonvif = \"http:///onvif\"\nUPLINK",
		`box.toml:4: camera.onvif: names no host; write for example "http://192.168.1.20/onvif/device_service"`},
	{"an ONVIF address with a broken password",
		"CAMERA\nonvif = \"http://a:se%cret@camera\"\nUPLINK",
		`box.toml:4: camera.onvif: cannot be understood; write for example "http://192.168.1.20/onvif/device_service", special characters in a password as %40`},
	{"leave to ask nobody",
		"CAMERA\nonvif_ask = true\nUPLINK",
		`box.toml:4: camera.onvif_ask: needs camera.onvif beside it`},
	{"another word for never",
		"CAMERA\n[picture]\ntranscode = \"no\"\nUPLINK",
		`box.toml:5: picture.transcode: "no" must be one of auto, never`},
	{"UDP under TLS",
		"CAMERA\n[uplink]\nurl = \"rtsps://ingest/live\"\ntransport = \"udp\"",
		`box.toml:6: uplink.transport: "udp" does not go with rtsps://; write transport = "tcp"`},
	{"a floor below any picture",
		"CAMERA\nUPLINK\nfloor = \"10k\"",
		`box.toml:7: uplink.floor: "10k" is too little for a picture; the least is "64k"`},
	{"a ceiling below the floor",
		"CAMERA\nUPLINK\nfloor = \"2M\"\nceiling = \"1M\"",
		`box.toml:8: uplink.ceiling: "1M" must be more than uplink.floor, which is "2M"`},
	{"a floor above the ceiling that nobody wrote",
		"CAMERA\nUPLINK\nfloor = \"9M\"",
		`box.toml: uplink.ceiling: "6M" must be more than uplink.floor, which is "9M"`},
	{"a waiver of trust without TLS",
		"CAMERA\nUPLINK\ninsecure_skip_verify = true",
		`box.toml:7: uplink.insecure_skip_verify: has no meaning for an address that is not encrypted; remove it or write rtsps://`},
	{"a waiver of trust beside an authority",
		"CAMERA\n[uplink]\nurl = \"rtsps://ingest\"\nca_file = \"ca.pem\"\ninsecure_skip_verify = true",
		`box.toml:7: uplink.insecure_skip_verify: contradicts ca_file; remove one of the two`},
	{"a hold too short to be meant",
		"CAMERA\nUPLINK\n[session]\nhold_start = \"50ms\"",
		`box.toml:8: session.hold_start: "50ms" must lie between "300ms" and "10s"`},
	{"a countdown that is negative",
		"CAMERA\nUPLINK\n[session]\ncountdown = \"-1s\"",
		`box.toml:8: session.countdown: "-1s" must lie between "0s" and "30s"`},
	{"a broker by another protocol",
		"CAMERA\nUPLINK\n[mqtt]\nbroker = \"wss://broker\"",
		`box.toml:8: mqtt.broker: begins with "wss://"; write tcp:// or, encrypted, ssl://`},
	{"a broker without a scheme",
		"CAMERA\nUPLINK\n[mqtt]\nbroker = \"broker:1883\"",
		`box.toml:8: mqtt.broker: cannot be understood; write for example "ssl://mqtt.example.net:8883"`},
	{"a broker with a password",
		"CAMERA\nUPLINK\n[mqtt]\nbroker = \"tcp://box:secret@broker\"",
		`box.toml:8: mqtt.broker: must hold no user or password; write mqtt.user and mqtt.password_file`},
	{"a page without a port",
		"CAMERA\nUPLINK\n[panel]\nlisten = \"8080\"",
		`box.toml:8: panel.listen: "8080" is no address to listen on; write for example ":8080" or "127.0.0.1:8080"`},
	{"a disk limit below zero",
		"CAMERA\nUPLINK\n[limits]\nmin_disk_mb = -1",
		`box.toml:8: limits.min_disk_mb: -1 must lie between 0 and 1e+06 MB`},
	{"a temperature that is no number",
		"CAMERA\nUPLINK\n[limits]\nmax_temp_c = nan",
		`box.toml:8: limits.max_temp_c: NaN must lie between 40 and 110 degrees Celsius`},
	{"a password file that is not there",
		"CAMERA\nUPLINK\n[mqtt]\nbroker = \"tcp://broker\"\nuser = \"box\"\npassword_file = \"none\"",
		`box.toml:10: mqtt.password_file: none: no such file or directory`},
	{"a password file that is empty",
		"CAMERA\nUPLINK\n[mqtt]\nuser = \"box\"\npassword_file = \"empty\"",
		`box.toml:9: mqtt.password_file: empty is empty`},
	{"a password without a user",
		"CAMERA\nUPLINK\n[mqtt]\npassword_file = \"secret\"",
		`box.toml:8: mqtt.password_file: a password needs mqtt.user beside it`},
	{"a camera password without a user",
		"CAMERA\npassword_file = \"secret\"\nUPLINK",
		`box.toml:4: camera.password_file: the url names no user; write rtsp://user@host/path`},
	{"a camera password twice",
		"[camera]\nurl = \"rtsp://a:b@camera\"\npassword_file = \"secret\"\nUPLINK",
		`box.toml:3: camera.password_file: the url holds a password already; remove one of the two`},
	{"a certificate without its key",
		"CAMERA\nUPLINK\n[mqtt]\nbroker = \"ssl://broker\"\ncert_file = \"secret\"",
		`box.toml:9: mqtt.cert_file: needs mqtt.key_file beside it`},
	{"a key without its certificate",
		"CAMERA\nUPLINK\n[mqtt]\nbroker = \"ssl://broker\"\nkey_file = \"secret\"",
		`box.toml:9: mqtt.key_file: needs mqtt.cert_file beside it`},
	{"a certificate in the clear",
		"CAMERA\nUPLINK\n[mqtt]\nbroker = \"tcp://broker\"\ncert_file = \"box.pem\"\nkey_file = \"box.key\"",
		`box.toml:9: mqtt.cert_file: has no meaning for an address that is not encrypted; remove it or write ssl://`},
	{"a certificate that is none",
		"CAMERA\nUPLINK\n[mqtt]\nbroker = \"ssl://broker\"\ncert_file = \"secret\"\nkey_file = \"secret\"",
		`box.toml:9: mqtt.cert_file: holds no certificate in PEM form`},
	{"command keys without a broker",
		"CAMERA\nUPLINK\n[mqtt]\ncommand_keys = \"secret\"",
		`box.toml:8: mqtt.command_keys: needs mqtt.broker beside it: commands come from there`},
	{"an authority that is none",
		"CAMERA\nUPLINK\nca_file = \"secret\"",
		`box.toml:7: uplink.ca_file: holds no certificate in PEM form`},
}

// whole puts the sections that are right into a bad text.
func whole(text string) string {
	text = strings.ReplaceAll(text, "CAMERA", "# the camera\n[camera]\nurl = \"rtsp://camera/main\"")
	return strings.ReplaceAll(text, "UPLINK", "# the ingest\n[uplink]\nurl = \"rtsp://ingest/live\"")
}

func TestABadFileIsToldInOneExactLine(t *testing.T) {
	for _, c := range bad {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := inFolder(t, map[string]string{"box.toml": whole(c.text), "secret": "open sesame\n", "empty": "\n"})
			if err == nil {
				t.Fatalf("loaded: %+v", cfg)
			}
			if err.Error() != c.want {
				t.Errorf("\n got %s\nwant %s", err, c.want)
			}
		})
	}
}

func TestTheSameBadFileAlwaysGivesTheSameError(t *testing.T) {
	text := "[camera]\na = 1\nb = 2\nurl = 3\n[uplink]\nfloor = 1\nc = 4\n[mqtt]\nuser = 5"
	for range 50 {
		_, err := inFolder(t, map[string]string{"box.toml": text})
		if want := `box.toml:2: unknown key "camera.a"`; err == nil || err.Error() != want {
			t.Fatalf("got %v, want %s", err, want)
		}
	}
}

func TestNoErrorRepeatsAPassword(t *testing.T) {
	for _, address := range []string{
		"rtsp://admin:secret@", "http://admin:secret@camera", "rtsp://admin:secret@ca mera", "rtsp://admin:secret%zz@camera",
		"rtsp://admin:secret@camera:port", "admin:secret@camera", "://secret", "secret\u0001",
	} {
		_, err := inFolder(t, map[string]string{"box.toml": "[camera]\nurl = \"" + address + "\"\n"})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// position is how every error about a file's text begins.
var position = regexp.MustCompile(`^.*box\.toml(:\d+){0,2}: .+$`)

func FuzzLoad(f *testing.F) {
	f.Add(Example())
	f.Add(least)
	for _, c := range bad {
		f.Add(whole(c.text))
	}
	path := filepath.Join(f.TempDir(), "box.toml")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := Load(path)
		switch {
		case err == nil && (cfg.Camera.URL == "" || cfg.Uplink.Floor >= cfg.Uplink.Ceiling):
			t.Errorf("loaded without sense: %+v", cfg)
		case err != nil && (strings.ContainsAny(err.Error(), "\n\r") || !position.MatchString(err.Error())):
			t.Errorf("not one line with a position: %q", err)
		}
	})
}
