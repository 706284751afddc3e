package spool

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"studiobox/provisioning/contract"
)

// syncVariable tells this program that it is to be a box whose card refuses to
// confirm, with its spool in this file.
const syncVariable = "STUDIOBOX_TEST_SPOOL_SYNC"

// refuseSync makes every fsync and fdatasync of this process fail from now on, as
// a card does that could not write: by a filter of system calls (seccomp(2)).
func refuseSync() error {
	step := func(code uint16, jt, jf uint8, k uint32) unix.SockFilter {
		return unix.SockFilter{Code: code, Jt: jt, Jf: jf, K: k}
	}
	const load, equal, ret = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	filter := []unix.SockFilter{
		step(load, 0, 0, 0), // the number of the call
		step(equal, 2, 0, unix.SYS_FSYNC),
		step(equal, 1, 0, unix.SYS_FDATASYNC),
		step(ret, 0, 0, unix.SECCOMP_RET_ALLOW),
		step(ret, 0, 0, unix.SECCOMP_RET_ERRNO|uint32(unix.EIO)),
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return errno
	}
	return nil
}

// beUnsynced opens a good spool, lets the card refuse, and tells what became of an
// event.
func beUnsynced(path string) {
	s, err := Open(path, Limits{}, slog.New(slog.DiscardHandler))
	if err == nil {
		runtime.LockOSThread()
		err = refuseSync()
	}
	if err != nil {
		fmt.Println("problem", err)
		os.Exit(1)
	}
	s.pace = pace{gather: time.Millisecond, retry: time.Hour}
	go func() { _ = s.Run(context.Background()) }()
	s.Add("x", contract.SeverityInfo, "", "", false)
	await(func() bool { return s.Stats().Written > 0 || s.Stats().Broken != "" })
	stats := s.Stats()
	fmt.Printf("written=%d waiting=%d listed=%d %s\n", stats.Written, stats.Waiting, len(s.Next(Mark{}, 10)), stats.Broken)
	os.Exit(0)
}

func TestNoEventCountsAsKeptBeforeTheDiskConfirmsIt(t *testing.T) {
	child := exec.Command("/proc/self/exe")
	child.Env = append(os.Environ(), syncVariable+"="+filepath.Join(t.TempDir(), "events.db"))
	said, err := child.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(said), "written=0 waiting=1 listed=0 ") || !strings.Contains(string(said), "input/output error") {
		t.Errorf("on a card that confirms nothing: %s (%v)", said, err)
	}
}
