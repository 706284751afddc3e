package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"

	"studiobox/provisioning/contract/internal/shape"
)

// signatureLength is that of Ed25519 in bytes.
const signatureLength = 64

// maxHeader bounds a protected header in base64: ours has about 150 characters.
const maxHeader = 400

// errForm is the one error of everything that is no seal of ours.
var errForm = errors.New("it is no JWS with EdDSA as this contract has it")

// general is the general JSON serialization (RFC 7515, 7.2.1). The key "header",
// whose content nobody signs, is not part of it here.
type general struct {
	Payload    string      `json:"payload"`
	Signatures []signature `json:"signatures"`
}

type signature struct {
	Protected string `json:"protected"`
	Signature string `json:"signature"`
}

// header is the protected header, whole.
type header struct{ alg, kid, typ string }

// envelope is a seal taken apart; nothing of it is verified.
type envelope struct {
	payload    string // base64
	body       []byte
	signatures []signed
}

// signed is one signature with its header, both as they came and decoded.
type signed struct {
	protected, signature string // base64
	header               header
}

// parse takes a seal apart. It does no cryptography, and stops at the first
// thing that is not as [Seal] writes it.
func parse(sealed []byte) (envelope, error) {
	if len(sealed) > 0 && sealed[0] == '{' {
		return parseGeneral(sealed)
	}
	if bytes.Count(sealed, []byte{'.'}) != 2 {
		return envelope{}, errForm
	}
	part := strings.Split(string(sealed), ".")
	return opened(part[1], signature{part[0], part[2]})
}

func parseGeneral(sealed []byte) (envelope, error) {
	var g general
	if shape.ReadStrict(sealed, &g) != nil {
		return envelope{}, errForm
	}
	return opened(g.Payload, g.Signatures...)
}

// opened decodes the parts of a seal.
func opened(payload string, signatures ...signature) (envelope, error) {
	if len(signatures) == 0 || len(signatures) > maxSigners {
		return envelope{}, errForm
	}
	e := envelope{payload: payload}
	for _, s := range signatures {
		one, err := decoded(s)
		if err != nil {
			return envelope{}, err
		}
		e.signatures = append(e.signatures, one)
	}
	var err error
	if e.body, err = unbase64(payload); err != nil || len(e.body) == 0 {
		return envelope{}, errForm
	}
	return e, nil
}

func decoded(s signature) (signed, error) {
	one := signed{protected: s.Protected, signature: s.Signature}
	if len(s.Protected) > maxHeader || len(s.Signature) != base64.RawURLEncoding.EncodedLen(signatureLength) {
		return signed{}, errForm
	}
	text, err := unbase64(s.Protected)
	if err != nil {
		return signed{}, errForm
	}
	if one.header, err = readHeader(string(text)); err != nil || one.header.alg != "EdDSA" {
		return signed{}, errForm
	}
	if _, err := unbase64(s.Signature); err != nil {
		return signed{}, errForm
	}
	return one, nil
}

// readHeader reads three texts, each once, in any order. None of them has a
// letter that JSON would escape, so that a flood of strangers' seals need not be
// met with a whole JSON parser.
func readHeader(text string) (header, error) {
	members, opens := strings.CutPrefix(text, "{")
	members, closes := strings.CutSuffix(members, "}")
	if !opens || !closes {
		return header{}, errForm
	}
	var h header
	for member := range strings.SplitSeq(members, ",") {
		key, value, _ := strings.Cut(member, ":")
		into := map[string]*string{`"alg"`: &h.alg, `"kid"`: &h.kid, `"typ"`: &h.typ}[strings.Trim(key, " ")]
		value, ok := quoted(strings.Trim(value, " "))
		if into == nil || *into != "" || !ok {
			return header{}, errForm
		}
		*into = value
	}
	if h.alg == "" || h.kid == "" || h.typ == "" {
		return header{}, errForm
	}
	return h, nil
}

// quoted takes the quotes from a text that needs no escapes.
func quoted(text string) (string, bool) {
	inner, opens := strings.CutPrefix(text, `"`)
	inner, closes := strings.CutSuffix(inner, `"`)
	return inner, opens && closes && inner != "" && !strings.ContainsAny(inner, `"\`)
}

// unbase64 accepts the one spelling that the encoder makes. Go's decoder passes
// over line ends even when it is strict.
func unbase64(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, errForm
	}
	return base64.RawURLEncoding.Strict().DecodeString(text)
}
