package console

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
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

	"studiobox/provisioning/console/signin"
)

// patience is how long a test waits for what must come, on a machine that has
// other work to do.
const patience = time.Minute

// browser is a headless Chromium with one tab, steered through the DevTools
// protocol.
type browser struct {
	t    testing.TB
	conn *websocket.Conn

	mu         sync.Mutex
	next       int
	waiting    map[int]chan devMessage
	complained []string // by the page's console
}

type devMessage struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// parameters of DevTools calls; each uses few of them.
type parameters struct {
	Expression        string  `json:"expression,omitempty"`
	AwaitPromise      bool    `json:"awaitPromise,omitempty"`
	ReturnByValue     bool    `json:"returnByValue,omitempty"`
	URL               string  `json:"url,omitempty"`
	Name              string  `json:"name,omitempty"`
	Value             any     `json:"value,omitempty"`
	Domain            string  `json:"domain,omitempty"`
	Path              string  `json:"path,omitempty"`
	UserAgent         string  `json:"userAgent,omitempty"`
	AcceptLanguage    string  `json:"acceptLanguage,omitempty"`
	Width             int     `json:"width,omitempty"`
	Height            int     `json:"height,omitempty"`
	DeviceScaleFactor float64 `json:"deviceScaleFactor,omitempty"`
	Mobile            *bool   `json:"mobile,omitempty"`
	Format            string  `json:"format,omitempty"`
	Beyond            bool    `json:"captureBeyondViewport,omitempty"`
	TimezoneID        string  `json:"timezoneId,omitempty"`
	Accept            *bool   `json:"accept,omitempty"`
	Features          any     `json:"features,omitempty"`
}

type feature struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// newBrowser starts Chromium with a profile of its own.
func newBrowser(t testing.TB) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes its time: left out with -short")
	}
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("there is no browser: install the Debian package chromium")
	}
	profile := t.TempDir()
	command := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--remote-debugging-port=0", "--user-data-dir="+profile, "about:blank")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		t.Fatalf("chromium: %v", err)
	}
	b := &browser{t: t, waiting: map[int]chan devMessage{}}
	t.Cleanup(func() {
		if b.conn != nil {
			_ = b.conn.Close()
		}
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) // its own group, with all its children
		_ = command.Wait()
		emptied(profile)
	})
	b.dial(profile)
	for _, domain := range []string{"Runtime.enable", "Log.enable", "Page.enable", "Network.enable"} {
		b.call(domain, parameters{})
	}
	return b
}

// emptied removes a profile that dying processes may still write to.
func emptied(profile string) {
	for range 100 {
		if os.RemoveAll(profile) == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (b *browser) dial(profile string) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		address := tabAddress(profile)
		if address == "" {
			continue
		}
		conn, _, err := websocket.DefaultDialer.Dial(address, nil)
		if err != nil {
			b.t.Fatalf("chromium's DevTools: %v", err)
		}
		b.conn = conn
		go b.listen()
		return
	}
	b.t.Fatal("chromium did not open its DevTools in time")
}

// tabAddress is where the first tab is steered, empty until there is one.
func tabAddress(profile string) string {
	file, err := os.ReadFile(filepath.Join(profile, "DevToolsActivePort"))
	if err != nil {
		return ""
	}
	port, _, _ := strings.Cut(string(file), "\n")
	response, err := http.Get("http://127.0.0.1:" + port + "/json/list")
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	var tabs []struct {
		Type string `json:"type"`
		URL  string `json:"webSocketDebuggerUrl"`
	}
	if json.NewDecoder(response.Body).Decode(&tabs) != nil {
		return ""
	}
	for _, tab := range tabs {
		if tab.Type == "page" {
			return tab.URL
		}
	}
	return ""
}

func (b *browser) listen() {
	for {
		var message devMessage
		if b.conn.ReadJSON(&message) != nil {
			b.mu.Lock()
			for _, waiting := range b.waiting {
				close(waiting)
			}
			b.waiting = nil
			b.mu.Unlock()
			return
		}
		b.mu.Lock()
		if waiting, ok := b.waiting[message.ID]; ok && message.Method == "" {
			delete(b.waiting, message.ID)
			waiting <- message
		}
		b.note(message)
		b.mu.Unlock()
		if message.Method == "Page.javascriptDialogOpening" {
			go b.send("Page.handleJavaScriptDialog", parameters{Accept: new(bool)})
		}
	}
}

// note keeps what the page's console complains of, broken rules of the content
// policy included.
func (b *browser) note(message devMessage) {
	var params struct {
		Type             string          `json:"type"`
		Args             json.RawMessage `json:"args"`
		ExceptionDetails json.RawMessage `json:"exceptionDetails"`
		Entry            struct{ Level, Text, URL string }
	}
	_ = json.Unmarshal(message.Params, &params)
	switch {
	case message.Method == "Runtime.exceptionThrown":
		b.complained = append(b.complained, string(params.ExceptionDetails))
	case message.Method == "Runtime.consoleAPICalled" && params.Type == "error":
		b.complained = append(b.complained, string(params.Args))
	case message.Method == "Log.entryAdded" && params.Entry.Level == "error":
		b.complained = append(b.complained, params.Entry.Text+" "+params.Entry.URL)
	}
}

func (b *browser) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.complained...)
}

func (b *browser) send(method string, params parameters) (chan devMessage, error) {
	answer := make(chan devMessage, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting == nil {
		return nil, fmt.Errorf("chromium is gone")
	}
	b.next++
	b.waiting[b.next] = answer
	return answer, b.conn.WriteJSON(struct {
		ID     int        `json:"id"`
		Method string     `json:"method"`
		Params parameters `json:"params"`
	}{b.next, method, params})
}

func (b *browser) call(method string, params parameters) json.RawMessage {
	b.t.Helper()
	result, err := b.try(method, params)
	if err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	return result
}

func (b *browser) try(method string, params parameters) (json.RawMessage, error) {
	answer, err := b.send(method, params)
	if err != nil {
		return nil, err
	}
	select {
	case message, ok := <-answer:
		if !ok {
			return nil, errors.New("chromium went away")
		}
		if message.Error != nil {
			return nil, errors.New(message.Error.Message)
		}
		return message.Result, nil
	case <-time.After(patience):
		return nil, fmt.Errorf("no answer within %v", patience)
	}
}

// eval runs an expression in the page and reads its value.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := evaluate[T](b, expression)
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func evaluate[T any](b *browser, expression string) (value T, err error) {
	var got struct {
		Result           struct{ Value T }
		ExceptionDetails json.RawMessage
	}
	result, err := b.try("Runtime.evaluate", parameters{Expression: expression, AwaitPromise: true, ReturnByValue: true})
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(result, &got); err != nil || got.ExceptionDetails != nil {
		return value, fmt.Errorf("%w %s", err, got.ExceptionDetails)
	}
	return got.Result.Value, nil
}

// until waits for an expression of the page to become true. A page that is just
// being left cannot answer: the next one is asked.
func (b *browser) until(what, expression string) {
	b.t.Helper()
	var last error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var yes bool
		if yes, last = evaluate[bool](b, "Boolean("+expression+")"); yes {
			return
		}
	}
	text := eval[string](b, "document.body.innerText.slice(0, 1500)")
	b.t.Fatalf("waited in vain: %s (%s, %v); the console said %q; the page says %s", what, expression, last, b.complaints(), text)
}

// as makes the browser's next requests those of a user.
func (b *browser) as(user signin.User, server string) {
	b.t.Helper()
	b.call("Network.setCookie", parameters{Name: "who", Value: user.Subject, URL: server})
}

// open goes to a page, as a browser of that language and size.
func (b *browser) open(address, lang string, width, height int) {
	b.t.Helper()
	b.call("Network.setUserAgentOverride", parameters{UserAgent: "Mozilla/5.0 (test)", AcceptLanguage: lang})
	b.size(width, height)
	b.navigate(address)
}

func (b *browser) navigate(address string) {
	b.t.Helper()
	eval[bool](b, "window.leaving = true")
	b.call("Page.navigate", parameters{URL: address})
	b.loaded()
}

func (b *browser) loaded() {
	b.t.Helper()
	b.until("the page is ready", "!window.leaving && document.readyState === 'complete' && document.documentElement.dataset.ready")
}

// press clicks an element and waits for the page that it leads to.
func (b *browser) press(selector string) {
	b.t.Helper()
	b.click("window.leaving = true; " + selectorOf(selector))
	b.loaded()
}

// click clicks an element that leads to no other page.
func (b *browser) click(selector string) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf("(() => { %s.click(); return true; })()", strings.TrimPrefix(selectorOf(selector), " ")))
}

// selectorOf is the expression for a selector; one that ends in an expression
// already stays as it is.
func selectorOf(selector string) string {
	if strings.Contains(selector, "document.") {
		return selector
	}
	return fmt.Sprintf("document.querySelector(%q)", selector)
}

func (b *browser) size(width, height int) {
	mobile := width < 600
	b.call("Emulation.setDeviceMetricsOverride", parameters{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: &mobile})
}

func (b *browser) dark(on bool) {
	value := "light"
	if on {
		value = "dark"
	}
	b.call("Emulation.setEmulatedMedia", parameters{Features: []feature{{"prefers-color-scheme", value}}})
}

// shoot keeps a picture of the screen, or of the whole page, in the folder that
// CONSOLE_SHOTS names, if any.
func (b *browser) shoot(name string, whole bool) {
	b.t.Helper()
	dir := os.Getenv("CONSOLE_SHOTS")
	if dir == "" {
		return
	}
	var got struct{ Data string }
	if err := json.Unmarshal(b.call("Page.captureScreenshot", parameters{Format: "png", Beyond: whole}), &got); err != nil {
		b.t.Fatal(err)
	}
	picture, err := base64.StdEncoding.DecodeString(got.Data)
	if err != nil || !bytes.HasPrefix(picture, []byte("\x89PNG")) {
		b.t.Fatalf("no picture of %s: %v", name, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// contentKept fails when the page's console complained.
func (b *browser) contentKept() {
	b.t.Helper()
	if complaints := b.complaints(); len(complaints) > 0 {
		b.t.Errorf("the page's console complained: %q", complaints)
	}
}

// contentKeptBut passes over complaints that the test itself provoked.
func (b *browser) contentKeptBut(text string) {
	b.t.Helper()
	for _, complaint := range b.complaints() {
		if !strings.Contains(complaint, text) {
			b.t.Errorf("the page's console complained: %s", complaint)
		}
	}
}

// layoutKept fails when something of the page is wider than the screen.
func (b *browser) layoutKept(what string) {
	b.t.Helper()
	wide := eval[string](b, `(() => {
		const width = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= width) return "";
		return [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > width + 1)
			.map((e) => e.tagName + "." + e.getAttribute("class") + "#" + e.id).slice(0, 5).join(", ") || "?";
	})()`)
	if wide != "" {
		b.t.Errorf("%s: wider than the screen: %s", what, wide)
	}
}

// soon waits for something that the page does not show.
func soon(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("waited in vain: %s", what)
}
