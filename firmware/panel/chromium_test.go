package panel

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// browser is a headless Chromium with one page, steered through the DevTools
// protocol.
type browser struct {
	t    testing.TB
	conn *websocket.Conn

	mu      sync.Mutex
	next    int
	waiting map[int]chan reply
	errors  []string // what the page's console complained of
	closed  bool
}

// newBrowser starts Chromium, or skips the test where there is none.
func newBrowser(t testing.TB) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if path, err = exec.LookPath("chromium-browser"); err != nil {
			t.Skip("needs a browser: install the Debian package chromium")
		}
	}
	dir := t.TempDir()
	command := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--hide-scrollbars", "--remote-debugging-port=0", "--user-data-dir="+dir, "about:blank")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		t.Fatalf("chromium: %v", err)
	}
	b := &browser{t: t, waiting: map[int]chan reply{}}
	t.Cleanup(func() {
		b.close()
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) // its own group, with all its children
		_ = command.Wait()
		removeSoon(dir)
	})
	b.dial(dir)
	for _, domain := range []string{"Runtime.enable", "Log.enable", "Page.enable", "Network.enable"} {
		b.call(domain, struct{}{})
	}
	return b
}

// removeSoon empties the profile, which the dying browser may still write to.
func removeSoon(dir string) {
	for range 50 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (b *browser) dial(dir string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if url := pageSocket(dir); url != "" {
			conn, _, err := websocket.DefaultDialer.Dial(url, nil)
			if err != nil {
				b.t.Fatalf("chromium's DevTools: %v", err)
			}
			b.conn = conn
			go b.read()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatal("chromium did not open its DevTools port in time")
}

// pageSocket is the page's DevTools address, empty until there is one.
func pageSocket(dir string) string {
	file, err := os.ReadFile(filepath.Join(dir, "DevToolsActivePort"))
	if err != nil {
		return ""
	}
	port, _, _ := strings.Cut(string(file), "\n")
	response, err := http.Get("http://127.0.0.1:" + port + "/json/list")
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	var pages []struct {
		Type string `json:"type"`
		URL  string `json:"webSocketDebuggerUrl"`
	}
	if json.NewDecoder(response.Body).Decode(&pages) != nil {
		return ""
	}
	for _, page := range pages {
		if page.Type == "page" {
			return page.URL
		}
	}
	return ""
}

// open goes to a page as a browser of that language and size would.
func (b *browser) open(url, acceptLanguage string, width, height int) {
	b.t.Helper()
	b.call("Network.setUserAgentOverride", struct {
		UserAgent      string `json:"userAgent"`
		AcceptLanguage string `json:"acceptLanguage"`
	}{"Mozilla/5.0 (test)", acceptLanguage})
	b.size(width, height)
	eval[bool](b, "window.leaving = true")
	b.call("Page.navigate", struct {
		URL string `json:"url"`
	}{url})
	b.until("the page is loaded", "!window.leaving && document.readyState === 'complete'")
}

func (b *browser) size(width, height int) {
	b.call("Emulation.setDeviceMetricsOverride", struct {
		Width  int     `json:"width"`
		Height int     `json:"height"`
		Scale  float64 `json:"deviceScaleFactor"`
		Mobile bool    `json:"mobile"`
	}{width, height, 1, width < 600})
}

// mouse presses or releases at the middle of an element.
func (b *browser) mouse(kind, selector string) {
	b.t.Helper()
	at := eval[struct{ X, Y float64 }](b, fmt.Sprintf(
		`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return {X: r.x + r.width / 2, Y: r.y + r.height / 2}; })()`, selector))
	b.call("Input.dispatchMouseEvent", struct {
		Type    string  `json:"type"`
		X       float64 `json:"x"`
		Y       float64 `json:"y"`
		Button  string  `json:"button"`
		Clicks  int     `json:"clickCount"`
		Buttons int     `json:"buttons"`
	}{kind, at.X, at.Y, "left", 1, 1})
}

// shoot writes a picture of the page, of all of it when whole is set.
func (b *browser) shoot(file string, whole bool) {
	b.t.Helper()
	result := b.call("Page.captureScreenshot", struct {
		Format string `json:"format"`
		Beyond bool   `json:"captureBeyondViewport"`
	}{"png", whole})
	var got struct{ Data string }
	if err := json.Unmarshal(result, &got); err != nil {
		b.t.Fatal(err)
	}
	picture, err := base64.StdEncoding.DecodeString(got.Data)
	if err != nil || !bytes.HasPrefix(picture, []byte("\x89PNG")) {
		b.t.Fatalf("no picture: %v", err)
	}
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) close() {
	if b.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	b.mu.Lock()
	_ = b.conn.WriteJSON(struct {
		ID     int    `json:"id"`
		Method string `json:"method"`
	}{1 << 30, "Browser.close"})
	b.mu.Unlock()
	<-ctx.Done()
	_ = b.conn.Close()
}
