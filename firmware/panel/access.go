package panel

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	cookieName  = "studiobox"
	windowLen   = 60 * time.Second
	sessionLen  = 12 * time.Hour
	maxSessions = 32 // beyond it the oldest ends
)

// access knows who may see and steer the box. Everything is in memory only:
// a restart of the box ends all sessions.
type access struct {
	openLocal bool
	now       func() time.Time

	mu       sync.Mutex
	until    time.Time            // end of the window that a press opened
	sessions map[string]time.Time // token to its end
}

func newAccess(openLocal bool) *access {
	return &access{openLocal: openLocal, now: time.Now, sessions: map[string]time.Time{}}
}

func (a *access) openWindow(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.until = now.Add(windowLen)
}

// windowOpen tells whether a press lately allowed one visitor in.
func (a *access) windowOpen() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now().Before(a.until)
}

// claim opens a session when the window is open, and closes the window: one
// press lets one visitor in, so that a second one cannot slip in unseen.
func (a *access) claim() (token string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if !now.Before(a.until) {
		return "", false
	}
	a.until = time.Time{}
	a.forgetOld(now)
	token = rand.Text() // 26 characters of base32: at least 128 random bits
	a.sessions[token] = now.Add(sessionLen)
	return token, true
}

// forgetOld drops sessions that ended, and the oldest when there are too many.
func (a *access) forgetOld(now time.Time) {
	var oldest string
	for token, end := range a.sessions {
		if !now.Before(end) {
			delete(a.sessions, token)
		} else if oldest == "" || end.Before(a.sessions[oldest]) {
			oldest = token
		}
	}
	if len(a.sessions) >= maxSessions {
		delete(a.sessions, oldest)
	}
}

// endOthers ends all sessions but one.
func (a *access) endOthers(keep string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for token := range a.sessions {
		if token != keep {
			delete(a.sessions, token)
		}
	}
}

// visitors is the number of open sessions.
func (a *access) visitors() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	count, now := 0, a.now()
	for _, end := range a.sessions {
		if now.Before(end) {
			count++
		}
	}
	return count
}

// allowed tells whether r comes from an open session, or from this machine
// where the demo lets that in.
func (a *access) allowed(r *http.Request) bool {
	if a.openLocal && isLocal(r) {
		return true
	}
	token := tokenOf(r)
	a.mu.Lock()
	defer a.mu.Unlock()
	end, known := a.sessions[token]
	return known && a.now().Before(end)
}

func tokenOf(r *http.Request) string {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return cookie.Value
}

func setCookie(w http.ResponseWriter, token string) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: token, Path: "/", MaxAge: int(sessionLen.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// isLocal holds when the browser runs on this machine and asked for it by a
// name that no outside DNS can point here (DNS rebinding).
func isLocal(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() {
		return false
	}
	name := hostName(r.Host)
	addr, err := netip.ParseAddr(name)
	return name == "localhost" || (err == nil && addr.IsLoopback())
}

// hostAllowed refuses names through which a foreign page could reach the box
// as if it were its own origin (DNS rebinding). No outside DNS answers for an
// address, for a name without a dot, or for .local.
func hostAllowed(host string, more []string) bool {
	name := hostName(host)
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	if name == "" {
		return false
	}
	return !strings.Contains(name, ".") || strings.HasSuffix(name, ".local") ||
		slices.ContainsFunc(more, func(h string) bool { return strings.EqualFold(h, name) })
}

// hostName is host without its port, brackets and final dot, in lower case.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
