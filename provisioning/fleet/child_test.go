package fleet

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// childVariable tells this program that it is to be studiofleet.
const childVariable = "STUDIOFLEET_TEST_CHILD"

// TestMain is the tests, or a studiofleet that they started.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// child is a program that a test started.
type child struct {
	*exec.Cmd
	mu  sync.Mutex
	out strings.Builder
}

// studiofleet starts this program with a command line.
func studiofleet(t *testing.T, args ...string) *child {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), childVariable+"=1", "STUDIOFLEET_BROKER_SECRET="+benchPassword)
	return start(t, cmd)
}

func start(t *testing.T, cmd *exec.Cmd) *child {
	t.Helper()
	c := &child{Cmd: cmd}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			c.mu.Lock()
			c.out.WriteString(lines.Text() + "\n")
			c.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		c.kill()
		<-read
	})
	return c
}

// kill ends the child as a power cut does; a second time it does nothing.
func (c *child) kill() {
	_ = c.Process.Kill()
	_ = c.Wait()
}

// said waits until the child's output matches, and returns the first group.
func (c *child) said(t *testing.T, pattern string) string {
	t.Helper()
	var found []string
	eventually(t, "the output says "+pattern, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		found = regexp.MustCompile(pattern).FindStringSubmatch(c.out.String())
		return found != nil
	})
	return found[len(found)-1]
}

// kB is a field of the child's /proc/status, in kB.
func (c *child) kB(t *testing.T, field string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(field + `:\s+(\d+) kB`).FindSubmatch(text)
	n, _ := strconv.Atoi(string(found[1]))
	return n
}

// cpu is the processor time that the child has used.
func (c *child) cpu(t *testing.T) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// soon is a context in which a command that should have refused to run ends.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// eventually fails the test unless something comes true within a minute.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	within(t, time.Minute, what, is)
}

// within is eventually with a limit of one's own.
func within(t *testing.T, limit time.Duration, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(limit)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// freeAddress finds a loopback address on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// browser is somebody who signed in by the link of the first start.
type browser struct {
	http.Client
	base string
}

func signIn(t *testing.T, link string) *browser {
	t.Helper()
	at, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{Client: http.Client{Jar: jar, Timeout: time.Minute}, base: at.Scheme + "://" + at.Host}
	answer, err := b.PostForm(b.base+at.Path, url.Values{"token": {at.Query().Get("token")}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("the link lets nobody in: %s", answer.Status)
	}
	return b
}

// get reads a page.
func (b *browser) get(t *testing.T, address string) string {
	t.Helper()
	answer, err := b.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", address, answer.Status, err)
	}
	return string(text)
}
