package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"studiobox/firmware/health"
)

// longestPress bounds what `studiobox press` may hold.
const longestPress = time.Minute

// control is the socket through which `status` and `press` talk to the running
// box. Only the user who runs the box can open it.
type control struct {
	path     string
	snapshot func() *health.Snapshot
	// press holds a simulated button; nil on a real board, where a press is a
	// finger.
	press func(ctx context.Context, button string, hold time.Duration)
}

// defaultSocket is where the running box of this user listens.
func defaultSocket() string {
	if path := os.Getenv("STUDIOBOX_SOCKET"); path != "" {
		return path
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, "studiobox.sock")
	}
	if os.Getuid() == 0 {
		return "/run/studiobox.sock"
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("studiobox-%d.sock", os.Getuid()))
}

// Run serves the socket until ctx ends.
func (c *control) Run(ctx context.Context) error {
	listener, err := listenControl(c.path)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", c.status)
	mux.HandleFunc("POST /press", c.pressed)
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("control socket: %w", err)
	}
	return nil
}

// listenControl takes over the socket file of a box that died, but not that of
// one that lives.
func listenControl(path string) (net.Listener, error) {
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		conn.Close()
		return nil, fmt.Errorf("another studiobox already runs here (it answers on %s): end it first, or give this one its own --socket", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	old := syscall.Umask(0o177) // nobody else gets in, not even for a moment
	listener, err := net.Listen("unix", path)
	syscall.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return listener, nil
}

func (c *control) status(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(c.snapshot())
}

func (c *control) pressed(w http.ResponseWriter, r *http.Request) {
	hold, err := time.ParseDuration(r.URL.Query().Get("hold"))
	switch {
	case c.press == nil:
		http.Error(w, "this box has a real button: a press is a finger. Only `studiobox demo` or board = \"sim\" can be pressed from here", http.StatusForbidden)
	case err != nil || hold <= 0 || hold > longestPress:
		http.Error(w, fmt.Sprintf("--hold must be above 0 and at most %v", longestPress), http.StatusBadRequest)
	default:
		c.press(r.Context(), "button."+r.URL.Query().Get("button"), hold)
	}
}

// askControl sends one request to the running box.
func askControl(ctx context.Context, socket, method, path string, query url.Values) ([]byte, error) {
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", socket)
		},
	}}
	request, err := http.NewRequestWithContext(ctx, method, "http://box"+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("no studiobox runs here (nothing answers on %s): start one with `studiobox demo` or `studiobox run`", socket)
	} else if err != nil {
		return nil, fmt.Errorf("control socket %s: %w", socket, errors.Unwrap(err))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("control socket %s: %w", socket, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(strings.TrimSpace(string(body)))
	}
	return body, nil
}

// Run prints the running box's snapshot.
func (c *statusCommand) Run(env *environment) error {
	body, err := askControl(env.ctx, c.Socket, http.MethodGet, "/status", nil)
	if err != nil {
		return err
	}
	if c.JSON {
		_, err = env.out.Write(body)
		return err
	}
	var s health.Snapshot
	if err := json.Unmarshal(body, &s); err != nil {
		return fmt.Errorf("the running box speaks another version: %w", err)
	}
	_, err = io.WriteString(env.out, statusText(&s))
	return err
}

// statusText is the snapshot for a person at a shell.
func statusText(s *health.Snapshot) string {
	var b strings.Builder
	fmt.Fprintf(&b, "session   %s since %s", s.Session.State, s.Session.Since.Format(time.TimeOnly))
	if s.Session.OnAir {
		b.WriteString(", ON AIR")
	}
	if s.Session.Why != "" {
		fmt.Fprintf(&b, " (%s)", s.Session.Why)
	}
	fmt.Fprintf(&b, "\ncamera    %s, audio %s, %d kbit/s, %.0f frames/s", orNone(s.Camera.Codec), orNone(s.Camera.Audio), s.Camera.Kbps, s.Camera.FPS)
	writeError(&b, s.Camera.Error)
	fmt.Fprintf(&b, "\nencoder   %s, %d kbit/s", s.Encoder.Mode, s.Encoder.Kbps)
	writeError(&b, s.Encoder.Error)
	fmt.Fprintf(&b, "\nuplink    %d kbit/s acknowledged, target %d (%s), queue %d ms, round trip %d ms",
		s.Uplink.AckedKbps, s.Rate.TargetKbps, orNone(s.Rate.Reason), s.Uplink.QueueMs, s.Uplink.RTTMs)
	writeError(&b, s.Uplink.Error)
	writeTable(&b, s.Studio)
	writeFleet(&b, s.MQTT)
	for _, condition := range s.Conditions {
		title, mend := health.Text(condition.Code, "en")
		fmt.Fprintf(&b, "\n%-9s %s: %s", condition.Severity, title, mend)
	}
	b.WriteString("\n")
	return b.String()
}

// writeFleet tells of the way to the fleet side; nothing on a box without one.
func writeFleet(b *strings.Builder, m health.MQTTPart) {
	if !m.Enabled {
		return
	}
	state := "not connected"
	switch {
	case m.Connected && m.Listening:
		state = "connected"
	case m.Connected:
		state = "connected, hears no orders"
	}
	fmt.Fprintf(b, "\nmqtt      %s, %d events waiting, %.1f MB today", state, m.EventsWaiting, float64(m.BytesToday)/1e6)
	writeError(b, m.Error)
}

func writeError(b *strings.Builder, message string) {
	if message != "" {
		fmt.Fprintf(b, " (%s)", message)
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// Run presses the button and waits until it is let go.
func (c *pressCommand) Run(env *environment) error {
	_, err := askControl(env.ctx, c.Socket, http.MethodPost, "/press",
		url.Values{"button": {c.Button}, "hold": {c.Hold.String()}})
	return err
}
