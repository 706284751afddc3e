package inbox

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"studiobox/provisioning/console/book"
)

// consoleVariable tells this program that it is to be a console with a book, in a
// process of its own that can be killed.
const consoleVariable = "STUDIOBOX_TEST_INBOX_CONSOLE"

type consoleOrder struct{ Broker, Database string }

// beConsole listens until it is killed, or the test that started it is gone.
func beConsole(text string) int {
	var o consoleOrder
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return 2
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	b, err := book.Open(ctx, o.Database, log)
	if err != nil {
		log.Error(err.Error())
		return 2
	}
	i, err := New(Config{Broker: "tcp://" + o.Broker, Client: "console-1", Take: b.Keep, Commit: b.Flush}, log)
	if err != nil {
		log.Error(err.Error())
		return 2
	}
	i.pace.again = 50 * time.Millisecond
	var group errgroup.Group
	group.Go(func() error { return b.Run(ctx) })
	group.Go(func() error { return i.Run(ctx) })
	for !i.Stats().Connected {
		pause(ctx, 5*time.Millisecond)
	}
	fmt.Println("listening")
	io.Copy(io.Discard, os.Stdin)
	cancel()
	if group.Wait() != nil {
		return 1
	}
	return 0
}

// startConsole starts such a console and waits until it listens; kill is SIGKILL.
func startConsole(t *testing.T, o consoleOrder) (kill func()) {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command("/proc/self/exe")
	child.Env = append(os.Environ(), consoleVariable+"="+string(text))
	child.Stderr = os.Stderr
	life, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		child.Process.Kill()
		child.Wait()
		life.Close()
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "listening\n" {
		kill()
		t.Fatalf("the console says %q, %v", line, err)
	}
	return kill
}

// ledger reads what the consoles wrote, beside them.
type ledger struct{ *sql.DB }

func openLedger(t *testing.T, path string) ledger {
	t.Helper()
	if b, err := book.Open(t.Context(), path, slog.New(slog.DiscardHandler)); err != nil { // makes its tables
		t.Fatal(err)
	} else if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	query := url.Values{"_pragma": {"busy_timeout(10000)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return ledger{db}
}

// count is one number.
func (l ledger) count(t *testing.T, query string) (n int) {
	t.Helper()
	if err := l.QueryRow(query).Scan(&n); err != nil {
		t.Error(err)
	}
	return n
}

// events is how many events are stored.
func (l ledger) events(t *testing.T) int { return l.count(t, `SELECT count(*) FROM events`) }
