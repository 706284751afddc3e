package app

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"studiobox/board/sim"
	"studiobox/firmware/config"
)

// stillBox is a box on a simulated board with this camera, wired but not at work.
// more is added to its settings.
func stillBox(t *testing.T, camera, more string) *box {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "box.toml")
	text := fmt.Sprintf("[box]\nid = \"SB-TEST01\"\ntenant = \"t\"\nboard = \"sim\"\ndata_dir = %q\n[uplink]\nurl = \"rtsp://127.0.0.1:9/live\"\n[camera]\nurl = %q\n%s\n",
		dir, camera, more)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	hw, err := simulatedHardware(sim.New(nil))
	if err != nil {
		t.Fatal(err)
	}
	page, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { page.Close() })
	b, err := newBox(boxConfig{Settings: settings, Hardware: hw, Socket: filepath.Join(dir, "box.sock"), Page: page}, newLogger("error"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tells is the detail of a condition that is active now; false = it is not.
func (b *box) tells(code string) (detail string, active bool) {
	for _, c := range b.tracker.Active(time.Now()) {
		if c.Code == code {
			return c.Detail, true
		}
	}
	return "", false
}

// failing tells whether the gate names a check.
func (b *box) failing(check string) bool { return slices.Contains(b.Check(), check) }
