package spool

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

// What this program is to be instead of the tests.
const (
	victimVariable = "STUDIOBOX_TEST_SPOOL"      // a box with its spool in this folder, to be killed
	fullVariable   = "STUDIOBOX_TEST_SPOOL_FULL" // a box whose disk is full
)

// TestMain is the tests, or a child that they started.
func TestMain(m *testing.M) {
	if path, ok := os.LookupEnv(victimVariable); ok {
		beVictim(path)
	}
	if dir, ok := os.LookupEnv(fullVariable); ok {
		os.Exit(beFull(dir))
	}
	if path, ok := os.LookupEnv(syncVariable); ok {
		beUnsynced(path)
	}
	os.Exit(m.Run())
}

// beVictim adds events, tells on standard output which are safe ("A <what>"),
// delivers them ("R <epoch> <n> <what>") and lets them go, until it is killed.
func beVictim(path string) {
	s, err := Open(path, Limits{}, slog.New(slog.DiscardHandler))
	if err != nil {
		panic(err)
	}
	s.pace = pace{gather: 2 * time.Millisecond, retry: time.Millisecond}
	go func() { _ = s.Run(context.Background()) }()
	go func() { // ends with the tests
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	var read Mark
	for added, safe := 0, 0; ; {
		for range rand.IntN(4) {
			s.Add("x", contract.SeverityInfo, fmt.Sprintf("%d/%d", os.Getpid(), added), "", false)
			added++
		}
		var said bytes.Buffer
		for written := int(s.Stats().Written); safe < written; safe++ {
			fmt.Fprintf(&said, "A %d/%d\n", os.Getpid(), safe)
		}
		list := s.Next(read, 1+rand.IntN(4))
		for _, e := range list {
			event, _ := contract.ParseEvent(e.Payload)
			fmt.Fprintf(&said, "R %s %d %s\n", e.Epoch, e.N, event.Det)
			read = e.Mark
		}
		os.Stdout.Write(said.Bytes())
		for _, e := range list {
			s.Done(e.Mark)
		}
		time.Sleep(time.Millisecond)
	}
}

// reader is the fleet side: it has what was delivered, counted once.
type reader struct {
	accepted map[string]bool
	got      map[Mark]string
	events   []contract.Event // one for each mark
	repeats  int
}

func (r *reader) take(t *testing.T, mark Mark, det string) {
	t.Helper()
	if before, ok := r.got[mark]; ok {
		if r.repeats++; before != det {
			t.Errorf("%v was %q and now is %q", mark, before, det)
		}
		return
	}
	r.got[mark] = det
	r.events = append(r.events, contract.Event{Epoch: mark.Epoch, N: mark.N, Det: det})
}

// life starts a victim, kills it at a random moment and reads what it said.
func (r *reader) life(t *testing.T, path string) {
	t.Helper()
	child := exec.Command("/proc/self/exe")
	child.Env = append(os.Environ(), victimVariable+"="+path)
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	first, n := make([]byte, 1), 0
	if rand.IntN(4) > 0 { // every fourth life ends while it begins, the others while it works
		n, _ = io.ReadFull(out, first)
	}
	time.AfterFunc(rand.N(40*time.Millisecond), func() { child.Process.Kill() })
	rest, err := io.ReadAll(out)
	said := append(first[:n], rest...)
	child.Wait()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(said)) {
		var what string
		var mark Mark
		switch {
		case !strings.HasSuffix(line, "\n"): // cut off by the end
		case strings.HasPrefix(line, "A "):
			fmt.Sscanf(line, "A %s", &what)
			r.accepted[what] = true
		default:
			if _, err := fmt.Sscanf(line, "R %s %d %s", &mark.Epoch, &mark.N, &what); err != nil {
				t.Fatalf("the victim said %q", line)
			}
			r.take(t, mark, what)
		}
	}
}

// A spool is killed in 25 lives, several spools one after another, so that the
// making of the file is met too.
func TestAPowerCutAtAnyMomentLosesNoAcceptedEvent(t *testing.T) {
	lives, spools := 25, 20
	if testing.Short() {
		spools = 2
	}
	var mu sync.Mutex
	var accepted, got, repeats int
	t.Run("both", func(t *testing.T) {
		for half := range 2 {
			t.Run(fmt.Sprint(half), func(t *testing.T) {
				t.Parallel()
				for range spools / 2 {
					r := survive(t, filepath.Join(t.TempDir(), "events.db"), lives)
					mu.Lock()
					accepted, got, repeats = accepted+len(r.accepted), got+len(r.got), repeats+r.repeats
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%d kills: %d events accepted, %d delivered, %d of them again", lives*spools, accepted, got, repeats)
	if accepted < lives*spools/4 {
		t.Errorf("that was no test: %d events accepted", accepted)
	}
}

// survive kills one spool in so many lives, and then reads what is left.
func survive(t *testing.T, path string, lives int) *reader {
	r := &reader{accepted: map[string]bool{}, got: map[Mark]string{}}
	for range lives {
		r.life(t, path)
	}
	s, err := Open(path, Limits{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Error(err)
		return r
	}
	defer s.close()
	for _, e := range s.Next(Mark{}, 1<<20) {
		event, err := contract.ParseEvent(e.Payload)
		if err != nil {
			t.Error(err)
		}
		r.take(t, e.Mark, event.Det)
	}
	delivered := map[string]bool{}
	for _, e := range r.events {
		if delivered[e.Det] || e.Epoch != s.Stats().Epoch {
			t.Errorf("%s came under two numbers, or in a second epoch", e.Det)
		}
		delivered[e.Det] = true
	}
	for what := range r.accepted {
		if !delivered[what] {
			t.Errorf("%s was accepted and never came", what)
		}
	}
	if gaps := unexplained(r.events); len(gaps) > 0 {
		t.Errorf("numbers %v are missing", gaps)
	}
	if aside, _ := filepath.Glob(path + ".damaged-*"); len(aside) > 0 {
		t.Errorf("a power cut was taken for damage: %q", aside)
	}
	return r
}
