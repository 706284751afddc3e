package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"studiobox/uplink/linktest"
)

// inNamespace marks the process that re-executed itself.
const inNamespace = "STUDIOBOX_IN_USER_NAMESPACE"

// runInUserNamespace starts this program again as root of a user namespace of
// its own, where an ordinary user may make the network of the emulated line. It
// returns done = false when there is no need or no way: then the caller goes on
// in this process. Files still belong to the user outside.
func runInUserNamespace(ctx context.Context) (done bool, err error) {
	if os.Getenv(inNamespace) != "" || linktest.Available() == nil {
		return false, nil
	}
	child := exec.Command("/proc/self/exe", os.Args[1:]...)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	child.Env = append(os.Environ(), inNamespace+"=1", fmt.Sprintf("STUDIOBOX_SOCKET=%s", defaultSocket()))
	child.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGTERM,
	}
	runtime.LockOSThread() // Pdeathsig is sent when the starting thread ends, and this one stays
	if err := child.Start(); err != nil {
		return false, nil // this kernel or its policy allows no user namespaces
	}
	signal.Ignore(os.Interrupt) // Ctrl-C reaches the child too; it ends, then we do
	stop := context.AfterFunc(ctx, func() { _ = child.Process.Signal(syscall.SIGTERM) })
	defer stop()
	err = child.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		os.Exit(exit.ExitCode()) // the child has told why
	}
	return true, err
}
