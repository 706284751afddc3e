package book

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is a PostgreSQL of these tests, on a Unix socket in a folder of its own.
type server struct {
	dir   string
	child *exec.Cmd
	mu    sync.Mutex
	bases int
}

// shared is the one server of all tests; TestMain ends it.
type shared struct {
	once   sync.Once
	server *server
	err    error
}

var theServer shared

func TestMain(m *testing.M) {
	code := m.Run()
	if theServer.server != nil {
		theServer.server.end()
	}
	os.Exit(code)
}

// postgresAddress is the address of an empty database.
func postgresAddress(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a PostgreSQL")
	}
	theServer.once.Do(func() { theServer.server, theServer.err = startPostgres() })
	if theServer.err != nil {
		t.Fatal(theServer.err)
	}
	return theServer.server.base(t)
}

// startPostgres makes and starts a server.
func startPostgres() (*server, error) {
	initdb, postgres := program("initdb"), program("postgres")
	if initdb == "" || postgres == "" {
		return nil, fmt.Errorf("needs a PostgreSQL server, and it is not installed: apt install postgresql")
	}
	who, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "book-postgres-")
	if err != nil {
		return nil, err
	}
	if who.Credential != nil {
		if err := os.Chown(dir, int(who.Credential.Uid), int(who.Credential.Gid)); err != nil {
			return nil, err
		}
	}
	s := &server{dir: dir}
	data := filepath.Join(dir, "data")
	initialise := exec.Command(initdb, "-D", data, "-A", "trust", "-U", "studio", "-E", "UTF8", "--locale=C", "--no-sync")
	initialise.SysProcAttr, initialise.Dir = who, dir
	if out, err := initialise.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	// A test database need not survive a power cut.
	s.child = exec.Command(postgres, "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60")
	s.child.SysProcAttr, s.child.Dir = who, dir
	if err := s.child.Start(); err != nil {
		return nil, err
	}
	return s, s.await()
}

// program finds a program of PostgreSQL, which Debian keeps out of PATH.
func program(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	slices.Sort(found)
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// unprivileged says as whom the server runs: it refuses to be root.
func unprivileged() (*syscall.SysProcAttr, error) {
	// It dies with this program, whatever happens to that.
	who := &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
	if os.Geteuid() != 0 {
		return who, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("needs the user postgres of Debian's package, and it is not there: apt install postgresql: %w", err)
	}
	uid, _ := strconv.Atoi(account.Uid)
	gid, _ := strconv.Atoi(account.Gid)
	who.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return who, nil
}

// address is that of a database.
func (s *server) address(name string) string {
	return "postgres://studio@/" + name + "?sslmode=disable&host=" + url.QueryEscape(s.dir)
}

// await waits until the server answers.
func (s *server) await() error {
	db, err := sql.Open("pgx", s.address("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	for end := time.Now().Add(30 * time.Second); ; {
		if err = db.PingContext(context.Background()); err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("PostgreSQL does not answer within 30 s: %w", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// base makes a database.
func (s *server) base(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	s.bases++
	name := fmt.Sprintf("test%d", s.bases)
	s.mu.Unlock()
	db, err := sql.Open("pgx", s.address("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	return s.address(name)
}

// end ends the server and removes what it left.
func (s *server) end() {
	s.child.Process.Signal(syscall.SIGINT) // "fast": ends connections in good order
	s.child.Wait()
	os.RemoveAll(s.dir)
}
