package app

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// demoWith is a demo, not at work, with looks of its own.
func demoWith(t *testing.T, looks string) (*Demo, error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "looks.toml")
	if err := os.WriteFile(file, []byte(looks), 0o600); err != nil {
		t.Fatal(err)
	}
	page, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { page.Close() })
	return NewDemo(DemoConfig{Page: page, Socket: filepath.Join(dir, "box.sock"), Dir: t.TempDir(), Looks: file}, newLogger("error"))
}

func TestADemoHasTheLooksOfAFile(t *testing.T) {
	d, err := demoWith(t, "[k18]\nlights = { key = 60 }\ntable = \"front\"\n")
	if err != nil {
		t.Fatal(err)
	}
	if names := d.box.studio.director.Names(); !slices.Contains(names, "k18") || !slices.Contains(names, "gold") {
		t.Errorf("looks %v", names)
	}
	if _, err := demoWith(t, "[k18]\nlights = { rim = 60 }\n"); err == nil || !strings.Contains(err.Error(), "rim") {
		t.Errorf("a lamp that the demo does not have: %v", err)
	}
}
