package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// tree writes files below a new root.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const (
	routeHead = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	lanRoute  = "eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
)

func viaRoute(iface, metric string) string {
	return iface + "\t00000000\t0100A8C0\t0003\t0\t0\t" + metric + "\t00000000\t0\t0\t0\n"
}

func TestTheWayToTheInternetIsThatOfTheBestDefaultRoute(t *testing.T) {
	const six = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     wlan0\n" +
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"a cable":            {map[string]string{"proc/net/route": routeHead + lanRoute + viaRoute("eth0", "100")}, "wired"},
		"radio":              {map[string]string{"proc/net/route": routeHead + viaRoute("wlan0", "600"), "sys/class/net/wlan0/wireless/x": ""}, "wifi"},
		"a cable and radio":  {map[string]string{"proc/net/route": routeHead + viaRoute("wlan0", "600") + viaRoute("end0", "100"), "sys/class/net/wlan0/wireless/x": ""}, "wired"},
		"a modem":            {map[string]string{"proc/net/route": routeHead + viaRoute("wwan0", "700")}, "mobile"},
		"IPv6 only, by air":  {map[string]string{"proc/net/route": routeHead + lanRoute, "proc/net/ipv6_route": six, "sys/class/net/wlan0/wireless/x": ""}, "wifi"},
		"a LAN that ends":    {map[string]string{"proc/net/route": routeHead + lanRoute}, ""},
		"nothing to look at": {nil, ""},
	} {
		if got := newOrigin(tree(t, c.files)).way(time.Now()); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestASerialNumberIsReadWithoutItsEnd(t *testing.T) {
	root := tree(t, map[string]string{"sys/firmware/devicetree/base/serial-number": "10000000abcdef01\x00"})
	if got := newOrigin(root).serial; got != "10000000abcdef01" {
		t.Errorf("got %q", got)
	}
}

func TestTheSlotIsWhatTheBootLoaderSays(t *testing.T) {
	for line, want := range map[string]string{"console=tty1 rauc.slot=B quiet\n": "B", "console=tty1 quiet\n": ""} {
		if got := newOrigin(tree(t, map[string]string{"proc/cmdline": line})).slot; got != want {
			t.Errorf("%q: %q", line, got)
		}
	}
	if got := newOrigin(t.TempDir()).slot; got != "" {
		t.Errorf("without a command line: %q", got)
	}
}
