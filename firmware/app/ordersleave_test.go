package app

import (
	"os"
	"path/filepath"
	"testing"
)

// keptLeave is a box's leave as the next start finds it.
func keptLeave(t *testing.T, b *box) bool {
	t.Helper()
	l, err := openLeave(b.leave.path)
	if err != nil {
		t.Fatal(err)
	}
	return l.allowed.Load()
}

func TestTheAnswerOnThePageOutlivesTheProgramAndTheFileAloneAllowsNothing(t *testing.T) {
	b := stillBox(t, "rtsp://127.0.0.1:9/main", "[session]\nremote_start = true")
	if b.sessionConfig().RemoteStart {
		t.Error("the settings alone allow a start from afar")
	}
	for _, allowed := range []bool{true, false, true} {
		b.AllowRemoteStart(allowed)
		if got := keptLeave(t, b); got != allowed {
			t.Errorf("answered %t, the next start finds %t", allowed, got)
		}
		if got := b.sessionConfig().RemoteStart; got != allowed {
			t.Errorf("answered %t, the session has %t", allowed, got)
		}
	}
	if err := os.WriteFile(b.leave.path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := openLeave(b.leave.path); err == nil || l.allowed.Load() {
		t.Errorf("a damaged file: allowed %t, %v", l.allowed.Load(), err)
	}
}

func TestTheFileForbidsWhateverThePageSays(t *testing.T) {
	b := stillBox(t, "rtsp://127.0.0.1:9/main", "[session]\nremote_start = false")
	b.AllowRemoteStart(true)
	if b.sessionConfig().RemoteStart {
		t.Error("the page allows what the settings forbid")
	}
}

func TestAnAnswerThatCannotBeKeptIsNoAtTheNextStart(t *testing.T) {
	b := stillBox(t, "rtsp://127.0.0.1:9/main", "")
	b.AllowRemoteStart(true)
	// A folder where the new file is to be written: the disk refuses.
	if err := os.Mkdir(b.leave.path+".new", 0o700); err != nil {
		t.Fatal(err)
	}
	b.AllowRemoteStart(false)
	if keptLeave(t, b) || b.sessionConfig().RemoteStart {
		t.Error("a leave that was withdrawn comes back")
	}
	if _, err := os.Stat(filepath.Dir(b.leave.path)); err != nil {
		t.Error(err)
	}
}
