package fleet

import (
	"strings"
	"testing"
)

func TestTheDemoShowsTroublesAndItsPrintedCommandsWork(t *testing.T) {
	d := studiofleet(t, "--log", "error", "demo", "--boxes", "60", "--listen", freeAddress(t), "--broker", freeAddress(t), "--metrics", "127.0.0.1:0")
	b := signIn(t, d.said(t, `open (http://\S+)`))
	eventually(t, "something needs attention", func() bool { return strings.Contains(b.get(t, b.base+"/"), "Shop ") })
	join := d.said(t, `studiobox demo (--fleet tcp://\S+ --command-keys \S+)`)
	if !strings.Contains(join, "command-keys.json") {
		t.Errorf("joining: %s", join)
	}
	args := strings.Fields(d.said(t, `studiofleet (sign command .*)`))
	c := studiofleet(t, args...)
	c.said(t, `box SIM-00001 answers: (done)`)
	page := b.get(t, b.base+"/box/b-0001/SIM-00001")
	if !strings.Contains(page, "Shop 1 (demo)") {
		t.Error("the box's page does not name its business")
	}
}

func TestADemoOnAnAddressThatOthersReachIsRefused(t *testing.T) {
	for _, flag := range []string{"--listen", "--broker"} {
		var out, told strings.Builder
		if code := Run(soon(t), []string{"demo", flag, "0.0.0.0:0"}, nil, &out, &told); code != 1 || !strings.Contains(told.String(), "loopback") {
			t.Errorf("%s: code %d: %s", flag, code, told.String())
		}
	}
}

func TestTheLineThatJoinsCallsTheProgramOfTheSameFolder(t *testing.T) {
	for _, c := range []struct{ started, want string }{
		{"studiofleet", "studiobox"},
		{"bin/studiofleet", "bin/studiobox"},
		{"/usr/bin/studiofleet", "/usr/bin/studiobox"},
	} {
		if got := beside(c.started, "studiobox"); got != c.want {
			t.Errorf("started as %s: %s, want %s", c.started, got, c.want)
		}
	}
}
