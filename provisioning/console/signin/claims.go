package signin

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"
)

// errNoGrant is for somebody whom the provider knows and the settings do not.
var errNoGrant = errors.New("no grant of the settings fits")

// userOf applies the grants to a verified token.
func (g *Gate) userOf(token *oidc.IDToken) (User, error) {
	var claims map[string]json.RawMessage
	if err := token.Claims(&claims); err != nil {
		return User{}, fmt.Errorf("read the claims: %w", err)
	}
	held := texts(claims[g.config.Claim])
	for _, grant := range g.config.Grants {
		if slices.Contains(held, grant.Value) {
			name := token.Subject
			for _, claim := range []string{"email", "preferred_username", "name"} {
				if given := texts(claims[claim]); len(given) == 1 && given[0] != "" {
					name = given[0]
				}
			}
			return User{token.Subject, name, grant.Role, grant.Tenant, grant.All}, nil
		}
	}
	return User{}, fmt.Errorf("%w: subject %q has %q in %q", errNoGrant, token.Subject, held, g.config.Claim)
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
