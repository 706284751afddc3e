package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// endWithin is how long a child may take to end when it is asked to.
const endWithin = 6 * time.Second

// child is this program again, in another role. It runs until its standard
// input closes, and so never outlives the bench, whatever ends the bench.
type child struct {
	name    string
	cmd     *exec.Cmd
	leash   io.Closer
	said    *bufio.Reader
	log     *os.File
	done    chan struct{}
	waitErr error
}

// startChild runs a role from within something: a network namespace. What it
// logs goes to the file logPath.
func startChild(within func(func() error) error, logPath, role string, args ...string) (*child, error) {
	log, err := os.Create(logPath)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", role, err)
	}
	c := &child{name: role, cmd: exec.Command("/proc/self/exe", append([]string{role}, args...)...), log: log, done: make(chan struct{})}
	c.cmd.Stderr = log
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches the bench, which ends its children in order
	if err := c.start(within); err != nil {
		_ = log.Close()
		return nil, fmt.Errorf("%s: %w", role, err)
	}
	go func() {
		c.waitErr = c.cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

func (c *child) start(within func(func() error) error) error {
	leash, err := c.cmd.StdinPipe()
	if err != nil {
		return err
	}
	// Not StdoutPipe: Wait would close it before its last line is read.
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer write.Close()
	c.leash, c.said, c.cmd.Stdout = leash, bufio.NewReader(read), write
	return within(c.cmd.Start)
}

// hear waits for the child's next line, a JSON value.
func (c *child) hear(value any, within time.Duration) error {
	type heard struct {
		line []byte
		err  error
	}
	next := make(chan heard, 1)
	go func() {
		line, err := c.said.ReadBytes('\n')
		next <- heard{line, err}
	}()
	select {
	case h := <-next:
		if h.err != nil {
			return fmt.Errorf("%s: ended without a word; see %s", c.name, c.log.Name())
		}
		if err := json.Unmarshal(h.line, value); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		return nil
	case <-time.After(within):
		return fmt.Errorf("%s: no word within %v; see %s", c.name, within, c.log.Name())
	}
}

// watch returns an error when the child ends before ctx does.
func (c *child) watch(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-c.done:
		return fmt.Errorf("ended early; see %s", c.log.Name())
	}
}

// ask tells the child to end.
func (c *child) ask() { _ = c.leash.Close() }

// end asks the child to end, waits for it, and tells how it went. It may be
// called again.
func (c *child) end() error {
	c.ask()
	select {
	case <-c.done:
	case <-time.After(endWithin):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
	_ = c.log.Close()
	if c.waitErr != nil {
		return fmt.Errorf("%s: %w; see %s", c.name, c.waitErr, c.log.Name())
	}
	return nil
}

// cpu is the processor time of the child and of the children that it waited
// for, after end.
func (c *child) cpu() time.Duration {
	if c.cmd.ProcessState == nil {
		return 0
	}
	return c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime()
}

// say writes one line for the parent.
func say(value any) error {
	return json.NewEncoder(os.Stdout).Encode(value)
}
