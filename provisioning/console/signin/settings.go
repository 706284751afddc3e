package signin

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"studiobox/provisioning/contract"
)

// Config is how people sign in. Without an Issuer there is only the link of the
// first start.
type Config struct {
	// Base is the console's address as browsers see it, without a path:
	// "https://ops.example.net". Cookies are Secure when it is https.
	Base string

	Issuer       string // of the OpenID Connect provider; https, but for a loopback host
	ClientID     string
	ClientSecret string   // empty for a public client: PKCE protects both
	Scopes       []string // beside "openid"; for example profile, groups

	// Claim names the claim of the ID token that says what a person is; its
	// value is a text or a list of texts. The first grant that names one of them
	// counts; without any the person stays outside.
	Claim  string
	Grants []Grant

	// WhoClaim names the claim by which keys, commands and marks know a person: a
	// text of 1 to 60 printable ASCII characters without a space that no two
	// people share. Empty: the e-mail address, if the provider has verified it,
	// else the provider's own id.
	WhoClaim string

	Idle     time.Duration // ends a session that is not used; 0 = 1 hour
	Absolute time.Duration // ends every session, so that what the provider took away is lost; 0 = 12 hours

	// Forwarded says that a reverse proxy of ours stands before the console: then
	// the last address of X-Forwarded-For is the browser's.
	Forwarded bool

	// Recover lets a link be made although somebody has signed in before: for
	// those who sit at the machine and are locked out.
	Recover bool
}

// Grant gives a role and a scope to everybody whose claim holds the value.
type Grant struct {
	Value  string
	Role   Role
	Tenant string // either this
	All    bool   // or this
}

// The times a session lives where nothing else is set.
const (
	defaultIdle     = time.Hour
	defaultAbsolute = 12 * time.Hour
)

// checked fills in the defaults and refuses what cannot work.
func (c Config) checked() (Config, error) {
	if c.Idle == 0 {
		c.Idle = defaultIdle
	}
	if c.Absolute == 0 {
		c.Absolute = defaultAbsolute
	}
	if c.Idle < 0 || c.Absolute < c.Idle {
		return c, fmt.Errorf("sign-in: idle %s must be above 0 and at most absolute %s", c.Idle, c.Absolute)
	}
	base, err := url.Parse(c.Base)
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" || strings.Trim(base.Path, "/") != "" || base.RawQuery != "" {
		return c, fmt.Errorf("sign-in: base %q must be the console's address without a path, such as https://ops.example.net", c.Base)
	}
	c.Base = base.Scheme + "://" + base.Host
	if c.Issuer == "" {
		return c, nil
	}
	return c, c.checkProvider()
}

func (c Config) checkProvider() error {
	issuer, err := url.Parse(c.Issuer)
	if err != nil || issuer.Host == "" || issuer.Scheme != "https" && !(issuer.Scheme == "http" && loopback(issuer.Hostname())) {
		return fmt.Errorf("sign-in: issuer %q must be an https address", c.Issuer)
	}
	if c.ClientID == "" || c.Claim == "" || len(c.Grants) == 0 {
		return errors.New("sign-in: with an issuer, the client id, the claim and at least one grant must be set: nobody could come in")
	}
	for _, g := range c.Grants {
		if g.Value == "" {
			return errors.New("sign-in: a grant needs a value of the claim")
		}
		if err := (User{Role: g.Role, Tenant: g.Tenant, All: g.All}).check(); err != nil {
			return fmt.Errorf("sign-in: grant for %q: %w", g.Value, err)
		}
		if g.Tenant == "" {
			continue
		}
		if err := contract.CheckTenant(g.Tenant); err != nil {
			return fmt.Errorf("sign-in: grant for %q: %w", g.Value, err)
		}
	}
	return nil
}

// loopback tells a host that is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
