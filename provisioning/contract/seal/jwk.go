package seal

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/internal/shape"
)

// jwk is a key as a file holds it: RFC 8037's members and two of our own.
type jwk struct {
	Kty     string           `json:"kty"`
	Crv     string           `json:"crv"`
	X       string           `json:"x"`
	D       string           `json:"d,omitempty"` // the secret
	Kid     string           `json:"kid,omitempty"`
	Who     string           `json:"who"`
	Classes []contract.Class `json:"classes"`
}

// JoinKeys makes a JWK set of public keys, as the setting command_keys takes it.
// A private key among them is an error: it would be handed to every box.
func JoinKeys(public ...[]byte) ([]byte, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	for _, text := range public {
		set.Keys = append(set.Keys, json.RawMessage(text))
	}
	joined, err := json.MarshalIndent(set, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("join keys: %w", err)
	}
	if _, err := ParseKeyring(joined); err != nil {
		return nil, err
	}
	return append(joined, '\n'), nil
}

// ParseKeyring reads a JWK set (RFC 7517) of Ed25519 public keys (RFC 8037), each
// with the members "who" and "classes". A private key, a key of another kind, one
// without an owner, a "kid" that is not the thumbprint, and a key given twice are
// errors: half a ring would lock somebody out unseen.
func ParseKeyring(jwks []byte) (*Keyring, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := shape.ReadStrict(jwks, &set); err != nil {
		return nil, fmt.Errorf(`command keys: want {"keys": [...]}: %w`, err)
	}
	ring := &Keyring{map[string]member{}}
	for i, text := range set.Keys {
		m, private, err := parseJWK(text)
		if err != nil {
			return nil, fmt.Errorf("command keys: key %d: %w", i+1, err)
		}
		if private != nil {
			return nil, fmt.Errorf(`command keys: key %d of %s is a private key: remove "d" and make a new one, since this one is known now`, i+1, m.signer.Who)
		}
		if _, twice := ring.keys[m.signer.Kid]; twice {
			return nil, fmt.Errorf("command keys: key %d of %s is there twice", i+1, m.signer.Who)
		}
		ring.keys[m.signer.Kid] = m
	}
	return ring, nil
}

// parseJWK reads one key; private is nil for a public one. Members that it does
// not need, such as those of a browser ("ext", "key_ops"), are ignored.
func parseJWK(text []byte) (m member, private ed25519.PrivateKey, err error) {
	var own jwk
	if err := shape.Read(text, &own); err != nil {
		return member{}, nil, err
	}
	// go-jose fills a half that is too short with zeros.
	for _, half := range []string{own.X, own.D} {
		if raw, err := unbase64(half); err != nil || half != "" && len(raw) != ed25519.PublicKeySize {
			return member{}, nil, errors.New("it is no Ed25519 key: x and d have 32 bytes")
		}
	}
	var key jose.JSONWebKey
	if own.Kty != "OKP" || own.Crv != "Ed25519" {
		return member{}, nil, fmt.Errorf("kind %q, curve %q: want OKP and Ed25519", own.Kty, own.Crv)
	}
	if err := key.UnmarshalJSON(text); err != nil || !key.Valid() {
		return member{}, nil, errors.New("it is no Ed25519 key")
	}
	switch k := key.Key.(type) {
	case ed25519.PrivateKey:
		private, m.public = k, k.Public().(ed25519.PublicKey)
		// A public half that is not of this secret makes signatures that give
		// the secret away.
		if !bytes.Equal(ed25519.NewKeyFromSeed(k.Seed()), k) {
			return member{}, nil, errors.New(`"x" does not belong to "d"`)
		}
	case ed25519.PublicKey:
		m.public = k
	}
	if weak(m.public) {
		return member{}, nil, errors.New("anybody could sign with this key: make another")
	}
	m.signer, err = signerOf(m.public, own.Kid, own.Who, own.Classes)
	return m, private, err
}

// signerOf checks an owner and works out the key's thumbprint; a kid that is
// given must equal it.
func signerOf(public ed25519.PublicKey, kid, who string, classes []contract.Class) (Signer, error) {
	unprintable := func(r rune) bool { return r <= ' ' || r > '~' }
	if who == "" || len(who) > 60 || strings.ContainsFunc(who, unprintable) {
		return Signer{}, fmt.Errorf("who %q must be 1 to 60 printable ASCII characters without a space", who)
	}
	if len(classes) == 0 {
		return Signer{}, fmt.Errorf("key of %s: no classes that it may sign: want some of %v", who, contract.Classes())
	}
	for i, class := range classes {
		if !slices.Contains(contract.Classes(), class) || slices.Contains(classes[:i], class) {
			return Signer{}, fmt.Errorf("key of %s: class %q is unknown or there twice: want some of %v", who, class, contract.Classes())
		}
	}
	digest, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return Signer{}, fmt.Errorf("key of %s: %w", who, err)
	}
	thumb := base64.RawURLEncoding.EncodeToString(digest)
	if kid != "" && kid != thumb {
		return Signer{}, fmt.Errorf("key of %s: kid %q is not its thumbprint %s", who, kid, thumb)
	}
	return Signer{Kid: thumb, Who: who, Classes: slices.Clone(classes)}, nil
}
