package seal

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"studiobox/provisioning/contract"
)

// The "typ" of a seal, so that one kind cannot pass for the other.
const (
	TypeCommand = "studiobox-cmd+jws"
	TypeWant    = "studiobox-want+jws"
)

// maxSigners bounds the signatures of one seal, and so the work of opening it.
const maxSigners = 4

// Signer is whose signature a seal bears.
type Signer struct {
	Kid     string // thumbprint of the key
	Who     string // a person or a service; two signers are two different Who
	Classes []contract.Class
}

// Refused is the error of everything that is not opened.
type Refused struct {
	Why contract.Refusal
	// ID is the command's, when it could be read from a body whose signatures held.
	ID string
}

// Error tells the reason's code.
func (r *Refused) Error() string { return "sealed message refused: " + string(r.Why) }

// Seal signs a body: in the compact form with one key, in the general JSON form
// with two to four. The type is [TypeCommand] or [TypeWant].
func Seal(typ string, body []byte, keys ...Key) ([]byte, error) {
	var seals [][]byte
	for _, key := range keys {
		sealed, err := sign(typ, body, key)
		if err != nil {
			return nil, err
		}
		seals = append(seals, sealed)
	}
	return Join(seals...)
}

// Join makes one seal of several over the same body, as two people make them one
// after the other. A single one is returned as it is.
func Join(seals ...[]byte) ([]byte, error) {
	var joined general
	for _, sealed := range seals {
		e, err := parse(sealed)
		if err != nil {
			return nil, fmt.Errorf("join seals: %w", err)
		}
		if joined.Payload != "" && joined.Payload != e.payload {
			return nil, errors.New("join seals: they were not made over the same body")
		}
		joined.Payload = e.payload
		for _, s := range e.signatures {
			joined.Signatures = append(joined.Signatures, signature{s.protected, s.signature})
		}
	}
	switch n := len(joined.Signatures); {
	case n == 0 || n > maxSigners:
		return nil, fmt.Errorf("seal: %d signatures, want 1 to %d", n, maxSigners)
	case n == 1:
		s := joined.Signatures[0]
		return []byte(s.Protected + "." + joined.Payload + "." + s.Signature), nil
	}
	return json.Marshal(joined)
}

// sign makes the compact form.
func sign(typ string, body []byte, key Key) ([]byte, error) {
	if len(key.private) == 0 {
		return nil, errors.New("seal: the key is empty: make one with NewKey or ParseKey")
	}
	if typ != TypeCommand && typ != TypeWant {
		return nil, fmt.Errorf("seal: type %q is neither %s nor %s", typ, TypeCommand, TypeWant)
	}
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(typ))
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.EdDSA,
		Key:       jose.JSONWebKey{Key: key.private, KeyID: key.Kid},
	}, options)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	object, err := signer.Sign(body)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	text, err := object.CompactSerialize()
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if largest := largestOf(typ); len(text) > largest {
		return nil, fmt.Errorf("seal: %d bytes, want at most %d", len(text), largest)
	}
	return []byte(text), nil
}

// largestOf is the limit of a whole seal in bytes.
func largestOf(typ string) int {
	if typ == TypeWant {
		return contract.MaxWant
	}
	return contract.MaxCommand
}
