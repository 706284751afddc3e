package arrows

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

func TestTheHouseKeepsItsFloorsAndFences(t *testing.T) {
	packages := listHouse(t)
	if len(packages) < 10 {
		t.Fatalf("go list found only %d packages: the rule would prove nothing", len(packages))
	}
	for _, sentence := range Check(packages) {
		t.Error(sentence)
	}
}

func TestAPlantedViolationIsNamedInOneSentence(t *testing.T) {
	for name, tc := range map[string]struct {
		planted Package
		want    string
	}{
		"an import up the floors": {
			Package{Path: module + "encoder/gst", Imports: []string{module + "encoder/shape"}},
			"encoder/gst imports encoder/shape: imports go strictly down the floors",
		},
		"neighbours on one floor": {
			Package{Path: module + "uplink/rate", Imports: []string{module + "uplink/link"}},
			"uplink/rate imports uplink/link: imports go strictly down the floors",
		},
		"firmware from outside": {
			Package{Path: module + "uplink/publish", Imports: []string{module + "firmware/run"}},
			"uplink/publish imports firmware/run: nobody outside firmware imports firmware",
		},
		"firmware from an outside test": {
			Package{Path: module + "uplink/publish", TestImports: []string{module + "firmware/run"}},
			"nobody outside firmware imports firmware",
		},
		"paho outside telemetry": {
			Package{Path: module + "firmware/panel", Imports: []string{"github.com/eclipse/paho.mqtt.golang"}},
			"fenced to firmware/telemetry",
		},
		"a sub-package of a fenced module": {
			Package{Path: module + "drivers/button", Imports: []string{"periph.io/x/host/v3/rpi"}},
			"fenced to board",
		},
		"a room that nobody planned": {
			Package{Path: module + "firmware/misc"},
			"firmware/misc stands on no floor",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Check([]Package{tc.planted})
			if len(got) != 1 || !strings.Contains(got[0], tc.want) {
				t.Errorf("got %q, want one sentence with %q", got, tc.want)
			}
		})
	}
}

func TestWhatTheHouseAllowsPasses(t *testing.T) {
	allowed := []Package{
		{Path: module + "firmware/app", Imports: []string{module + "uplink/publish", module + "encoder/unit"}},
		{Path: module + "uplink/publish", Imports: []string{module + "uplink/rate", "github.com/bluenviron/gortsplib/v4"}},
		{Path: module + "uplink/rate", TestImports: []string{module + "uplink/linktest"}},
		{Path: module + "firmware/e2e", TestImports: []string{"github.com/eclipse/paho.mqtt.golang"}},
	}
	if got := Check(allowed); len(got) != 0 {
		t.Errorf("refused what the design allows: %q", got)
	}
}

// listHouse asks the go command for every package of the module with its imports.
func listHouse(t *testing.T) []Package {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", module+"...")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []Package
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		packages = append(packages, Package{p.ImportPath, p.Imports, append(p.TestImports, p.XTestImports...)})
	}
}
