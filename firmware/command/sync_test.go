package command

import (
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"studiobox/provisioning/contract"
)

// syncVariable tells this test that it is the child whose card refuses to confirm,
// with its ledger in this file.
const syncVariable = "STUDIOBOX_TEST_LEDGER_SYNC"

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

func TestNoCommandIsTakenBeforeTheDiskConfirmsIt(t *testing.T) {
	if path, ok := os.LookupEnv(syncVariable); ok {
		takeUnsynced(t, path)
		return
	}
	child := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), syncVariable+"="+filepath.Join(t.TempDir(), "commands.db"))
	if said, err := child.CombinedOutput(); err != nil {
		t.Errorf("on a card that confirms nothing: %v\n%s", err, said)
	}
}

// takeUnsynced is the child.
func takeUnsynced(t *testing.T, path string) {
	now := time.Now()
	ledger, err := OpenLedger(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	if err := refuseSync(); err != nil {
		t.Fatal(err)
	}
	c := contract.Command{ID: "01JD0000000000000000000000", Op: contract.OpPing, Iat: now.Unix(), Exp: now.Add(time.Minute).Unix()}
	if err := ledger.Take(c, contract.AckAccepted, "ops:anna"); !errors.Is(err, syscall.EIO) {
		t.Errorf("the disk refused to confirm, and taking returned %v", err)
	}
}
