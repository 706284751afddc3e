package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	settings = "/lab/box.toml"
	socket   = "/run/studiobox.sock"
	boxLog   = "/run/box.log"
)

// box is the shipped program at work.
type box struct {
	cmd  *exec.Cmd
	done chan struct{} // closed once it has ended
}

// status is what the player reads of the box's own account.
type status struct {
	Session struct{ State string }
	Camera  struct {
		Connected bool
		FPS       float64
	}
	Studio struct {
		TableFault string // why the table stopped by itself
	}
	Conditions []struct{ Code, Detail string }
}

func (s status) has(condition string) bool {
	for _, c := range s.Conditions {
		if c.Code == condition {
			return true
		}
	}
	return false
}

// startBox starts the program, with a file of settings, as the box's own init would.
func startBox(settings string) (*box, error) {
	log, err := os.Create(boxLog)
	if err != nil {
		return nil, fmt.Errorf("box: %w", err)
	}
	defer log.Close()
	b := &box{cmd: exec.Command(program, "run", "--config", settings, "--socket", socket), done: make(chan struct{})}
	b.cmd.Stdout, b.cmd.Stderr = log, log
	if err := b.cmd.Start(); err != nil {
		return nil, fmt.Errorf("box: %w", err)
	}
	go func() {
		_ = b.cmd.Wait() // how it ended stands in cmd.ProcessState
		close(b.done)
	}()
	return b, nil
}

// status asks the running box over its socket.
func (b *box) status(ctx context.Context) (status, error) {
	var s status
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://box/status", nil)
	if err != nil {
		return s, err
	}
	response, err := client.Do(request)
	if err != nil {
		return s, err
	}
	defer response.Body.Close()
	return s, json.NewDecoder(response.Body).Decode(&s)
}

// await asks until the box is as wanted.
func (b *box) await(ctx context.Context, what string, wanted func(status) bool) error {
	var last status
	for {
		now, err := b.status(ctx)
		if err == nil {
			last = now
			if wanted(now) {
				return nil
			}
		}
		select {
		case <-b.done:
			return fmt.Errorf("the box ended (%v) while the player waited for it to be %s", b.cmd.ProcessState, what)
		default:
		}
		if sleep(ctx, 50*time.Millisecond) != nil {
			return fmt.Errorf("the box was not %s in time: it is %s", what, describe(last))
		}
	}
}

func describe(s status) string {
	var conditions []string
	for _, c := range s.Conditions {
		conditions = append(conditions, c.Code)
	}
	return fmt.Sprintf("%q, camera connected %t at %.0f frames/s, conditions %v", s.Session.State, s.Camera.Connected, s.Camera.FPS, conditions)
}

// statusText is what a person at a shell is shown.
func statusText(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, program, "status", "--socket", socket).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("studiobox status: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}

// signal sends a signal and returns when it was sent.
func (b *box) signal(s syscall.Signal) (time.Time, error) {
	at := time.Now()
	if err := b.cmd.Process.Signal(s); err != nil {
		return at, fmt.Errorf("%v to the box: %w", s, err)
	}
	return at, nil
}

// gone waits until the box has ended.
func (b *box) gone(ctx context.Context) error {
	select {
	case <-b.done:
		return nil
	case <-ctx.Done():
		return errors.New("the box did not end")
	}
}

// end makes sure that the box is gone.
func (b *box) end() {
	_ = b.cmd.Process.Kill() // it may have ended
	<-b.done
}

// fail ends the box and shows what it last logged.
func (b *box) fail(err error) error {
	b.end()
	return errors.Join(err, b.tell())
}

// tell shows what the box last logged, and what the kernel had to say of it.
func (b *box) tell() error {
	log, err := os.ReadFile(boxLog)
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	note("box: " + strings.Join(lines[max(0, len(lines)-25):], "\nbox: "))
	kernelLog := make([]byte, 1<<16)
	n, _ := unix.Klogctl(unix.SYSLOG_ACTION_READ_ALL, kernelLog) // of interest where there is one
	for line := range strings.Lines(string(kernelLog[:max(0, n)])) {
		if strings.Contains(line, filepath.Base(program)) {
			note("kernel: " + line)
		}
	}
	return err
}
