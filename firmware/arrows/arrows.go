// Package arrows holds the house's import rules: floors that imports may only
// go down, and fences around modules that have one home.
package arrows

import (
	"fmt"
	"slices"
	"strings"
)

const module = "studiobox/"

// Package is what the rules need to know of one Go package.
type Package struct {
	Path        string
	Imports     []string // of the package itself
	TestImports []string // of its tests, in and outside the package
}

// floors lists the house from the top down. A pattern ends in "/..." to mean a
// folder and all below it. The first floor that matches a package is its floor.
var floors = [][]string{
	{"firmware/cmd/...", "firmware/bench", "firmware/lab/..."},
	{"firmware/app", "firmware/e2e", "provisioning/fleet"},
	{"provisioning/fleet/swarm"},
	{"firmware/panel", "firmware/telemetry", "provisioning/registrar", "provisioning/console", "provisioning/fleet/broker"},
	{
		"firmware/session", "firmware/health", "firmware/run", "firmware/config", "firmware/command", "firmware/telemetry/spool",
		"firmware/showlog", "firmware/bench/chart", "provisioning/console/signin", "provisioning/console/inbox", "provisioning/console/gauge",
	},
	{"provisioning/console/book"},
	{"provisioning/console/roster"},
	{"firmware/guard", "firmware/look"},
	{
		"encoder/shape", "encoder/choose", "encoder/testcam", "encoder/boxcam", "uplink/publish", "board/sim", "board/conform",
		"uplink/linktest", "uplink/ingesttest", "uplink/rivals", "uplink/rivals/gcc", "firmware/bench/score",
	},
	{
		"board", "drivers/button", "drivers/indicator", "drivers/light", "drivers/turntable", "drivers/lens", "drivers/power",
		"drivers/turntable/tmc2209/tmc2209test",
		"encoder/rtspcam", "encoder/onvif", "encoder/gst", "uplink/rate", "uplink/link", "uplink/carried",
		"provisioning/identity", "provisioning/enroll", "provisioning/wifi", "provisioning/ota", "provisioning/contract/seal",
	},
	{"provisioning/contract"},
	{
		"board/profile", "encoder/unit", "encoder/loudness", "encoder/greycard", "drivers/turntable/motion", "drivers/turntable/tmc2209",
		"drivers/light/dmx", "drivers/light/pca9685", "drivers/light/flicker", "drivers/indicator/display", "provisioning/contract/condition",
		"provisioning/console/language",
	},
}

// offFloor are the packages that stand beside the house: they import nothing of it.
var offFloor = []string{"firmware/arrows", "firmware/image"}

// fence keeps a module in the rooms that may import it.
type fence struct {
	module string
	rooms  []string
	reason string
	tests  bool // tests elsewhere may import it too
}

var fences = []fence{
	{"periph.io/x/host/v3", []string{"board"}, "only the board knows which computer this is; drivers take periph conn ports", false},
	{"github.com/bluenviron/gortsplib/v4", []string{"encoder/rtspcam", "encoder/testcam", "uplink/...", "firmware/bench", "firmware/lab"}, "RTSP ends at the camera (bench and lab play one) and at the uplink; in between there are only units", true},
	{"github.com/eclipse/paho.mqtt.golang", []string{"firmware/telemetry", "provisioning/console/inbox"}, "telemetry cures paho's traps for the box, inbox for the console", true},
	{"github.com/ebitengine/purego", []string{"encoder/gst"}, "GStreamer lives in encoder/gst's child process", false},
	{"github.com/godbus/dbus/v5", []string{"provisioning/wifi", "provisioning/ota"}, "D-Bus is for NetworkManager and RAUC", false},
}

// Check returns one sentence for each import that breaks a floor or a fence.
func Check(packages []Package) []string {
	var broken []string
	for _, p := range packages {
		room := roomOf(strings.TrimPrefix(p.Path, module))
		if level(room) < 0 && !slices.Contains(offFloor, room) {
			broken = append(broken, fmt.Sprintf("%s stands on no floor: give it one in firmware/arrows and in DESIGN", room))
			continue
		}
		for _, imported := range p.Imports {
			broken = append(broken, checkImport(room, imported, false)...)
		}
		for _, imported := range p.TestImports {
			broken = append(broken, checkImport(room, imported, true)...)
		}
	}
	slices.Sort(broken)
	return slices.Compact(broken)
}

func checkImport(room, imported string, fromTest bool) []string {
	if inner, ok := strings.CutPrefix(imported, module); ok {
		return checkFloor(room, roomOf(inner), fromTest)
	}
	return checkFences(room, imported, fromTest)
}

func checkFloor(room, imported string, fromTest bool) []string {
	if room == imported {
		return nil // an external test of the package itself, or its inner rooms
	}
	if strings.HasPrefix(imported, "firmware/") && !strings.HasPrefix(room, "firmware/") {
		return []string{fmt.Sprintf("%s imports %s: nobody outside firmware imports firmware", room, imported)}
	}
	if fromTest {
		return nil // a test may stand a room beside real neighbours
	}
	if slices.Contains(offFloor, room) || level(imported) <= level(room) {
		return []string{fmt.Sprintf("%s imports %s: imports go strictly down the floors", room, imported)}
	}
	return nil
}

func checkFences(room, imported string, fromTest bool) []string {
	var broken []string
	for _, f := range fences {
		inModule := imported == f.module || strings.HasPrefix(imported, f.module+"/")
		if !inModule || matches(room, f.rooms) || (fromTest && f.tests) {
			continue
		}
		broken = append(broken, fmt.Sprintf("%s imports %s, which is fenced to %s: %s",
			room, f.module, strings.Join(f.rooms, ", "), f.reason))
	}
	return broken
}

// roomOf counts a room's internal packages as the room itself.
func roomOf(path string) string {
	room, _, _ := strings.Cut(path, "/internal")
	return room
}

// level is the index of the room's floor, counted from the top; -1 when it has none.
func level(room string) int {
	return slices.IndexFunc(floors, func(floor []string) bool { return matches(room, floor) })
}

func matches(room string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if folder, ok := strings.CutSuffix(pattern, "/..."); ok {
			return room == folder || strings.HasPrefix(room, folder+"/")
		}
		return room == pattern
	})
}
