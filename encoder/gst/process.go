package gst

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// grace is how long a child may take to end by itself after its socket closed.
const grace = 300 * time.Millisecond

// process is a child process with our end of its socket.
type process struct {
	conn *net.UnixConn
	pid  int
	cmd  *exec.Cmd
	tail *tail
	gone chan struct{} // closed when the process has been waited for
	how  error         // valid then
}

// spawn starts the worker. The child dies with this process, at the latest
// when the kernel sees our thread end.
func spawn(w Worker) (*process, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	p := &process{
		conn: ours,
		cmd:  exec.Command(w.Command[0], w.Command[1:]...),
		tail: &tail{},
		gone: make(chan struct{}),
	}
	p.cmd.Env = append(os.Environ(), w.Env...)
	p.cmd.ExtraFiles = []*os.File{theirs} // becomes file descriptor 3
	p.cmd.Stderr = p.tail
	p.cmd.WaitDelay = grace
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	go p.keep(started)
	if err := <-started; err != nil {
		ours.Close()
		return nil, err
	}
	p.pid = p.cmd.Process.Pid
	return p, nil
}

// keep starts the process and waits for it on one thread of its own: the
// kernel sends the death signal when that thread ends, not the whole process.
func (p *process) keep(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	p.how = p.cmd.Wait()
	close(p.gone)
}

// stop ends the process, by force if it does not go by itself after patience,
// and tells how it ended. Only this very process is killed, by its id.
func (p *process) stop(patience time.Duration) error {
	p.conn.Close()
	select {
	case <-p.gone:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill() // fails only when it is gone already
		<-p.gone
	}
	return p.how
}

// socketPair makes both ends of a stream socket: ours and the child's.
func socketPair() (*net.UnixConn, *os.File, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	theirs := os.NewFile(uintptr(fds[1]), "worker")
	mine := os.NewFile(uintptr(fds[0]), "box")
	defer mine.Close() // FileConn keeps a copy
	conn, err := net.FileConn(mine)
	if err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	return conn.(*net.UnixConn), theirs, nil
}

// tail keeps the end of what a child writes to its standard error.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// tailSize in bytes: a few lines.
const tailSize = 600

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailSize; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

// String is the kept text as one line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(strings.FieldsFunc(string(t.text), func(r rune) bool { return r == '\n' || r == '\r' }), " | ")
}
