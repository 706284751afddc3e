package signin

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// flowValid is how long somebody may take to type a password.
	flowValid = 10 * time.Minute
	// providerPatience bounds each call to the provider.
	providerPatience = 10 * time.Second
)

// flow is one attempt to sign in, kept until the provider sends the person back.
type flow struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"` // PKCE, RFC 7636
	Return   string `json:"return"`
}

// provider is the OpenID Connect provider, read when it is first needed.
type provider struct {
	mu   sync.Mutex
	read *oidc.Provider
}

// get reads the provider's own description once; a failure is tried again the
// next time.
func (p *provider) get(ctx context.Context, issuer string) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.read == nil {
		read, err := oidc.NewProvider(ctx, issuer)
		if err != nil {
			return nil, fmt.Errorf("read the provider's description: %w", err)
		}
		p.read = read
	}
	return p.read, nil
}

// client speaks OAuth 2 with the provider.
func (g *Gate) client(ctx context.Context) (*oauth2.Config, *oidc.Provider, error) {
	p, err := g.provider.get(ctx, g.config.Issuer)
	if err != nil {
		return nil, nil, err
	}
	return &oauth2.Config{
		ClientID:     g.config.ClientID,
		ClientSecret: g.config.ClientSecret,
		Endpoint:     p.Endpoint(),
		RedirectURL:  g.config.Base + Path + "callback",
		Scopes:       append([]string{oidc.ScopeOpenID}, g.config.Scopes...),
	}, p, nil
}

// patient is a context whose calls to the provider end in time.
func patient(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, &http.Client{Timeout: providerPatience})
}

// start sends a person to the provider.
func (g *Gate) start(w http.ResponseWriter, r *http.Request) {
	if g.config.Issuer == "" {
		g.show(w, r, http.StatusUnauthorized, tellNoProvider)
		return
	}
	if !g.starts.spend(g.address(r)) {
		g.show(w, r, http.StatusTooManyRequests, tellMany)
		return
	}
	client, _, err := g.client(patient(r.Context()))
	if err != nil {
		g.log.Error("the sign-in provider is not reachable", "issuer", g.config.Issuer, "err", err)
		g.show(w, r, http.StatusBadGateway, tellProvider)
		return
	}
	f := flow{newToken(), newToken(), oauth2.GenerateVerifier(), local(r.URL.Query().Get("return"))}
	token := newToken()
	if _, err := g.store.Swap(r.Context(), keyOf("flow", token), nil, encode(f), g.now().Add(flowValid)); err != nil {
		g.log.Error("a sign-in could not be kept", "err", err)
		g.show(w, r, http.StatusServiceUnavailable, tellStore)
		return
	}
	g.setCookie(w, flowCookie, token, int(flowValid.Seconds()))
	to := client.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier))
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// callback takes a person back from the provider.
func (g *Gate) callback(w http.ResponseWriter, r *http.Request) {
	from := g.address(r)
	if !g.failures.has(from) {
		g.show(w, r, http.StatusTooManyRequests, tellMany)
		return
	}
	f, err := g.takeFlow(w, r)
	var user User
	if err == nil {
		user, err = g.identify(patient(r.Context()), f, r.URL.Query())
	}
	if err == nil {
		err = g.enter(w, r, user, f.Return)
	}
	if err != nil {
		g.failures.spend(from)
		g.log.Warn("a sign-in was refused", "from", from, "err", err)
		tell := tellRefused
		if errors.Is(err, errNoGrant) {
			tell = tellNoGrant
		}
		g.show(w, r, http.StatusForbidden, tell)
	}
}

// takeFlow finds the attempt that this browser began, and uses it up: an answer
// counts once, whatever becomes of it.
func (g *Gate) takeFlow(w http.ResponseWriter, r *http.Request) (flow, error) {
	cookie, err := r.Cookie(g.cookieName(flowCookie))
	if err != nil {
		return flow{}, errors.New("this browser began no sign-in")
	}
	g.setCookie(w, flowCookie, "", -1)
	key := keyOf("flow", cookie.Value)
	kept, err := g.store.Get(r.Context(), key)
	if err != nil {
		return flow{}, fmt.Errorf("read the attempt: %w", err)
	}
	taken := false
	if kept != nil {
		if taken, err = g.store.Swap(r.Context(), key, kept, nil, time.Time{}); err != nil {
			return flow{}, fmt.Errorf("take the attempt: %w", err)
		}
	}
	var f flow
	if !taken || json.Unmarshal(kept, &f) != nil {
		return flow{}, errors.New("the attempt is over or was answered before")
	}
	return f, nil
}

// identify turns the provider's answer into a user.
func (g *Gate) identify(ctx context.Context, f flow, answer url.Values) (User, error) {
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(f.State)) != 1 {
		return User{}, errors.New("the answer's state is not that of the attempt")
	}
	if iss := answer.Get("iss"); iss != "" && iss != g.config.Issuer { // RFC 9207
		return User{}, errors.New("the answer is another provider's")
	}
	if code := answer.Get("error"); code != "" {
		return User{}, fmt.Errorf("the provider says %.60q", code)
	}
	client, p, err := g.client(ctx)
	if err != nil {
		return User{}, err
	}
	tokens, err := client.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return User{}, fmt.Errorf("exchange the code: %w", err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := p.VerifierContext(ctx, &oidc.Config{ClientID: g.config.ClientID, Now: g.now}).Verify(ctx, raw)
	if err != nil {
		return User{}, fmt.Errorf("verify the ID token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1 {
		return User{}, errors.New("the ID token's nonce is not that of the attempt")
	}
	return g.userOf(token)
}
