package signin

import (
	"database/sql"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// postgres starts a PostgreSQL on a Unix socket and opens its database.
func postgres(t *testing.T) *sql.DB {
	t.Helper()
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // Debian keeps them out of PATH
	if len(programs) == 0 {
		t.Fatal("PostgreSQL is missing: install the Debian package postgresql")
	}
	bin := filepath.Dir(programs[len(programs)-1])
	dir, err := os.MkdirTemp("", "signin-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	who := nobodySpecial(t, dir)
	run := func(name string, arguments ...string) *exec.Cmd {
		command := exec.Command(filepath.Join(bin, name), arguments...)
		command.Dir, command.SysProcAttr = dir, who
		return command
	}
	data := filepath.Join(dir, "data")
	if out, err := run("initdb", "-D", data, "-A", "trust", "-U", "studio", "--locale=C", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v: %s", err, out)
	}
	server := run("postgres", "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGINT)
		_ = server.Wait()
	})
	db, err := sql.Open("pgx", "postgres://studio@/postgres?host="+url.QueryEscape(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for begun := time.Now(); db.Ping() != nil; time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("PostgreSQL does not answer: %v", db.Ping())
		}
	}
	return db
}

// nobodySpecial is as whom PostgreSQL runs, since it refuses to be root; the
// folder becomes that account's.
func nobodySpecial(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	who := &syscall.SysProcAttr{}
	if os.Geteuid() != 0 {
		return who
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("the user postgres is missing: install the Debian package postgresql: %v", err)
	}
	uid, _ := strconv.Atoi(account.Uid)
	gid, _ := strconv.Atoi(account.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	who.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return who
}
