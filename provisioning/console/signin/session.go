package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// errNobody is for a request without a session that holds.
var errNobody = errors.New("nobody has signed in")

const (
	sessionCookie = "studio-session"
	flowCookie    = "studio-signin"
	// seenStep is how exactly the last use of a session is kept: writing it at
	// every request would make each page a write.
	seenStep = time.Minute
	// maxForm bounds the body in which the token of a form is looked for.
	maxForm = 1 << 20
)

// session is a row of the store. It keeps who somebody is and not what that
// allows: the grants that are in force say so anew at each request.
type session struct {
	Who  person    `json:"who"`
	Made time.Time `json:"made"`
	Seen time.Time `json:"seen"` // last used; a page that only keeps itself fresh does not use it

	token string // of the cookie; not kept
	user  User   // by the grants in force; not kept
}

// newToken is 256 random bits as a cookie or a link carries them.
func newToken() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: the program ends instead
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// keyOf is the store's key of a token: its hash, so that a stolen copy of the
// store opens no session.
func keyOf(kind, token string) string {
	sum := sha256.Sum256([]byte(token))
	return kind + ":" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// csrf is the token of this session's forms. It follows from the cookie's, which
// cannot be worked out from it.
func (s session) csrf() string {
	sum := sha256.Sum256([]byte("csrf:" + s.token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// holds tells whether the request carries the session's token.
func (s session) holds(w http.ResponseWriter, r *http.Request) bool {
	given := r.Header.Get(Header)
	if given == "" {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		given = r.PostFormValue(FormField)
	}
	return subtle.ConstantTimeCompare([]byte(given), []byte(s.csrf())) == 1
}

// ends is when the session ends if it is not used again.
func (g *Gate) ends(s session) time.Time {
	idle, absolute := s.Seen.Add(g.config.Idle), s.Made.Add(g.config.Absolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// begin keeps a new session and returns its token.
func (g *Gate) begin(ctx context.Context, who person) (string, error) {
	s := session{Who: who, Made: g.now(), Seen: g.now()}
	token := newToken()
	ok, err := g.store.Swap(ctx, keyOf("session", token), nil, encode(s), g.ends(s))
	if err == nil && !ok {
		err = errors.New("its number is taken")
	}
	if err != nil {
		return "", fmt.Errorf("%w: keep the session: %w", errStore, err)
	}
	return token, nil
}

// session is that of a request, or errNobody. It is used by that only if the
// caller says so.
func (g *Gate) session(r *http.Request, use bool) (session, error) {
	cookie, err := r.Cookie(g.cookieName(sessionCookie))
	if err != nil {
		return session{}, errNobody
	}
	key := keyOf("session", cookie.Value)
	kept, err := g.store.Get(r.Context(), key)
	if err != nil {
		return session{}, err
	}
	var s session
	if kept == nil || json.Unmarshal(kept, &s) != nil || !g.now().Before(g.ends(s)) {
		return session{}, errNobody
	}
	s.token = cookie.Value
	if s.user, err = g.userOf(s.Who); err != nil {
		return session{}, errNobody
	}
	if now := g.now(); use && now.Sub(s.Seen) >= seenStep {
		s.Seen = now
		// Another request may have done the same, or signed out: then the row
		// is not the one that was read, and stays as it is.
		if _, err := g.store.Swap(r.Context(), key, kept, encode(s), g.ends(s)); err != nil {
			return session{}, err
		}
	}
	return s, nil
}

// end removes the session of a request, if it has one.
func (g *Gate) end(r *http.Request) error {
	cookie, err := r.Cookie(g.cookieName(sessionCookie))
	if err != nil {
		return nil
	}
	if err := g.remove(r.Context(), keyOf("session", cookie.Value)); err != nil {
		return fmt.Errorf("%w: end a session: %w", errStore, err)
	}
	return nil
}

// remove deletes a row whatever it holds by then.
func (g *Gate) remove(ctx context.Context, key string) error {
	for {
		kept, err := g.store.Get(ctx, key)
		if err != nil || kept == nil {
			return err
		}
		if gone, err := g.store.Swap(ctx, key, kept, nil, time.Time{}); err != nil || gone {
			return err
		}
	}
}

// cookieName has the prefix that keeps other hosts of the domain from setting
// the cookie; browsers allow it over https only.
func (g *Gate) cookieName(name string) string {
	if g.https() {
		return "__Host-" + name
	}
	return name
}

func (g *Gate) https() bool { return strings.HasPrefix(g.config.Base, "https:") }

// setCookie sets a cookie for some seconds; -1 removes it.
func (g *Gate) setCookie(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: g.cookieName(name), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: g.https(), SameSite: http.SameSiteLaxMode,
	})
}

// encode marshals structs of texts and times, which cannot fail.
func encode(row any) []byte {
	text, err := json.Marshal(row)
	if err != nil {
		panic("signin: row cannot be encoded: " + err.Error())
	}
	return text
}
