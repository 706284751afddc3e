package spool

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

// fullReport is what the box with the full disk has seen.
type fullReport struct {
	Born    Stats // on a full disk
	Room    Stats // then there was room
	Full    Stats // then it filled up in the middle of work
	Again   Stats // and then there was room again
	Added   int
	Alarms  int
	Events  []contract.Event
	Problem string
}

// beFull lives through a full disk in a file system of its own, and reports.
func beFull(dir string) int {
	var r fullReport
	if err := r.live(dir); err != nil {
		r.Problem = err.Error()
	}
	text, _ := json.Marshal(r)
	os.Stdout.Write(text)
	return 0
}

func (r *fullReport) live(dir string) error {
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=512k"); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	filler := filepath.Join(dir, "filler")
	fill(filler)
	s, err := Open(filepath.Join(dir, "events.db"), Limits{Memory: 600}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	s.pace = pace{gather: time.Millisecond, retry: 10 * time.Millisecond}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx) })
	defer running.Wait()
	defer cancel()
	for range 100 {
		r.add(s)
	}
	r.Born = s.Stats()
	os.Remove(filler)
	await(func() bool { return s.Stats().Waiting == 0 })
	r.Room = s.Stats()
	fill(filler)
	for s.Stats().Broken == "" && r.Added < 100_000 {
		r.add(s)
		time.Sleep(10 * time.Microsecond)
	}
	for range 2000 { // more than memory has room for
		r.add(s)
	}
	r.Full = s.Stats()
	os.Remove(filler)
	await(func() bool { return s.Stats().Waiting == 0 })
	r.Again = s.Stats()
	for _, one := range everything(s) {
		e, err := contract.ParseEvent(one.Payload)
		if err != nil {
			return err
		}
		r.Events = append(r.Events, e)
	}
	return nil
}

// add adds an event, of which every tenth is an alarm.
func (r *fullReport) add(s *Spool) {
	sev := contract.SeverityInfo
	if r.Added%10 == 0 {
		sev = contract.SeverityFault
		r.Alarms++
	}
	s.Add("x", sev, fmt.Sprint(r.Added), "", false)
	r.Added++
}

// fill writes until the disk takes no more.
func fill(path string) {
	f, err := os.Create(path)
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	f.Close()
}

// await waits up to 30 s.
func await(is func() bool) {
	for end := time.Now().Add(30 * time.Second); !is() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

func TestAFullDiskIsToldAndNothingIsLostWithoutAWord(t *testing.T) {
	child := exec.Command("/proc/self/exe")
	child.Env = append(os.Environ(), fullVariable+"="+t.TempDir())
	child.Stderr = os.Stderr
	child.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	said, err := child.Output()
	if err != nil {
		t.Fatalf("a small disk needs user namespaces (kernel.unprivileged_userns_clone): %v", err)
	}
	var r fullReport
	if err := json.Unmarshal(said, &r); err != nil || r.Problem != "" {
		t.Fatalf("%v %s", err, r.Problem)
	}
	t.Logf("%d events added, %d missed while the disk was full: %s", r.Added, r.Full.Missed, r.Full.Broken)
	if !strings.Contains(r.Born.Broken, "no space left") || r.Born.Waiting != 100 {
		t.Errorf("begun on a full disk: %+v", r.Born)
	}
	if r.Room.Broken != "" || r.Room.Written != 100 {
		t.Errorf("when there was room: %+v", r.Room)
	}
	if !strings.Contains(r.Full.Broken, "no space left") || r.Full.Waiting > 600 || r.Full.Missed == 0 {
		t.Errorf("when it filled up: %+v", r.Full)
	}
	if r.Again.Broken != "" || r.Again.Written+r.Full.Missed != uint64(r.Added) {
		t.Errorf("when there was room again: %+v; %d added", r.Again, r.Added)
	}
	if gaps := unexplained(r.Events); len(gaps) > 0 {
		t.Errorf("numbers %v are missing", gaps)
	}
	alarms, told := 0, 0
	for _, e := range r.Events {
		if e.Sev == contract.SeverityFault {
			alarms++
		}
		if e.Folded != nil {
			fmt.Sscanf(e.Det, "events=%d", &told)
		}
	}
	if told != int(r.Full.Missed) || alarms != r.Alarms {
		t.Errorf("%d events are told as folded, want %d; %d of %d alarms are there", told, r.Full.Missed, alarms, r.Alarms)
	}
}
