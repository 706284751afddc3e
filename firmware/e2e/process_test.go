package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"studiobox/firmware/health"
)

// process is one run of the program under test.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	socket string
	out    syncBuffer
	done   chan struct{}
	err    error
}

// start runs the program; the test's end stops it and fails on a data race.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	return startWithin(t, func(run func() error) error { return run() }, args...)
}

// startWithin starts the program from within something: a network namespace.
func startWithin(t *testing.T, within func(func() error) error, args ...string) *process {
	t.Helper()
	p := &process{t: t, socket: filepath.Join(t.TempDir(), "box.sock"), done: make(chan struct{})}
	p.cmd = exec.Command(binary, args...)
	p.cmd.Env = append(os.Environ(), "STUDIOBOX_SOCKET="+p.socket)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if err := within(p.cmd.Start); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(p.end)
	return p
}

// end stops the program as Ctrl-C does and checks how it went.
func (p *process) end() {
	p.stop()
	if t := p.t; strings.Contains(p.out.String(), "DATA RACE") {
		t.Errorf("data race:\n%s", p.out.String())
	} else if t.Failed() {
		t.Logf("the program printed:\n%s", tail(p.out.String(), 60))
	}
}

// stop tells how long the program took to end after Ctrl-C.
func (p *process) stop() time.Duration {
	select {
	case <-p.done:
		return 0
	default:
	}
	begun := time.Now()
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		p.t.Errorf("the program did not end within 10 s of Ctrl-C")
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	return time.Since(begun)
}

// wait blocks until the program ended by itself and gives its exit code.
func (p *process) wait(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		p.t.Fatalf("the program still runs after %v:\n%s", within, p.out.String())
		return -1
	}
}

// status asks the running box; nil while it does not answer yet.
func (p *process) status() *health.Snapshot {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, binary, "status", "--json", "--socket", p.socket).Output()
	if err != nil {
		return nil
	}
	var s health.Snapshot
	if json.Unmarshal(out, &s) != nil {
		return nil
	}
	return &s
}

// until polls the box's status until it is as wanted.
func (p *process) until(what string, within time.Duration, ok func(*health.Snapshot) bool) *health.Snapshot {
	p.t.Helper()
	deadline := time.Now().Add(within)
	var last *health.Snapshot
	for time.Now().Before(deadline) {
		if s := p.status(); s != nil {
			last = s
			if ok(s) {
				return s
			}
		}
		select {
		case <-p.done:
			p.t.Fatalf("the program ended while waiting for %s: %v\n%s", what, p.err, p.out.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
	p.t.Fatalf("no %s within %v; last status: %s", what, within, brief(last))
	return nil
}

// press holds the simulated button and waits until it is let go.
func (p *process) press(hold time.Duration) {
	p.t.Helper()
	out, err := exec.Command(binary, "press", "golive", "--hold", hold.String(), "--socket", p.socket).CombinedOutput()
	if err != nil {
		p.t.Fatalf("press: %v: %s", err, out)
	}
}

// workers are the PIDs of the program's GStreamer children.
func (p *process) workers() []int {
	p.t.Helper()
	var pids []int
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.cmd.Process.Pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(task)
		for _, field := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(field)
			if err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

func signalAll(pids []int, sig syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, sig)
	}
}

func brief(s *health.Snapshot) string {
	if s == nil {
		return "none"
	}
	text, _ := json.Marshal(s)
	return string(text)
}

func tail(text string, lines int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(len(all)-lines, 0):], "\n")
}

// syncBuffer is a buffer that a process may write while a test reads it.
type syncBuffer struct {
	mutex sync.Mutex
	buf   bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buf.String()
}
