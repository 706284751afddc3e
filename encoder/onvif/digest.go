package onvif

import (
	"crypto/md5" //nolint:gosec // RFC 7616 keeps it for peers that know no other
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// challenge is what a camera asks for in WWW-Authenticate: Digest (RFC 7616,
// and RFC 2617 where there is no qop).
type challenge struct {
	realm, nonce, opaque, algorithm string
	qop                             bool // "auth" is offered
	stale                           bool // the nonce was too old, the password was not wrong
	count                           int  // of requests with this nonce
}

// challengeError carries a challenge up to who can answer it.
type challengeError struct{ challenge *challenge }

func (*challengeError) Error() string { return ErrAuth.Error() }
func (*challengeError) Unwrap() error { return ErrAuth }

// readChallenge takes the first digest challenge that can be answered; SHA-256
// goes before MD5. It is nil when there is none.
func readChallenge(headers []string) (best *challenge) {
	for _, header := range headers {
		scheme, rest, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Digest") {
			continue
		}
		p := parameters(rest)
		ch := &challenge{
			realm: p["realm"], nonce: p["nonce"], opaque: p["opaque"],
			algorithm: strings.ToUpper(p["algorithm"]), stale: strings.EqualFold(p["stale"], "true"),
		}
		for option := range strings.SplitSeq(p["qop"], ",") {
			ch.qop = ch.qop || strings.TrimSpace(option) == "auth"
		}
		known := ch.algorithm == "" || ch.algorithm == "MD5" || ch.algorithm == "SHA-256"
		if ch.nonce == "" || !known || p["qop"] != "" && !ch.qop {
			continue
		}
		if best == nil || ch.algorithm == "SHA-256" {
			best = ch
		}
	}
	return best
}

// parameters reads name=value and name="value", with commas between.
func parameters(text string) map[string]string {
	p := map[string]string{}
	for text != "" {
		name, rest, found := strings.Cut(text, "=")
		if !found {
			break
		}
		name = strings.ToLower(strings.Trim(name, " ,\t"))
		var value strings.Builder
		rest = strings.TrimLeft(rest, " ")
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			for rest = quoted; rest != "" && rest[0] != '"'; rest = rest[1:] {
				if rest[0] == '\\' && len(rest) > 1 {
					rest = rest[1:]
				}
				value.WriteByte(rest[0])
			}
			_, text, _ = strings.Cut(rest, ",")
		} else {
			var word string
			word, text, _ = strings.Cut(rest, ",")
			value.WriteString(strings.TrimSpace(word))
		}
		p[name] = value.String()
	}
	return p
}

// answer is the Authorization header of the next request.
func (ch *challenge) answer(method, uri, user, password string) string {
	ch.count++
	count, own := fmt.Sprintf("%08x", ch.count), hex.EncodeToString(nonce())
	header := fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s"`,
		quote(user), quote(ch.realm), quote(ch.nonce), quote(uri), ch.response(method, uri, user, password, count, own))
	if ch.qop {
		header += fmt.Sprintf(`, qop=auth, nc=%s, cnonce="%s"`, count, own)
	}
	if ch.algorithm != "" {
		header += ", algorithm=" + ch.algorithm
	}
	if ch.opaque != "" {
		header += fmt.Sprintf(`, opaque="%s"`, quote(ch.opaque))
	}
	return header
}

// response is RFC 7616, 3.4.1; count and own are for qop=auth.
func (ch *challenge) response(method, uri, user, password, count, own string) string {
	sum := func(parts ...string) string {
		var h hash.Hash = md5.New() //nolint:gosec // see import
		if ch.algorithm == "SHA-256" {
			h = sha256.New()
		}
		h.Write([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(h.Sum(nil))
	}
	who, what := sum(user, ch.realm, password), sum(method, uri)
	if ch.qop {
		return sum(who, ch.nonce, count, own, "auth", what)
	}
	return sum(who, ch.nonce, what)
}

// quote makes text fit between the quotes of a header.
func quote(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "", "\n", "").Replace(text)
}
