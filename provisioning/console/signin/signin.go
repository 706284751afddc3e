// Package signin lets people into the ops console: by the bank's own OpenID
// Connect provider, or once by a link that the program prints at its first start.
//
// Mount [Gate.Handler] at [Path] and put [Gate.Require] around every page. A page
// asks [From] who is there and what that person may see, and writes [CSRF] into
// every form. Role and scope come from the provider's claims by a mapping in the
// settings, or from the printed link, and from nothing that a browser sends.
package signin

import (
	"context"
	"fmt"
	"slices"
)

// Path is where the sign-in's own pages live, below the console's root.
const Path = "/signin/"

// FormField and Header are where a request that changes something carries the
// token that [CSRF] gives; either will do.
const (
	FormField = "csrf"
	Header    = "X-CSRF-Token"
)

// Role is what a user may do.
type Role string

// The roles; each may do what those before it may.
const (
	Viewer   Role = "viewer"   // sees
	Operator Role = "operator" // signs commands
	Lead     Role = "lead"     // signs wished settings, too, and enrols keys
)

// roles are in rising order.
var roles = [...]Role{Viewer, Operator, Lead}

// May tells whether the role includes another; an unknown role includes none and
// is included by none.
func (r Role) May(other Role) bool {
	have, want := slices.Index(roles[:], r), slices.Index(roles[:], other)
	return want >= 0 && have >= want
}

// User is somebody who has signed in.
type User struct {
	Subject string // tells people apart, see [Config.WhoClaim]; "admin" for the first link
	Name    string // for people; may be shared, and changed by its owner
	Role    Role
	Tenant  string // what the user sees, unless All
	All     bool   // sees all tenants
}

// check refuses a user who would see nothing or too much.
func (u User) check() error {
	if !slices.Contains(roles[:], u.Role) {
		return fmt.Errorf("role %q must be viewer, operator or lead", u.Role)
	}
	if u.All == (u.Tenant != "") {
		return fmt.Errorf("scope must be either one tenant or all; tenant is %q, all is %t", u.Tenant, u.All)
	}
	return nil
}

// visitor is what the middleware puts into the context.
type visitor struct {
	user User
	csrf string
}

type visitorKey struct{}

// From is the user of a request that has passed [Gate.Require].
func From(ctx context.Context) (User, bool) {
	v, ok := ctx.Value(visitorKey{}).(visitor)
	return v.user, ok
}

// CSRF is the token that forms of this user's session carry as [FormField]; empty
// where nobody has signed in.
func CSRF(ctx context.Context) string {
	v, _ := ctx.Value(visitorKey{}).(visitor)
	return v.csrf
}

// With puts a user into a context as [Gate.Require] does, for tests of pages.
func With(ctx context.Context, user User, csrf string) context.Context {
	return context.WithValue(ctx, visitorKey{}, visitor{user, csrf})
}
