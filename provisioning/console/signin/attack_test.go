package signin

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// refused fails the test unless an address of the callback brings nobody in.
func (s *site) refused(b browser, attack, address string) {
	b.t.Helper()
	if status, body, _ := b.get(address); status != http.StatusForbidden || !strings.Contains(body, "did not work") {
		b.t.Errorf("%s: %d %s", attack, status, body)
	}
	if status, _ := s.page(b); status == http.StatusOK {
		b.t.Errorf("%s: let in", attack)
	}
}

// with replaces one parameter of an address; "" removes it.
func with(t *testing.T, address, key, value string) string {
	t.Helper()
	u := mustParse(t, address)
	q := u.Query()
	if q.Set(key, value); value == "" {
		q.Del(key)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func TestAForgedStateIsRefused(t *testing.T) {
	s, _ := withProvider(t)
	for name, state := range map[string]string{"another": newToken(), "none": ""} {
		b := newBrowser(t)
		s.refused(b, name+" state", with(t, s.answer(b, "anna"), "state", state))
	}
	// An attacker's own answer, slipped to somebody who began a sign-in.
	attacker, victim := newBrowser(t), newBrowser(t)
	s.begin(victim, "/")
	s.refused(victim, "an answer of another browser", s.answer(attacker, "bao"))
	// And to somebody who did not.
	s.refused(newBrowser(t), "an answer out of the blue", s.answer(newBrowser(t), "bao"))
	b := newBrowser(t)
	s.refused(b, "an answer of another issuer", with(t, s.answer(b, "anna"), "iss", "https://id.example.net"))
}

func TestAnAnswerCountsOnce(t *testing.T) {
	s, _ := withProvider(t)
	b := newBrowser(t)
	answer := s.answer(b, "anna")
	cookies := b.Jar.Cookies(mustParse(t, s.URL))
	if status, _, _ := b.get(answer); status != http.StatusSeeOther {
		t.Fatal("the first answer does not count")
	}
	thief := newBrowser(t)
	thief.Jar.SetCookies(mustParse(t, s.URL), cookies) // with the cookie of the attempt, too
	s.refused(thief, "a replayed answer", answer)

	// A second answer, with a code that is good, to an attempt that was answered.
	b = newBrowser(t)
	begun, back := s.begin(b, "/").String(), s.URL+Path+"callback"
	first, second := b.authorize(begun, "anna", back), b.authorize(begun, "anna", back)
	thief = newBrowser(t)
	thief.Jar.SetCookies(mustParse(t, s.URL), b.Jar.Cookies(mustParse(t, s.URL)))
	if status, _, _ := b.get(first); status != http.StatusSeeOther {
		t.Fatal("the first answer does not count")
	}
	s.refused(thief, "a second answer", second)

	// The same code under a fresh attempt of the thief's own.
	fresh := s.begin(thief, "/").Query().Get("state")
	s.refused(thief, "a replayed code", with(t, answer, "state", fresh))
}

func TestACodeWithoutItsVerifierIsWorthNothing(t *testing.T) {
	s, _ := withProvider(t)
	victim, thief := newBrowser(t), newBrowser(t)
	stolen := mustParse(t, s.answer(victim, "anna")).Query().Get("code")
	own := s.begin(thief, "/")
	s.refused(thief, "a stolen code", s.URL+Path+"callback?code="+stolen+"&state="+own.Query().Get("state"))
}

func TestATokenWithAnotherNonceIsRefused(t *testing.T) {
	s, _ := withProvider(t)
	b := newBrowser(t)
	to := with(t, s.begin(b, "/").String(), "nonce", "another")
	s.refused(b, "another nonce", b.authorize(to, "anna", s.URL+Path+"callback"))
}

// idToken gets a true ID token of another client of the same provider, with the
// nonce of a sign-in at the console.
func idToken(t *testing.T, s *site, p *realProvider, nonce string) string {
	t.Helper()
	b := newBrowser(t)
	verifier := oauth2.GenerateVerifier()
	back := s.URL + Path + "callback"
	answer := b.authorize(p.URL+"/auth?"+url.Values{
		"client_id": {"other"}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {back}, "nonce": {nonce},
		"state": {"x"}, "code_challenge_method": {"S256"}, "code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)},
	}.Encode(), "anna", back)
	response, err := http.PostForm(p.URL+"/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {mustParse(t, answer).Query().Get("code")}, "redirect_uri": {back},
		"client_id": {"other"}, "client_secret": {"other-secret"}, "code_verifier": {verifier},
	})
	if err == nil && response.StatusCode == http.StatusUnauthorized {
		t.Fatal("the provider does not know the other client")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var tokens struct {
		ID string `json:"id_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&tokens); err != nil || tokens.ID == "" {
		t.Fatalf("no ID token: %v, %s", err, response.Status)
	}
	return tokens.ID
}

func TestATokenForAnotherClientOrChangedIsRefused(t *testing.T) {
	s, p := withProvider(t)
	replace := func(with func(token string) string) func(string) string {
		return func(body string) string {
			var tokens map[string]any
			if err := json.Unmarshal([]byte(body), &tokens); err != nil {
				return body
			}
			id, _ := tokens["id_token"].(string)
			tokens["id_token"] = with(id)
			text, _ := json.Marshal(tokens)
			return string(text)
		}
	}
	part := func(token string, i int, change func(string) string) string {
		parts := strings.Split(token, ".")
		if len(parts) != 3 {
			return token
		}
		text, _ := base64.RawURLEncoding.DecodeString(parts[i])
		parts[i] = base64.RawURLEncoding.EncodeToString([]byte(change(string(text))))
		return strings.Join(parts, ".")
	}
	for attack, change := range map[string]func(token string) string{
		"another person": func(token string) string {
			return part(token, 1, func(c string) string { return strings.Replace(c, `"bank-operator"`, `"studio-lead"`, 1) })
		},
		"alg none": func(token string) string {
			token = part(token, 0, func(string) string { return `{"alg":"none"}` })
			return token[:strings.LastIndex(token, ".")+1]
		},
		"no token": func(string) string { return "" },
	} {
		b := newBrowser(t)
		answer := s.answer(b, "bao")
		p.onToken(replace(change))
		s.refused(b, attack, answer)
		p.onToken(nil)
	}

	b := newBrowser(t)
	begun := s.begin(b, "/")
	others := idToken(t, s, p, begun.Query().Get("nonce"))
	answer := b.authorize(begun.String(), "anna", s.URL+Path+"callback")
	p.onToken(replace(func(string) string { return others }))
	s.refused(b, "a token for another client", answer)
	p.onToken(nil)

	// The provider's tokens live for an hour.
	b = newBrowser(t)
	answer = s.answer(b, "anna")
	s.ahead.Store(int64(61 * time.Minute))
	s.refused(b, "an old token", answer)
}

func TestASessionThatSomebodyElseChoseIsNotTaken(t *testing.T) {
	s, _ := withProvider(t)
	attacker, victim := newBrowser(t), newBrowser(t)
	s.signIn(attacker, "bao")
	var planted []*http.Cookie
	for _, c := range attacker.Jar.Cookies(mustParse(t, s.URL)) {
		if c.Name == sessionCookie {
			planted = append(planted, c)
		}
	}
	for name, cookies := range map[string][]*http.Cookie{
		"an invented number":  {{Name: sessionCookie, Value: "chosen"}},
		"a session of theirs": planted,
	} {
		victim.Jar.SetCookies(mustParse(t, s.URL), cookies)
		s.signIn(victim, "anna")
		for _, c := range victim.Jar.Cookies(mustParse(t, s.URL)) {
			for _, old := range cookies {
				if c.Name == sessionCookie && c.Value == old.Value {
					t.Errorf("%s was kept over the sign-in", name)
				}
			}
		}
		if _, body := s.page(victim); !strings.Contains(body, "ANNA") {
			t.Errorf("%s: the victim is %s", name, body)
		}
	}
	if status, body := s.page(attacker); status == http.StatusOK {
		t.Errorf("the planted session still opens the page: %s", body)
	}
}

func TestNobodyIsLedAwayFromTheConsole(t *testing.T) {
	s, _ := withProvider(t)
	for _, address := range []string{
		"https://evil.example.net/", "//evil.example.net/", `/\evil.example.net/`, `\\evil.example.net`, "/\t/evil.example.net", "javascript:alert(1)",
		"evil.example.net", "", "///evil.example.net", "/%00", "https:evil.example.net", " /boxes", "/boxes\r\nSet-Cookie: a=b",
	} {
		b := newBrowser(t)
		back := b.authorize(s.begin(b, address).String(), "anna", s.URL+Path+"callback")
		if _, _, to := b.get(back); to != s.URL+"/" && to != s.URL+"/%00" {
			t.Errorf("%q leads to %q", address, to)
		}
	}
}
