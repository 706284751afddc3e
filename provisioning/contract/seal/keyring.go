package seal

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"studiobox/provisioning/contract"
)

// Keyring holds the public keys that a box or a console obeys. It never changes
// and may be used by several goroutines.
type Keyring struct {
	keys map[string]member // by kid
}

// member is one public key and whose it is.
type member struct {
	public ed25519.PublicKey
	signer Signer
}

// Signers lists whose keys these are, in the order of Who and then Kid.
func (k *Keyring) Signers() []Signer {
	var signers []Signer
	if k != nil {
		for _, m := range k.keys {
			signers = append(signers, m.signer)
		}
	}
	slices.SortFunc(signers, func(a, b Signer) int { return strings.Compare(a.Who+"\x00"+a.Kid, b.Who+"\x00"+b.Kid) })
	return signers
}

// Open verifies every signature of a seal and returns what was signed. Cheap
// checks come first: size, form and whether the keys are known cost no
// arithmetic. A nil or empty ring opens nothing. The error is a *[Refused].
func (k *Keyring) Open(typ string, sealed []byte) (body []byte, signers []Signer, err error) {
	if k == nil || len(k.keys) == 0 {
		return nil, nil, &Refused{Why: contract.RefusedNoKeys}
	}
	if len(sealed) > largestOf(typ) {
		return nil, nil, &Refused{Why: contract.RefusedSize}
	}
	e, err := parse(sealed)
	if err != nil {
		return nil, nil, &Refused{Why: contract.RefusedForm}
	}
	var public []ed25519.PublicKey
	for _, s := range e.signatures {
		if s.header.typ != typ {
			return nil, nil, &Refused{Why: contract.RefusedForm}
		}
		m, known := k.keys[s.header.kid]
		if !known {
			return nil, nil, &Refused{Why: contract.RefusedKey}
		}
		public, signers = append(public, m.public), append(signers, m.signer)
	}
	for i, s := range e.signatures {
		if !verified(s, e.payload, public[i]) {
			return nil, nil, &Refused{Why: contract.RefusedSignature}
		}
	}
	return e.body, signers, nil
}

// verified checks one signature. Each is put into the compact form, so that one
// that holds can never stand in for another that does not.
func verified(s signed, payload string, key ed25519.PublicKey) bool {
	compact := s.protected + "." + payload + "." + s.signature
	parsed, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return false
	}
	_, err = parsed.Verify(key)
	return err == nil
}

// Command opens a sealed command and reads it. Beyond [Keyring.Open] it checks,
// in this order, the body's form, its keys, that the operation is known, that
// each signer may sign its class, and for [contract.ClassDanger] that two
// different people signed. For whom it is, when, and whether it may be obeyed
// now is not checked here. The error is a *[Refused].
func (k *Keyring) Command(sealed []byte) (contract.Command, []Signer, error) {
	body, signers, err := k.Open(TypeCommand, sealed)
	if err != nil {
		return contract.Command{}, nil, err
	}
	c, err := contract.ParseCommand(body)
	if err != nil {
		return contract.Command{}, nil, &Refused{Why: reason(err)}
	}
	class, known := contract.ClassOf(c.Op)
	switch {
	case !known:
		return contract.Command{}, nil, &Refused{contract.RefusedOp, c.ID}
	case !allMay(signers, class):
		return contract.Command{}, nil, &Refused{contract.RefusedClass, c.ID}
	case class == contract.ClassDanger && people(signers) < 2:
		return contract.Command{}, nil, &Refused{contract.RefusedSecond, c.ID}
	}
	return c, signers, nil
}

// Want opens sealed settings and reads them; every signer must be one of
// [contract.ClassSystem]. The error is a *[Refused].
func (k *Keyring) Want(sealed []byte) (contract.Want, []Signer, error) {
	body, signers, err := k.Open(TypeWant, sealed)
	if err != nil {
		return contract.Want{}, nil, err
	}
	w, err := contract.ParseWant(body)
	if err != nil {
		return contract.Want{}, nil, &Refused{Why: reason(err)}
	}
	if !allMay(signers, contract.ClassSystem) {
		return contract.Want{}, nil, &Refused{Why: contract.RefusedClass}
	}
	return w, signers, nil
}

// reason is why a body could not be read.
func reason(err error) contract.Refusal {
	var body *contract.BodyError
	if errors.As(err, &body) {
		return body.Why
	}
	return contract.RefusedBody
}

func allMay(signers []Signer, class contract.Class) bool {
	return !slices.ContainsFunc(signers, func(s Signer) bool { return !slices.Contains(s.Classes, class) })
}

// people counts different signers; the same name in other letters is the same.
func people(signers []Signer) int {
	who := map[string]bool{}
	for _, s := range signers {
		who[strings.ToLower(s.Who)] = true
	}
	return len(who)
}
