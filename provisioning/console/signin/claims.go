package signin

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

// errNoGrant is for somebody whom the provider knows and the settings do not.
var errNoGrant = errors.New("no grant of the settings fits")

// mostWho is the longest name of a person that a key can be enrolled for.
const mostWho = 60

// person is whom the provider or a link let in, as a session keeps it.
type person struct {
	Subject string   `json:"subject"`
	Name    string   `json:"name"`
	Held    []string `json:"held,omitempty"` // values of Config.Claim
	By      string   `json:"by,omitempty"`   // which provider said so, under which claims
	Link    bool     `json:"link,omitempty"` // came by the link of the first start
}

// userOf applies the grants that are in force now.
func (g *Gate) userOf(who person) (User, error) {
	if who.Link {
		return User{Subject: who.Subject, Name: who.Name, Role: Lead, All: true}, nil
	}
	if who.By != g.source() {
		return User{}, fmt.Errorf("%w: %q came by another provider or claim", errNoGrant, who.Subject)
	}
	for _, grant := range g.config.Grants {
		if slices.Contains(who.Held, grant.Value) {
			return User{who.Subject, who.Name, grant.Role, grant.Tenant, grant.All}, nil
		}
	}
	return User{}, fmt.Errorf("%w: %q has %q in %q", errNoGrant, who.Subject, who.Held, g.config.Claim)
}

// source is what the words of a session mean something under.
func (g *Gate) source() string {
	return strings.Join([]string{g.config.Issuer, g.config.Claim, g.config.WhoClaim}, " ")
}

// personOf reads a verified token.
func (g *Gate) personOf(token *oidc.IDToken) (person, error) {
	var claims map[string]json.RawMessage
	if err := token.Claims(&claims); err != nil {
		return person{}, fmt.Errorf("read the claims: %w", err)
	}
	who, err := whoOf(g.config.WhoClaim, token.Subject, claims)
	if err != nil {
		return person{}, err
	}
	p := person{Subject: who, Name: who, Held: texts(claims[g.config.Claim]), By: g.source()}
	for _, claim := range []string{"email", "preferred_username", "name"} {
		if given := texts(claims[claim]); len(given) == 1 && given[0] != "" {
			p.Name = given[0]
		}
	}
	return p, nil
}

// whoOf is the name by which keys, commands and marks know a person: that of the
// claim of the settings, or else the e-mail address, if the provider has verified
// it, or else the provider's own id.
func whoOf(claim, subject string, claims map[string]json.RawMessage) (string, error) {
	mail := texts(claims["email"])
	verified := slices.Contains([]string{`true`, `"true"`}, string(claims["email_verified"]))
	switch {
	case claim == "" && verified && len(mail) == 1 && checkWho(mail[0]) == nil:
		return strings.ToLower(mail[0]), nil
	case claim == "":
		claim = "sub"
	case claim == "email" && claims["email_verified"] != nil && !verified:
		return "", fmt.Errorf("%w: the e-mail address is not verified", errNoGrant)
	}
	given := texts(claims[claim])
	if claim == "sub" {
		given = []string{subject}
	}
	if len(given) != 1 {
		return "", fmt.Errorf("%w: the claim %q, which is to tell people apart, is not one text; choose another with signin.who_claim", errNoGrant, claim)
	}
	if err := checkWho(given[0]); err != nil {
		return "", fmt.Errorf("%w: the claim %q: %w; choose another with signin.who_claim", errNoGrant, claim, err)
	}
	return given[0], nil
}

// checkWho refuses what no key can be enrolled for.
func checkWho(who string) error {
	if who == "" || len(who) > mostWho || strings.ContainsFunc(who, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%.80q is not 1 to %d printable ASCII characters without a space", who, mostWho)
	}
	return nil
}

// texts reads a claim that is a text or a list of texts.
func texts(claim json.RawMessage) []string {
	var many []string
	if json.Unmarshal(claim, &many) == nil {
		return many
	}
	var one string
	if json.Unmarshal(claim, &one) == nil {
		return []string{one}
	}
	return nil
}
