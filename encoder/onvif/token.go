package onvif

import (
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what the UsernameToken profile asks for
	"encoding/base64"
	"time"
)

// The names of OASIS WS-Security 1.0 and its UsernameToken profile.
const (
	oasis          = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
	securityNS     = oasis + "wssecurity-secext-1.0.xsd"
	utilityNS      = oasis + "wssecurity-utility-1.0.xsd"
	passwordDigest = oasis + "username-token-profile-1.0#PasswordDigest"
	base64Binary   = oasis + "soap-message-security-1.0#Base64Binary"
)

// nonce is fresh for each request; cameras refuse one that they have seen.
func nonce() []byte {
	n := make([]byte, 16)
	rand.Read(n) // never fails
	return n
}

// usernameToken is the security header; created is by the camera's clock, which
// refuses what is too old.
func usernameToken(user, password string, nonce []byte, created time.Time) string {
	at := created.UTC().Format("2006-01-02T15:04:05.000Z")
	return `<Security xmlns="` + securityNS + `" xmlns:u="` + utilityNS + `"><UsernameToken>` +
		`<Username>` + escape(user) + `</Username>` +
		`<Password Type="` + passwordDigest + `">` + tokenDigest(nonce, at, password) + `</Password>` +
		`<Nonce EncodingType="` + base64Binary + `">` + base64.StdEncoding.EncodeToString(nonce) + `</Nonce>` +
		`<u:Created>` + at + `</u:Created></UsernameToken></Security>`
}

// tokenDigest is Base64(SHA-1(nonce + created + password)).
func tokenDigest(nonce []byte, created, password string) string {
	sum := sha1.Sum([]byte(string(nonce) + created + password)) //nolint:gosec // see import
	return base64.StdEncoding.EncodeToString(sum[:])
}
