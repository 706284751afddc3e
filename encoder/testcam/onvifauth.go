package testcam

import (
	"crypto/md5"  //nolint:gosec // HTTP digest as most cameras have it
	"crypto/sha1" //nolint:gosec // the UsernameToken profile
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"regexp"
	"time"
)

const (
	digestRealm = "camera"
	digestNonce = "5f3c1e0a" // a camera with little imagination
	// tokenAge is how far a token's time may be off, as ONVIF recommends at most.
	tokenAge = 5 * time.Second
)

func (b *bureau) challenge() string {
	return `Digest realm="` + digestRealm + `", qop="auth", nonce="` + digestNonce + `", algorithm=MD5`
}

// admits checks who asks. The time may be asked for by anybody.
func (b *bureau) admits(r *http.Request, t token) bool {
	cfg := b.camera.cfg
	switch {
	case b.present() == NotAuthorized:
		return false
	case cfg.User == "":
		return true
	case b.cfg.HTTPDigest:
		return digestFits(r, cfg.User, cfg.Password)
	}
	return b.tokenFits(t, cfg.User, cfg.Password)
}

// token is a WS-UsernameToken.
type token struct {
	Username string
	Password struct {
		Type  string `xml:"Type,attr"`
		Value string `xml:",chardata"`
	}
	Nonce   string
	Created string `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd Created"`
}

// tokenFits checks the digest, the age by the camera's clock, and that the nonce
// is new.
func (b *bureau) tokenFits(t token, user, password string) bool {
	nonce, err := base64.StdEncoding.DecodeString(t.Nonce)
	if err != nil || len(nonce) < 8 {
		return false
	}
	created, err := time.Parse(time.RFC3339Nano, t.Created)
	if err != nil || b.clock().Sub(created).Abs() > tokenAge {
		return false
	}
	sum := sha1.Sum([]byte(string(nonce) + t.Created + password)) //nolint:gosec // see import
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen[t.Nonce] {
		return false
	}
	b.seen[t.Nonce] = true
	return t.Username == user && t.Password.Value == base64.StdEncoding.EncodeToString(sum[:])
}

var digestField = regexp.MustCompile(`(\w+)="?([^",]+)"?`)

// digestFits checks RFC 7616 with MD5 and qop=auth.
func digestFits(r *http.Request, user, password string) bool {
	f := map[string]string{}
	for _, m := range digestField.FindAllStringSubmatch(r.Header.Get("Authorization"), -1) {
		f[m[1]] = m[2]
	}
	hash := func(text string) string {
		sum := md5.Sum([]byte(text)) //nolint:gosec // see import
		return hex.EncodeToString(sum[:])
	}
	who, what := hash(user+":"+digestRealm+":"+password), hash(r.Method+":"+r.URL.RequestURI())
	want := hash(who + ":" + digestNonce + ":" + f["nc"] + ":" + f["cnonce"] + ":auth:" + what)
	return f["username"] == user && f["nonce"] == digestNonce && f["uri"] == r.URL.RequestURI() &&
		f["nc"] != "" && f["response"] == want
}
