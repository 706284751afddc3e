package seal

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"studiobox/provisioning/contract"
)

// Key signs. The zero Key signs nothing.
type Key struct {
	Signer
	private ed25519.PrivateKey
}

// NewKey makes a key for a person or a service that may sign these classes. Who
// is 1 to 60 printable ASCII characters without a space.
func NewKey(who string, classes ...contract.Class) (Key, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	signer, err := signerOf(public, "", who, classes)
	return Key{signer, private}, err
}

// ParseKey reads a private key from its JWK.
func ParseKey(text []byte) (Key, error) {
	m, private, err := parseJWK(text)
	if err != nil {
		return Key{}, err
	}
	if private == nil {
		return Key{}, errors.New(`signing key: "d" is missing: this is a public key`)
	}
	return Key{m.signer, private}, nil
}

// JWK is the key with its secret, as a file of mode 0600 should hold it.
func (k Key) JWK() []byte { return k.text(base64.RawURLEncoding.EncodeToString(k.private.Seed())) }

// Public is the key without its secret, as [JoinKeys] takes it.
func (k Key) Public() []byte { return k.text("") }

func (k Key) text(secret string) []byte {
	x := base64.RawURLEncoding.EncodeToString(k.private.Public().(ed25519.PublicKey))
	text, err := json.Marshal(jwk{"OKP", "Ed25519", x, secret, k.Kid, k.Who, k.Classes})
	if err != nil {
		panic("seal: strings cannot be encoded: " + err.Error())
	}
	return text
}
