package fleet

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"studiobox/provisioning/fleet/swarm"
)

func TestAListThatTheSwarmWroteReadsBackTheSame(t *testing.T) {
	boxes, path := swarm.Roll(50, []string{"b-0001", "b-0002"}), filepath.Join(t.TempDir(), "boxes.csv")
	var text bytes.Buffer
	if err := swarm.WriteList(&text, boxes); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := readBoxList(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, back := range simulated(list) {
		if back != boxes[i] {
			t.Fatalf("got %+v, want %+v", back, boxes[i])
		}
	}
}

func TestABoxOfTwoTenantsIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "boxes.csv")
	text := "tenant,box,business,place,network,health_s\nb-0001,SIM-00001,,,,\nb-0002,SIM-00001,,,,\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"acl", "--out", path + ".acl"}, {"broker", "--secret", "x", "--listen", "127.0.0.1:0"}} {
		var out, told bytes.Buffer
		if code := Run(soon(t), append(args, "--boxes", path), strings.NewReader(""), &out, &told); code != 1 || !strings.Contains(told.String(), "SIM-00001 belongs to b-0001 and to b-0002") {
			t.Errorf("%s: code %d: %s", args[0], code, told.String())
		}
	}
}
