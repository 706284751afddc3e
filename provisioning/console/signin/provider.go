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
	var who person
	if err == nil {
		who, err = g.identify(r.Context(), f, r.URL.Query())
	}
	if err == nil {
		err = g.enter(w, r, who, f.Return)
	}
	if err != nil {
		g.refuse(w, r, err, tellRefused)
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
		return flow{}, fmt.Errorf("%w: read the attempt: %w", errStore, err)
	}
	taken := false
	if kept != nil {
		if taken, err = g.store.Swap(r.Context(), key, kept, nil, time.Time{}); err != nil {
			return flow{}, fmt.Errorf("%w: take the attempt: %w", errStore, err)
		}
	}
	var f flow
	if !taken || json.Unmarshal(kept, &f) != nil {
		return flow{}, errors.New("the attempt is over or was answered before")
	}
	return f, nil
}

// identify turns the provider's answer into a person. What the provider itself
// is to blame for is an errProvider.
func (g *Gate) identify(ctx context.Context, f flow, answer url.Values) (person, error) {
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(f.State)) != 1 {
		return person{}, errors.New("the answer's state is not that of the attempt")
	}
	if iss := answer.Get("iss"); iss != "" && iss != g.config.Issuer { // RFC 9207
		return person{}, errors.New("the answer is another provider's")
	}
	switch code := answer.Get("error"); code {
	case "":
	case "server_error", "temporarily_unavailable":
		return person{}, fmt.Errorf("%w: it says %q", errProvider, code)
	default:
		return person{}, fmt.Errorf("the provider says %.60q", code)
	}
	line := &line{}
	who, err := g.redeem(line.context(ctx), f, answer.Get("code"))
	if err != nil && line.broken() {
		err = fmt.Errorf("%w: %w", errProvider, err)
	}
	return who, err
}

// redeem gets the ID token for a code, and reads who it speaks of.
func (g *Gate) redeem(ctx context.Context, f flow, code string) (person, error) {
	client, p, err := g.client(ctx)
	if err != nil {
		return person{}, fmt.Errorf("%w: %w", errProvider, err)
	}
	tokens, err := client.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	var no *oauth2.RetrieveError
	if errors.As(err, &no) && no.ErrorCode != "invalid_grant" { // not the person's fault, such as a wrong secret of ours
		return person{}, fmt.Errorf("%w: exchange the code: %w", errProvider, err)
	}
	if err != nil {
		return person{}, fmt.Errorf("exchange the code: %w", err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := p.VerifierContext(ctx, &oidc.Config{ClientID: g.config.ClientID, Now: g.now}).Verify(ctx, raw)
	if err != nil {
		return person{}, fmt.Errorf("verify the ID token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1 {
		return person{}, errors.New("the ID token's nonce is not that of the attempt")
	}
	return g.personOf(token)
}

// farewell is where the provider ends its own session (OpenID Connect
// RP-Initiated Logout 1.0); empty where there is none or it cannot be asked.
func (g *Gate) farewell(ctx context.Context) string {
	if g.config.Issuer == "" {
		return ""
	}
	p, err := g.provider.get(ctx, g.config.Issuer)
	if err != nil {
		g.log.Warn("the sign-in provider keeps its session: it is not reachable", "issuer", g.config.Issuer, "err", err)
		return ""
	}
	var offers struct {
		End string `json:"end_session_endpoint"`
	}
	if p.Claims(&offers) != nil || offers.End == "" {
		return ""
	}
	end, err := url.Parse(offers.End)
	if err != nil || end.Scheme != "https" && !(end.Scheme == "http" && loopback(end.Hostname())) {
		return ""
	}
	query := end.Query()
	query.Set("client_id", g.config.ClientID)
	query.Set("post_logout_redirect_uri", g.config.Base+Path+"out")
	end.RawQuery = query.Encode()
	return end.String()
}
