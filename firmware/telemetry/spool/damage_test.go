package spool

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"studiobox/provisioning/contract"
)

// filled is a file with some events in it, and its epoch.
func filled(t *testing.T, path string) (epoch string) {
	t.Helper()
	s := open(t, path, Limits{})
	for range 40 {
		s.Add("camera_lost", contract.SeverityFault, "of a length that fills more than a page when there are many", "", false)
	}
	s.end()
	return s.Stats().Epoch
}

func TestADamagedFileIsMovedAsideAndANewCountBegins(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"rubbish": func(t *testing.T, path string) {
			rewrite(t, path, func(b []byte) []byte { return []byte(strings.Repeat("no", 40_000)) })
		},
		"empty":  func(t *testing.T, path string) { rewrite(t, path, func([]byte) []byte { return nil }) },
		"short":  func(t *testing.T, path string) { rewrite(t, path, func(b []byte) []byte { return b[:len(b)/4] }) },
		"tiny":   func(t *testing.T, path string) { rewrite(t, path, func(b []byte) []byte { return b[:100] }) },
		"zeroed": func(t *testing.T, path string) { rewrite(t, path, func(b []byte) []byte { clear(b[8192:]); return b }) },
		"text": func(t *testing.T, path string) {
			rewrite(t, path, func(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), "length", "lenght")) })
		},
		"another's": func(t *testing.T, path string) {
			os.Remove(path)
			db, err := bbolt.Open(path, 0o600, nil)
			if err = errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := spoolFile(t)
			old := filled(t, path)
			damage(t, path)
			s := open(t, path, Limits{})
			s.settled(t)
			if got := s.Stats(); got.Epoch == old || got.Epoch == "" || got.Broken != "" {
				t.Errorf("after the damage: %+v", got)
			}
			if all := s.all(t); len(all) != 1 || all[0].Code != codeBroken || all[0].Sev != contract.SeverityWarn || all[0].N != 1 {
				t.Errorf("told is %+v", all)
			}
			if aside, _ := filepath.Glob(path + ".damaged-*"); len(aside) != 1 {
				t.Errorf("moved aside: %q", aside)
			}
		})
	}
}

func rewrite(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(content), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestNoFlippedBitEndsTheProgramOrChangesAnEvent(t *testing.T) {
	path := spoolFile(t)
	filled(t, path)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	every := 197
	if testing.Short() {
		every = 997
	}
	kept, moved := 0, 0
	for at := 0; at < len(content); at += every {
		spoilt := append([]byte(nil), content...)
		spoilt[at] ^= 1 << (at % 8)
		flipped := filepath.Join(t.TempDir(), "events.db")
		if err := os.WriteFile(flipped, spoilt, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, flipped, Limits{})
		s.Add("x", contract.SeverityInfo, "", "", false)
		s.settled(t)
		switch all := s.all(t); {
		case len(all) == 41 && all[40].Code == "x":
			kept++
		case len(all) == 2 && all[0].Code == codeBroken || len(all) == 2 && all[1].Code == codeBroken:
			moved++
		default:
			t.Errorf("byte %d: %d events: %+v", at, len(all), all)
		}
		s.end()
	}
	t.Logf("%d files kept, %d moved aside", kept, moved)
}

func TestFewDamagedFilesAreKept(t *testing.T) {
	path := spoolFile(t)
	for _, when := range []string{"20260101T000000Z", "20260102T000000Z", "20260103T000000Z"} {
		if err := os.WriteFile(path+".damaged-"+when, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, path, Limits{})
	aside, _ := filepath.Glob(path + ".damaged-*")
	if len(aside) != keepDamaged || !strings.HasSuffix(aside[0], "20260103T000000Z") {
		t.Errorf("left: %q", aside)
	}
}

func TestAFolderThatIsNotThereIsToldAndTriedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "events.db")
	s := open(t, path, Limits{})
	s.Add("x", contract.SeverityInfo, "", "", false)
	if got := s.Stats(); !strings.Contains(got.Broken, "no such file") || got.Waiting != 1 || s.Next(Mark{}, 9) != nil {
		t.Errorf("without a folder: %+v", got)
	}
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	s.settled(t)
	if got := s.Stats(); got.Broken != "" || got.Last != 1 {
		t.Errorf("with the folder: %+v", got)
	}
}

func TestTwoProgramsDoNotShareAFile(t *testing.T) {
	path := spoolFile(t)
	first := open(t, path, Limits{})
	second, err := Open(path, Limits{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if got := second.Stats().Broken; !strings.Contains(got, "another program has the file open") {
		t.Errorf("the second one says %q", got)
	}
	first.end()
	second.pace = pace{}
	run(t, second)
	eventually(t, "the second one has it", func() bool { return second.Stats().Broken == "" })
}
