package onvif

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheLedgerKeepsAChangeUntilItIsForgotten(t *testing.T) {
	l := FileLedger{Path: filepath.Join(t.TempDir(), "data", "camera.json")}
	if c, ok := l.Load(); ok {
		t.Fatalf("a ledger that is not there has %+v", c)
	}
	must(t, l.Forget())
	for _, want := range []Change{{"enc", 4000, 0}, {"enc", 4000, 750}} {
		must(t, l.Keep(want))
		if got, ok := (FileLedger{Path: l.Path}).Load(); !ok || got != want {
			t.Errorf("kept %+v, read %+v, %t", want, got, ok)
		}
	}
	if files, err := os.ReadDir(filepath.Dir(l.Path)); err != nil || len(files) != 1 {
		t.Errorf("the ledger leaves %v, %v", files, err)
	}
	must(t, l.Forget())
	if c, ok := l.Load(); ok {
		t.Errorf("forgotten, and still there: %+v", c)
	}
}

func TestADamagedLedgerChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "camera.json")
	for _, text := range []string{"", "{", `{"Token":"enc"}`, `{"Original":4000}`, `{"Token":"enc","Original":-1}`, "\x00\x00"} {
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if c, ok := (FileLedger{Path: path}).Load(); ok {
			t.Errorf("%q gives %+v", text, c)
		}
	}
	if err := (FileLedger{Path: filepath.Join(path, "below a file")}).Keep(Change{}); err == nil {
		t.Error("a ledger that cannot be written says nothing")
	}
}
