package app

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// originEvery is how often the way to the internet is looked at.
const originEvery = 10 * time.Second

// origin knows the computer's serial number, its system and its way to the internet. It
// belongs to the conductor.
type origin struct {
	root    string // "/", or a tree of files that stands for a machine
	serial  string
	slot    string // A or B; empty on a system that has no second one
	network string
	looked  time.Time
}

// newOrigin reads what does not change.
func newOrigin(root string) *origin {
	o := &origin{root: root}
	if text, err := os.ReadFile(filepath.Join(root, "sys/firmware/devicetree/base/serial-number")); err == nil {
		o.serial = strings.Trim(string(text), " \n\x00")
	}
	if text, err := os.ReadFile(filepath.Join(root, "proc/cmdline")); err == nil {
		for _, word := range strings.Fields(string(text)) {
			if slot, ok := strings.CutPrefix(word, "rauc.slot="); ok { // as RAUC's boot scripts say it
				o.slot = slot
			}
		}
	}
	return o
}

// way is wired, wifi or mobile; empty without a way to the internet.
func (o *origin) way(now time.Time) string {
	if now.Sub(o.looked) >= originEvery {
		o.looked, o.network = now, kindOf(o.root, defaultRoute(o.root))
	}
	return o.network
}

// defaultRoute is the interface of the default route with the lowest metric;
// proc/net/route is described in proc(5), proc/net/ipv6_route in the kernel's
// net/ipv6/route.c.
func defaultRoute(root string) string {
	if name := routeIn(filepath.Join(root, "proc/net/route"), 0, 1, 7, "00000000", 6); name != "" {
		return name
	}
	return routeIn(filepath.Join(root, "proc/net/ipv6_route"), 9, 1, 1, "00", 5)
}

// routeIn reads a table of routes: which column is the interface, which columns
// must be all zeros for a default route, and which is the metric.
func routeIn(path string, iface, from, to int, zeros string, metric int) (name string) {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	lowest := ""
	for lines := bufio.NewScanner(file); lines.Scan(); {
		field := strings.Fields(lines.Text())
		if len(field) <= max(iface, from, to, metric) || field[from] != zeros || field[to] != zeros || field[iface] == "lo" {
			continue
		}
		cost := strings.Repeat("0", max(10-len(field[metric]), 0)) + field[metric]
		if lowest == "" || cost < lowest {
			lowest, name = cost, field[iface]
		}
	}
	return name
}

// mobiles are how the kernel and ModemManager name links over a mobile network.
var mobiles = []string{"wwan", "wwp", "wwx", "ppp", "usb", "rmnet", "cdc-wdm"}

// kindOf tells how an interface reaches the world.
func kindOf(root, name string) string {
	if name == "" {
		return ""
	}
	if _, err := os.Stat(filepath.Join(root, "sys/class/net", name, "wireless")); err == nil {
		return "wifi"
	}
	for _, prefix := range mobiles {
		if strings.HasPrefix(name, prefix) {
			return "mobile"
		}
	}
	return "wired"
}
