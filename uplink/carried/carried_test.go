package carried

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestWhatAnUplinkCarriedIsThereAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "uplinks.json")
	b, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Note("wlan0 02:00", 2300, noon); err != nil {
		t.Fatal(err)
	}
	again, err := Open(path)
	if err != nil || again.Kbps("wlan0 02:00") != 2300 || again.Kbps("eth0 02:01") != 0 {
		t.Errorf("%v, %v", again.entries, err)
	}
}

func TestABookThatWasTornIsEmptyAndSaysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "uplinks.json")
	for _, text := range []string{`{"wlan0": {"kbps": 23`, "null", "[]"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: error %v", text, err)
		}
		if b.Note("eth0 x", 900, noon) != nil || b.Kbps("eth0 x") != 900 {
			t.Errorf("%q: the book cannot be used", text)
		}
	}
}

func TestTheBookForgetsTheOldestUplinks(t *testing.T) {
	b, _ := Open("")
	for i := range 3 * mostUplinks {
		_ = b.Note(fmt.Sprint("uplink ", i), 1000+i, noon.Add(time.Duration(i)*time.Hour))
	}
	if len(b.entries) != mostUplinks || b.Kbps("uplink 0") != 0 || b.Kbps(fmt.Sprint("uplink ", 3*mostUplinks-1)) == 0 {
		t.Errorf("%d entries: %v", len(b.entries), b.entries)
	}
}

func TestNothingIsNotedOfAnUnknownUplinkOrRate(t *testing.T) {
	b, _ := Open("")
	_ = b.Note("", 1000, noon)
	_ = b.Note("eth0", 0, noon)
	_ = b.Note("eth0", -4, noon)
	if len(b.entries) != 0 {
		t.Error(b.entries)
	}
}

func TestTheUplinkIsTheGatewayOfTheBestDefaultRoute(t *testing.T) {
	const (
		heading   = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
		wifi      = "wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
		cable     = "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
		local     = "eth0\t0001A8C0\t00000000\t0001\t0\t0\t1\t00FFFFFF\t0\t0\t0\n"
		arp       = "IP address HW type Flags HW address Mask Device\n"
		cableARP  = "192.168.1.1 0x1 0x2 02:aa:bb:cc:dd:01 * eth0\n"
		otherARP  = "192.168.1.1 0x1 0x2 02:aa:bb:cc:dd:09 * wlan0\n"
		silentARP = "192.168.1.1 0x1 0x0 00:00:00:00:00:00 * eth0\n"
	)
	for _, c := range []struct{ name, route, arp, want string }{
		{"two routes, the lower metric wins", heading + wifi + cable + local, arp + otherARP + cableARP, "eth0 02:aa:bb:cc:dd:01"},
		{"a gateway that has not answered", heading + cable, arp + silentARP, "eth0 0101A8C0"},
		{"no default route", heading + local, arp + cableARP, ""},
		{"a torn table", heading + "eth0\t0000", "", ""},
		{"nothing at all", "", "", ""},
	} {
		dir := t.TempDir()
		for file, text := range map[string]string{"route": c.route, "arp": c.arp} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if have := Uplink(dir); have != c.want {
			t.Errorf("%s: %q, want %q", c.name, have, c.want)
		}
	}
	if have := Uplink(filepath.Join(t.TempDir(), "no such folder")); have != "" {
		t.Errorf("without the kernel's tables: %q", have)
	}
}
