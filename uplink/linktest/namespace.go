package linktest

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace that lives as long as its file is open or
// a socket in it is.
type namespace struct {
	mu   sync.Mutex
	file *os.File // nil after close
}

// newNamespace makes a namespace with its loopback up.
func newNamespace() (*namespace, error) {
	n := &namespace{}
	err := onOwnThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("new network namespace: %w", err)
		}
		file, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			return err
		}
		n.file = file
		return raise("lo")
	})
	if err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

// do runs fn on a thread that is inside the namespace. Sockets and processes
// made by fn belong to the namespace; fn must not start goroutines that make
// some, since those run on other threads.
func (n *namespace) do(fn func() error) error {
	return onOwnThread(func() error {
		if err := n.enter(); err != nil {
			return fmt.Errorf("enter network namespace: %w", err)
		}
		return fn()
	})
}

// enter moves the calling thread into the namespace.
func (n *namespace) enter() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.file == nil {
		return net.ErrClosed
	}
	return unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET)
}

func (n *namespace) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.file != nil {
		n.file.Close()
		n.file = nil
	}
}

// onOwnThread runs fn on a thread of its own and waits for it. The goroutine
// ends with the thread locked, which makes the Go run time end the thread, and
// so no other goroutine ever runs in a foreign namespace.
func onOwnThread(fn func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			// The first thread cannot end and would stay in the namespace
			// for good. Hold it, so that the next goroutine gets another.
			defer runtime.UnlockOSThread()
			done <- onOwnThread(fn)
			return
		}
		done <- fn()
	}()
	return <-done
}
